package sessions_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

func TestCallersOfAnExpiredSessionShareOneRequest(t *testing.T) {
	inHouse(t, sessions.Config{HoldAtMost: callers}, func(h *house) {
		h.server.becomes(takes(500*time.Millisecond, grants))
		for _, s := range []*sessions.Session{h.clientCredentials("cc"), h.expired("login")} {
			before := len(h.server.asked())
			h.asks(callers, s).served(t)
			h.counts(before + 1)
		}
	})
}

func TestCallersOfARefusingEndpointAreAllToldAtOnce(t *testing.T) {
	for name, retries := range map[string]int{"default": 0, "one": 1, "none": -1} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, sessions.Config{HoldAtMost: callers, Retries: retries}, func(h *house) {
				h.server.becomes(refuses)
				s := h.clientCredentials("k")
				a := h.asks(callers, s).told(t)
				h.wants(a.err, sessions.ErrUnavailable)
				if _, ok := sessions.RetryAfter(a.err); !ok {
					t.Errorf("no RetryAfter: %v", a.err)
				}
				h.counts(1 + map[int]int{0: 2, 1: 1, -1: 0}[retries])
				if limit := 4 * time.Second; a.after > limit {
					t.Errorf("told after %s, want at most %s", a.after, limit)
				}
			})
		})
	}
}

func TestCoolingCallersAreToldWithoutARequest(t *testing.T) {
	inHouse(t, sessions.Config{Retries: -1}, func(h *house) {
		h.server.becomes(refuses)
		s := h.clientCredentials("k")
		h.asks(1, s).told(t)
		h.passes(400 * time.Millisecond)
		a := h.asks(100, s).told(t)
		h.wants(a.err, sessions.ErrUnavailable)
		if a.after != 0 {
			t.Errorf("told after %s, want at once", a.after)
		}
		if after, _ := sessions.RetryAfter(a.err); after != 600*time.Millisecond {
			t.Errorf("retry after %s, want what is left of the second: 600ms", after)
		}
		h.counts(1)
		h.passes(600 * time.Millisecond)
		h.server.becomes(grants)
		h.gets(s)
		h.counts(2)
	})
}

func TestCallerLeavesWithHisContextAndTheRenewalGoesOn(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		h.server.becomes(takes(500*time.Millisecond, grants))
		s := h.clientCredentials("k")
		why := errors.New("the page was closed")
		ctx, cancel := context.WithTimeoutCause(context.Background(), 50*time.Millisecond, why)
		defer cancel()
		start := time.Now()
		_, err := s.AccessToken(ctx) // starts the renewal
		if took := time.Since(start); took < 50*time.Millisecond || took > 60*time.Millisecond {
			t.Errorf("left after %s, want 50 to 60ms", took)
		}
		h.wants(err, why)
		others := h.asks(100, s)
		others.served(t)
		for _, a := range others.answers {
			if a.after != 450*time.Millisecond {
				t.Fatalf("served after %s, want the 450ms that were left", a.after)
			}
		}
		h.counts(1)
	})
}

func TestCallerWhoComesWithAnEndedContextStartsNothing(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := h.clientCredentials("k").AccessToken(ctx)
		h.wants(err, context.Canceled)
		h.counts(0)
	})
}

func TestCallerBeyondHoldAtMostIsTurnedAwayAtOnce(t *testing.T) {
	inHouse(t, sessions.Config{HoldAtMost: 10}, func(h *house) {
		h.server.becomes(takes(time.Second, grants))
		s := h.clientCredentials("k")
		held := h.asks(10, s)
		h.settles()
		a := h.asks(5, s).told(t)
		h.wants(a.err, sessions.ErrOverloaded)
		if a.after != 0 {
			t.Errorf("turned away after %s, want at once", a.after)
		}
		held.served(t)
	})
}

func TestOfACrowdThatComesAtOnceAsManyAreHeldAsMayBe(t *testing.T) {
	inHouse(t, sessions.Config{HoldAtMost: 100}, func(h *house) {
		h.server.becomes(takes(time.Second, grants))
		crowd := h.asks(1_000, h.clientCredentials("k"))
		crowd.group.Wait()
		served := 0
		for _, a := range crowd.answers {
			if a.err == nil {
				served++
				continue
			}
			h.wants(a.err, sessions.ErrOverloaded)
		}
		if served != 100 {
			t.Errorf("%d callers were served, want 100", served)
		}
		h.counts(1)
	})
}

func TestNobodyIsHeldWhereHoldAtMostIsNegative(t *testing.T) {
	inHouse(t, sessions.Config{HoldAtMost: -1}, func(h *house) {
		h.server.becomes(takes(time.Second, grants))
		s := h.clientCredentials("k")
		h.wants(h.asks(5, s).told(t).err, sessions.ErrOverloaded)
		h.passes(2 * time.Second)
		h.gets(s)
		h.counts(1)
	})
}

func TestClientIPIsSentOnlyOnTheRequestThatItsCallStarts(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		h.server.becomes(takes(time.Second, grants))
		s := h.clientCredentials("k")
		first := h.asks(1, s, sessions.ClientIP(netip.MustParseAddr("192.0.2.1")))
		h.settles()
		joins := h.asks(1, s, sessions.ClientIP(netip.MustParseAddr("192.0.2.2")))
		first.served(t)
		joins.served(t)
		h.passes(time.Hour)
		h.gets(s)
		var sent []string
		for _, r := range h.server.asked() {
			sent = append(sent, r.header.Get("X-Forwarded-For"))
		}
		if got := strings.Join(sent, ","); got != "192.0.2.1," {
			t.Errorf("X-Forwarded-For of the two requests: %q, want that of the first caller, then none", got)
		}
	})
}

func TestMinValidityRenewsOnceForAllWhoAsk(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.clientCredentials("k")
		old := h.gets(s)
		h.passes(30 * time.Minute)
		h.server.becomes(takes(time.Second, grants))
		long := h.asks(100, s, sessions.MinValidity(45*time.Minute))
		h.settles()
		if got := h.gets(s); got != old {
			t.Error("who does not mind was not served with the token at hand")
		}
		if long.served(t) == old {
			t.Error("served with a token that is too short")
		}
		h.counts(2)
	})
}

func TestMinValidityLongerThanAnyTokenIsToldWithoutAnotherRequest(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.clientCredentials("k")
		h.gets(s)
		for range 3 {
			a := h.asks(10, s, sessions.MinValidity(2*time.Hour)).told(t)
			h.wants(a.err, sessions.ErrInvalid)
			if !strings.Contains(a.err.Error(), "1h0m0s") {
				t.Errorf("the error does not name the lifetime: %v", a.err)
			}
		}
		h.counts(2)
		h.gets(s)
	})
}

func TestStaleTokenElectsOneCallerAndNobodyWaits(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.clientCredentials("k")
		old := h.gets(s)
		h.passes(55 * time.Minute)
		h.server.becomes(takes(time.Second, grants))
		c := h.asks(1000, s)
		if c.served(t) != old {
			t.Error("a stale token was not served")
		}
		for _, a := range c.answers {
			if a.after != 0 {
				t.Fatalf("a caller waited %s", a.after)
			}
		}
		h.passes(2 * time.Second)
		h.counts(2)
		if h.gets(s) == old {
			t.Error("the stale token was not renewed")
		}
	})
}

func TestRefreshJoinsARenewalAndBringsANewerToken(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		h.server.becomes(takes(time.Second, grants))
		s := h.clientCredentials("k")
		old := h.gets(s)
		errs := make(chan error, 50)
		for range cap(errs) {
			go func() { errs <- s.Refresh(context.Background()) }()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Errorf("refresh: %v", err)
			}
		}
		if h.gets(s) == old {
			t.Error("Refresh has returned, and the old token is given out")
		}
		h.counts(2)
	})
}
