package sessions_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// withdraws has n callers ask all the time while f withdraws the token that they get,
// and 1,000 calls made right after. No call that begins when f has returned may bring
// that token. It returns f's error and one that callers got.
func (h *house) withdraws(n int, s *sessions.Session, f func(at string) error) error {
	h.Helper()
	at := h.gets(s)
	var withdrawn, stop atomic.Bool
	var all sync.WaitGroup
	var told sync.Map
	for range n {
		all.Go(func() {
			for !stop.Load() {
				late := withdrawn.Load()
				got, err := s.AccessToken(context.Background())
				if late && got == at {
					h.Error("a token was given out after it was withdrawn")
					return
				}
				if err != nil {
					told.Store("err", err)
				}
			}
		})
	}
	err := f(at)
	withdrawn.Store(true)
	for range 1000 {
		if got, _ := s.AccessToken(context.Background()); got == at {
			h.Error("the token is given out after it was withdrawn")
			break
		}
	}
	stop.Store(true)
	all.Wait()
	if told, ok := told.Load("err"); ok {
		return errors.Join(err, told.(error))
	}
	return err
}

func TestRevokedTokenIsNotGivenOutAfterRevoke(t *testing.T) {
	for range 5 {
		inHouse(t, sessions.Config{}, func(h *house) {
			s := h.persistent("k")
			err := h.withdraws(4, s, func(string) error { return s.Revoke(context.Background()) })
			if err != nil {
				h.wants(err, sessions.ErrRevoked)
			}
			if n := len(h.server.revocations()); n != 2 {
				t.Errorf("%d tokens were ended at the server, want the refresh and the access token", n)
			}
		})
	}
}

func TestRejectedTokenIsNotGivenOutAfterReject(t *testing.T) {
	for range 5 {
		inHouse(t, sessions.Config{}, func(h *house) {
			s := h.clientCredentials("k")
			if err := h.withdraws(4, s, func(at string) error {
				return s.Reject(context.Background(), at, errors.New("401"))
			}); err != nil {
				t.Error(err)
			}
			h.counts(2)
		})
	}
}

func TestSecondRejectWithinForceIntervalIsRefused(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.clientCredentials("k")
		for i := range 100 {
			err := s.Reject(context.Background(), h.gets(s), nil)
			if i == 0 && err != nil {
				t.Errorf("reject: %v", err)
			}
			if i > 0 {
				h.wants(err, sessions.ErrUnavailable)
			}
		}
		h.counts(2)
		if err := s.Reject(context.Background(), "another token", nil); err != nil {
			t.Errorf("reject of a token that is not held: %v", err)
		}
	})
}

func TestRenewalThatEndsAfterRevokeInstallsNothing(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("k")
		h.server.becomes(takes(2*time.Second, grants))
		held := h.asks(10, s)
		h.passes(time.Second)
		if err := s.Revoke(context.Background()); err != nil {
			t.Fatalf("revoke: %v", err)
		}
		h.wants(held.told(t).err, sessions.ErrRevoked)
		_, err := s.AccessToken(context.Background())
		h.wants(err, sessions.ErrRevoked)
		if !h.server.hasEnded(canary + "refresh-1") {
			t.Error("what the renewal brought lives on at the server")
		}
	})
}

func TestAfterRevokeAClientBeginsAnew(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.clientCredentials("k")
		at := h.gets(s)
		if err := s.Revoke(context.Background()); err != nil {
			t.Fatalf("revoke: %v", err)
		}
		if h.gets(s) == at {
			t.Error("the revoked token is given out")
		}
		h.counts(2)
		if got := h.heard(); got != "Acquired Revoked Acquired" {
			t.Errorf("events: %s", got)
		}
	})
}

func TestRevokeSucceedsOnlyWhenTheServerHasConfirmed(t *testing.T) {
	for name, server := range map[string]behaviour{
		"401": answers(401, ""), "503": answers(503, ""), "silence": isSilent, "a panic": panics,
		"an error on 200": answers(200, `{"error":"invalid_client"}`),
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, sessions.Config{}, func(h *house) {
				s := h.persistent("k")
				h.gets(s)
				h.server.becomes(server)
				start := time.Now()
				err := s.Revoke(context.Background())
				h.wants(err, sessions.ErrUnavailable)
				h.discreet(err)
				if took := time.Since(start); took > 40*time.Second {
					t.Errorf("told after %s", took)
				}
				_, err = s.AccessToken(context.Background())
				h.wants(err, sessions.ErrRevoked)
				h.server.becomes(grants)
				if err := s.Revoke(context.Background()); err != nil {
					t.Errorf("a second Revoke does not resume: %v", err)
				}
			})
		})
	}
}

func TestRevokeWithoutAnEndpointChangesNothing(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		e := h.endpoint()
		e.RevokeURL = ""
		s := h.session(h.mgr, "k", sessions.Anonymous(e))
		at := h.gets(s)
		h.wants(s.Revoke(context.Background()), sessions.ErrNotSupported)
		if h.gets(s) != at {
			t.Error("the token was withdrawn")
		}
	})
}

func TestRenewalThatRevokesWithdrawsTheOldTokenBefore(t *testing.T) {
	inHouse(t, sessions.Config{IdleAfter: 24 * time.Hour}, func(h *house) {
		e := h.endpoint()
		e.RenewalRevokes = true
		s := h.session(h.mgr, "k", sessions.Persistent(e, h.login("k")))
		old := h.gets(s)
		h.passes(54 * time.Minute)
		h.server.becomes(takes(time.Second, grants))
		h.gets(s) // finds it stale
		h.settles()
		c := h.asks(10, s)
		if c.served(t) == old || c.answers[0].after != time.Second {
			t.Errorf("served after %s with a token that the renewal was killing", c.answers[0].after)
		}
	})
}

func TestDefiniteFailureGivesTheWithdrawnTokenBack(t *testing.T) {
	inHouse(t, sessions.Config{IdleAfter: 24 * time.Hour}, func(h *house) {
		e := h.endpoint()
		e.RenewalRevokes = true
		s := h.session(h.mgr, "k", sessions.Persistent(e, h.login("k")))
		old := h.gets(s)
		h.passes(54 * time.Minute)
		h.server.becomes(takes(time.Second, answers(503, "")))
		h.gets(s)
		h.settles()
		c := h.asks(10, s)
		if c.served(t) != old || c.answers[0].after != time.Second {
			t.Errorf("served after %s with another token", c.answers[0].after)
		}
	})
}
