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
	"time"
)

// What does a renewal cost, from the ask to the new token?
//
// 64 sessions, each with a caller who renews a token that is still good, as often as
// he can. Over loopback the endpoint is a net/http server in the same process, and the
// limit is a loop of POSTs to it that does not look at the answers; without a network, what
// is left is what the libraries do themselves. Whoever cannot be made to renew a good
// token is given tokens that are as good as expired when they come, if he does not cache
// those. What is counted is the tokens that the endpoint has given.
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
	length := time.Duration(s.scaled(1_000, 100)) * time.Millisecond
	l := newLineup("renewals", options{sessions: callers, inFlight: callers}, nil)
	bare := &member{rival: rival{name: postLoop, role: limit}, endpoint: newEndpoint()}
	entrants := l.entrants(func(ctx context.Context, m *member) ([]reading, error) {
		return repeat(m.endpoint, callers, length, func(i int) error { return renew(ctx, m.keeper, i) })
	})
	loop := entrant{name: bare.name, role: bare.role, play: func(context.Context) ([]reading, error) {
		return repeat(bare.endpoint, callers, length, func(int) error { return post(bare.endpoint.client()) })
	}}
	c := contest{
		name:     "without a network",
		title:    fmt.Sprintf("%d callers, an endpoint without a network", callers),
		columns:  []column{{name: "renewals", unit: perSecond, drawn: true}},
		entrants: append(entrants, loop),
		open:     func(ctx context.Context) error { return l.each(func(m *member) error { return m.openRenewing(ctx) }) },
		close:    l.close,
	}
	if loopback {
		c.name, c.title = "loopback", fmt.Sprintf("%d callers, an endpoint over loopback HTTP", callers)
		var servers servers
		c.before = func(context.Context) error {
			return errors.Join(servers.add(bare), l.each(servers.add))
		}
		c.after = func(context.Context) error {
			servers.close()
			return nil
		}
	}
	return c
}

// servers answer in the place of endpoints.
type servers []*httptest.Server

func (s *servers) add(m *member) error {
	one := httptest.NewServer(m.endpoint)
	*s = append(*s, one)
	there, err := url.Parse(one.URL)
	m.endpoint.server.Store(there)
	return err
}

func (s *servers) close() {
	network.CloseIdleConnections()
	for _, one := range *s {
		one.Close()
	}
	*s = nil
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

// repeat has callers call f again and again, and returns how many tokens the endpoint has
// given a second: a call that is answered from a cache is no renewal.
func repeat(e *endpoint, callers int, length time.Duration, f func(caller int) error) ([]reading, error) {
	e.count()
	_, took, err := again(callers, length, f)
	return readings(float64(e.tokens.Load()) / took.Seconds()), err
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
