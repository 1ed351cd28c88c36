package sessions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// crowds has n callers ask each of the sessions at once.
func (h *house) crowds(n int, all []*sessions.Session) []*crowd {
	crowds := make([]*crowd, len(all))
	for i, s := range all {
		crowds[i] = h.asks(n, s)
	}
	return crowds
}

// many opens n client credentials sessions at one endpoint.
func (h *house) many(n int) []*sessions.Session {
	all := make([]*sessions.Session, n)
	for i := range all {
		all[i] = h.clientCredentials(fmt.Sprintf("k%d", i))
	}
	return all
}

func TestNoMoreThanInFlightRenewalsAreUnderWay(t *testing.T) {
	inHouse(t, sessions.Config{InFlight: 4, HoldFor: time.Hour}, func(h *house) {
		all := h.many(100)
		h.server.becomes(takes(time.Second, grants))
		for range 2 {
			for _, c := range h.crowds(10, all) {
				c.served(t)
			}
			h.passes(time.Hour) // they expire together
		}
		if most := h.server.mostAtOnce(); most != 4 {
			t.Errorf("%d token requests at once, want InFlight: 4", most)
		}
		h.counts(200)
	})
}

func TestSessionsWithCallersWaitingGoFirst(t *testing.T) {
	inHouse(t, sessions.Config{InFlight: 1}, func(h *house) {
		all := h.many(21)
		for _, s := range all[:20] {
			h.gets(s)
		}
		h.passes(55 * time.Minute)
		for _, s := range all { // no session sleeps
			_ = s.Status()
		}
		h.server.becomes(takes(time.Second, grants))
		for _, s := range all[:20] {
			h.gets(s) // from the store or at hand, stale: renewed behind
		}
		h.settles()
		c := h.asks(1, all[20])
		c.served(t)
		if after := c.answers[0].after; after > 2*time.Second {
			t.Errorf("who waits was served after %s, behind those for whom nobody waits", after)
		}
		h.passes(time.Minute)
	})
}

func TestRateIsKeptInTheHousesTime(t *testing.T) {
	for name, in := range map[string]func(*testing.T, sessions.Config, func(*house)){"bubble": inHouse, "virtual": inVirtualHouse} {
		t.Run(name, func(t *testing.T) {
			in(t, sessions.Config{Rate: 2, HoldFor: time.Hour}, func(h *house) {
				crowds := h.crowds(1, h.many(21))
				h.passes(10 * time.Second)
				for _, c := range crowds {
					c.served(t)
				}
				asked := h.server.asked()
				if len(asked) != 21 {
					t.Fatalf("%d requests", len(asked))
				}
				for i, r := range asked {
					if want := asked[0].at.Add(time.Duration(i) * 500 * time.Millisecond); r.at.Before(want) || r.at.After(want.Add(time.Millisecond)) {
						t.Errorf("request %d at %s, want one each 500ms", i, r.at.Sub(asked[0].at))
					}
				}
			})
		})
	}
}

func TestQueueForOverIsOverloaded(t *testing.T) {
	inHouse(t, sessions.Config{InFlight: 1, QueueFor: 5 * time.Second, LeafTimeout: time.Minute, HoldFor: time.Hour}, func(h *house) {
		h.server.becomes(takes(30*time.Second, grants))
		first := h.asks(1, h.clientCredentials("first"))
		h.settles()
		a := h.asks(10, h.clientCredentials("second")).told(t)
		h.wants(a.err, sessions.ErrOverloaded)
		if a.after != 5*time.Second || !strings.Contains(a.err.Error(), "slot") {
			t.Errorf("after %s: %v", a.after, a.err)
		}
		first.served(t)
		h.counts(1)
	})
}

func TestEndpointsHaveBoundsOfTheirOwn(t *testing.T) {
	inHouse(t, sessions.Config{InFlight: 1}, func(h *house) {
		h.server.becomes(isSilent)
		h.asks(1, h.clientCredentials("k"))
		h.settles()
		other := newServer(h.clock)
		e := endpointOf(other)
		e.TokenURL = "https://other.example/token"
		h.gets(h.session(h.mgr, "other", sessions.Anonymous(e)))
	})
}
