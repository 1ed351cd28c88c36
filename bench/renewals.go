package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// What does a renewal cost, from the ask to the new token?
//
// 64 sessions, each with a caller who renews a token that is still good, as often as
// he can. Over loopback the endpoint is a net/http server in the same process, and the
// limit is a loop of POSTs to it that does not look at the answers; without a network, what
// is left is what the libraries do themselves. Whoever cannot be made to renew a good
// token is given tokens that are as good as expired when they come.
func renewals() scenario {
	return scenario{
		name:     "renewals",
		question: "What does a renewal cost, from the ask to the new token?",
		contests: renewalContests,
	}
}

const postLoop = "a bare POST loop"

func renewalContests(s settings) ([]contest, error) {
	return []contest{renewalsOver(s, true), renewalsOver(s, false)}, nil
}

func renewalsOver(s settings, loopback bool) contest {
	const callers = 64
	length := time.Duration(s.scaled(1_000, 150)) * time.Millisecond
	l := newLineup("renewals", options{sessions: callers, inFlight: callers}, nil)
	site := &site{}
	entrants := l.entrants(func(ctx context.Context, m *member) ([]reading, error) {
		return repeat(callers, length, func(i int) error { return renew(ctx, m.keeper, i) })
	})
	loop := entrant{name: postLoop, role: limit, play: func(context.Context) ([]reading, error) {
		return repeat(callers, length, func(int) error { return post(site.limit.client()) })
	}}
	c := contest{
		name:     "without a network",
		title:    fmt.Sprintf("%d callers, an endpoint without a network", callers),
		columns:  []column{{name: "renewals", unit: perSecond, drawn: true}},
		entrants: append(entrants, loop),
		open:     func(ctx context.Context) error { return site.open(ctx, l, loopback) },
		close: func(ctx context.Context) error {
			site.close()
			return l.close(ctx)
		},
	}
	if loopback {
		c.name, c.title = "loopback", fmt.Sprintf("%d callers, an endpoint over loopback HTTP", callers)
	}
	return c
}

// site is where the token requests go.
type site struct {
	limit  *endpoint        // of the bare loop
	server *httptest.Server // nil: without a network
}

func (s *site) open(ctx context.Context, l *lineup, loopback bool) error {
	s.limit = newEndpoint()
	if err := l.each(func(m *member) error { return m.openRenewing(ctx) }); err != nil || !loopback {
		return err
	}
	s.server = httptest.NewServer(newEndpoint())
	there, err := url.Parse(s.server.URL)
	if err != nil {
		return err
	}
	s.limit.server.Store(there)
	return l.each(func(m *member) error {
		m.endpoint.server.Store(there)
		return nil
	})
}

func (s *site) close() {
	if s.server != nil {
		network.CloseIdleConnections()
		s.server.Close()
	}
}

// openRenewing opens a keeper that renews with every call of renew.
func (m *member) openRenewing(ctx context.Context) error {
	if err := m.open(ctx, time.Hour); err != nil {
		return err
	}
	if _, ok := m.keeper.(renewer); ok {
		return nil
	}
	return errors.Join(m.close(), m.open(ctx, shortLife))
}

func renew(ctx context.Context, k keeper, session int) error {
	if r, ok := k.(renewer); ok {
		return r.renew(ctx, session)
	}
	_, err := k.token(ctx, session)
	return err
}

// repeat has callers call f again and again, and returns how often a second.
func repeat(callers int, length time.Duration, f func(caller int) error) ([]reading, error) {
	var done atomic.Int64
	var over atomic.Bool
	everybody := gather(callers, func(i int) error {
		for !over.Load() {
			if err := f(i); err != nil {
				return err
			}
			done.Add(1)
		}
		return nil
	})
	defer time.AfterFunc(length, func() { over.Store(true) }).Stop()
	took, err := everybody.release()
	return readings(float64(done.Load()) / took.Seconds()), err
}

// post is what a token request is at least.
func post(client *http.Client) error {
	resp, err := client.Post(tokenURL, "application/x-www-form-urlencoded", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}
