package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// caller is a client of the gateway. It has a connection of its own, knows nothing
// of tokens, and asks again and again, whatever it is told.
type caller struct {
	client *http.Client
	url    string
	tenant *tenant
	pause  time.Duration
	tally  *tally
}

// callerTimeout is more than the gateway takes for any answer.
const callerTimeout = gatewayTimeout + 5*time.Second

func newCaller(gateway *url.URL, t *tenant, pause time.Duration, tally *tally) *caller {
	return &caller{
		client: &http.Client{Transport: &http.Transport{}, Timeout: callerTimeout},
		url:    gateway.JoinPath(t.name, "orders").String(),
		tenant: t,
		pause:  pause,
		tally:  tally,
	}
}

// arrival is how long it takes until all callers are there: each one dials.
const arrival = time.Second

// run calls until ctx is over. The last call is not cut short.
func (c *caller) run(ctx context.Context) {
	defer c.client.CloseIdleConnections()
	rest := rand.N(arrival)
	for sleep(ctx, rest) {
		c.tally.add(c.call())
		rest = c.pause*2/3 + rand.N(c.pause*2/3+1)
	}
}

// call is one request of a caller, and what came of it.
type call struct {
	tenant, kind string
	began, ended time.Time
	refused      cause // empty: it was served
	err          error // of failed: what it was; nil: see the status

	// hadToken: its session had a token all the while that could be given out. Of one
	// whose token is exchanged nobody can say.
	hadToken bool
}

func (c *caller) call() call {
	before := c.tenant.session.Status()
	done := call{tenant: c.tenant.name, kind: c.tenant.kind.name, began: time.Now()}
	done.refused, done.err = c.get()
	done.ended = time.Now()
	if done.refused == unavailable && c.tenant.kind.exchange == nil {
		done.hadToken = sameToken(before, c.tenant.session.Status())
	}
	return done
}

// sameToken reports whether a session that looked like that before a call and after
// it has had one token, which was valid all the time.
func sameToken(before, after sessions.Status) bool {
	switch after.State {
	case "Fresh", "Stale", "Ending":
		return after.Generation == before.Generation && after.Expiry.Equal(before.Expiry)
	}
	return false
}

func (c *caller) get() (cause, error) {
	resp, err := c.client.Get(c.url)
	if err != nil {
		return failed, err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return failed, err
	}
	switch why := cause(resp.Header.Get(refusalHeader)); {
	case why != "":
		return why, nil
	case resp.StatusCode != http.StatusOK:
		return failed, fmt.Errorf("the API answered %s", resp.Status)
	}
	return "", nil
}

// sleep reports whether ctx was not over meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
