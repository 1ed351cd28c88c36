package sessions_test

import (
	"context"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// Defects that such libraries are known to have, where no other test of this
// package is named for them.

func TestFailedRenewalClearsNothingInTheStore(t *testing.T) {
	for name, server := range map[string]behaviour{
		"a timeout": isSilent, "500": answers(500, ""), "503": answers(503, ""),
		"a refused connection": refuses, "invalid_client": answers(401, `{"error":"invalid_client"}`),
	} {
		t.Run(name, func(t *testing.T) {
			inSharedHouse(t, sessions.Config{}, func(h *house) {
				s := h.expired("k")
				h.server.becomes(server)
				h.asks(10, s).told(t)
				h.server.becomes(grants)
				h.passes(10 * time.Minute) // any cool-down, and any claim
				h.comesBack(h.restarts(messages.Token{}))
				if spent := h.spentLast(); spent != canary+"refresh-k" {
					t.Errorf("renewed from %q", spent)
				}
			})
		})
	}
}

func TestFailureIsNeverHandedOutAsAToken(t *testing.T) {
	for name, server := range map[string]behaviour{
		"a refused connection": refuses, "an error": answers(400, `{"error":"invalid_request"}`),
		"an error on 200": answers(200, `{"error":"invalid_request"}`), "nothing": answers(200, `{}`),
		"null": answers(200, `null`), "an empty token": answers(200, `{"access_token":"","expires_in":3600}`),
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, sessions.Config{Retries: -1}, func(h *house) {
				h.server.becomes(server)
				s := h.clientCredentials("k")
				for range 3 {
					at, err := s.AccessToken(context.Background())
					if at != "" || err == nil {
						t.Errorf("token %q, error %v", at, err)
					}
					tok, err := s.Token(context.Background())
					if !tok.IsZero() || err == nil {
						t.Errorf("token %v, error %v", tok, err)
					}
				}
			})
		})
	}
}

func TestRetryWaitsForMillisecondsAndNotForSeconds(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		h.server.becomes(refuses)
		h.asks(10, h.clientCredentials("k")).told(t)
		asked := h.server.asked()
		for i := 1; i < len(asked); i++ {
			if pause := asked[i].at.Sub(asked[i-1].at); pause < 200*time.Millisecond || pause > 2*time.Second {
				t.Errorf("try %d came after %s, want 200ms to 2s", i+1, pause)
			}
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for name, c := range map[string]struct {
		server behaviour
		pause  time.Duration
	}{
		"seconds":   {answers(429, "", "Retry-After", "90"), 90 * time.Second},
		"a date":    {answers(503, "", "Retry-After", "Sat, 01 Jan 2000 00:01:30 GMT"), 90 * time.Second}, // a bubble's time
		"a day":     {answers(429, "", "Retry-After", "86400"), 5 * time.Minute},
		"no number": {answers(429, "", "Retry-After", "soon"), time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, sessions.Config{Retries: -1}, func(h *house) {
				h.server.becomes(c.server)
				s := h.clientCredentials("k")
				a := h.asks(10, s).told(t)
				if after, _ := sessions.RetryAfter(a.err); after != c.pause {
					t.Errorf("callers are told to wait %s, want %s", after, c.pause)
				}
				h.passes(c.pause - time.Millisecond)
				h.asks(10, s).told(t)
				h.wants(s.Refresh(context.Background()), sessions.ErrUnavailable)
				h.counts(1)
				h.server.becomes(grants)
				h.passes(time.Millisecond)
				h.gets(s)
				h.counts(2)
			})
		})
	}
}

func TestTwoHandlesOfOneGrantRenewOnce(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		login := h.login("k")
		kind := sessions.Persistent(h.endpoint(), login)
		one, two := h.session(h.mgr, "k", kind), h.session(h.mgr, "k", kind)
		three, ok := h.mgr.Lookup("k")
		if !ok {
			t.Fatal("the session is not found")
		}
		h.passes(2 * time.Hour)
		h.server.becomes(takes(time.Second, grants))
		a, b, c := h.asks(100, one), h.asks(100, two), h.asks(100, three)
		if at := a.served(t); at != b.served(t) || at != c.served(t) {
			t.Error("the handles have different tokens")
		}
		h.counts(1)
	})
}

func TestExpiredPairOfTheStoreIsRenewedAndNotServed(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("k")
		dead := h.gets(s)
		h.closes(h.mgr)
		h.passes(2 * time.Hour)
		s = h.restarts(messages.Token{})
		if h.gets(s) == dead {
			t.Error("the dead access token of the store is served")
		}
		h.counts(2)
	})
}

func TestRejectedTokenDoesNotComeBackFromTheStore(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("k")
		at := h.gets(s)
		if err := s.Reject(context.Background(), at, nil); err != nil {
			t.Fatalf("reject: %v", err)
		}
		h.passes(time.Hour / 2) // long enough to sleep
		if h.gets(s) == at {
			t.Error("the rejected token came back")
		}
	})
}

func TestFailureBehindAValidTokenReachesNobody(t *testing.T) {
	inHouse(t, sessions.Config{IdleAfter: 24 * time.Hour}, func(h *house) {
		s := h.clientCredentials("k")
		at := h.gets(s)
		h.server.becomes(refuses)
		for h.passes(54 * time.Minute); ; h.passes(10 * time.Second) {
			if left := s.Status().Expiry.Sub(h.clock.Now()); left <= 3*time.Minute {
				break
			}
			if h.gets(s) != at {
				t.Fatal("another token")
			}
		}
		if n := len(h.server.asked()); n < 3 || n > 30 {
			t.Errorf("%d requests while the endpoint refused behind a valid token", n)
		}
		_, err := s.AccessToken(context.Background())
		h.wants(err, sessions.ErrUnavailable)
	})
}
