package sessions_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// restarts closes the house's Manager and opens another one over the same store,
// with the session of the given token.
func (h *house) restarts(t messages.Token) *sessions.Session {
	h.Helper()
	h.closes(h.mgr)
	h.mgr = h.opens(h.config)
	return h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), t))
}

// spentLast returns the refresh token that the last request spent.
func (h *house) spentLast() string {
	asked := h.server.asked()
	return asked[len(asked)-1].form.Get("refresh_token")
}

func TestRestartGoesOnFromTheRecordAndNotFromTheConfiguredToken(t *testing.T) {
	inSharedHouse(t, sessions.Config{Name: "one"}, func(h *house) {
		configured := h.login("k")
		s := h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), configured))
		h.passes(time.Hour)
		at := h.gets(s) // generation 2
		s = h.restarts(configured)
		if got := h.gets(s); got != at {
			t.Error("after a restart another token is served than the one saved")
		}
		h.counts(1)
		h.passes(time.Hour)
		h.gets(s)
		if spent := h.spentLast(); spent != canary+"refresh-1" {
			t.Errorf("after a restart %q was spent", spent)
		}
	})
}

func TestRestartUndoesNoRevoke(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		configured := h.login("k")
		s := h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), configured))
		h.gets(s)
		h.passes(time.Minute)
		if err := s.Revoke(context.Background()); err != nil {
			t.Fatalf("revoke: %v", err)
		}
		for range 2 {
			s = h.restarts(configured)
			_, err := s.AccessToken(context.Background())
			h.wants(err, sessions.ErrRevoked)
		}
		h.passes(time.Minute)
		s = h.restarts(h.login("again"))
		h.gets(s) // a human has logged in since
	})
}

func TestRestartUndoesNoRevokeThatTheServerHasNotConfirmed(t *testing.T) {
	inSharedHouse(t, sessions.Config{Retries: -1}, func(h *house) {
		configured := h.login("k")
		s := h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), configured))
		h.gets(s)
		h.server.becomes(answers(503, ""))
		h.wants(s.Revoke(context.Background()), sessions.ErrUnavailable)
		s = h.restarts(configured)
		_, err := s.AccessToken(context.Background())
		h.wants(err, sessions.ErrRevoked)
		h.server.becomes(grants)
		if err := s.Revoke(context.Background()); err != nil {
			t.Errorf("a second Revoke does not resume: %v", err)
		}
		if !h.server.hasEnded(configured.Refresh.Reveal()) {
			t.Error("the server has not ended the refresh token")
		}
	})
}

func TestNewerTokenForAnOpenKeyTakesOver(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		s := h.persistent("k")
		old := h.gets(s)
		h.passes(time.Minute)
		again := h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), h.login("again")))
		h.settles()
		for _, handle := range []*sessions.Session{s, again} {
			if got := h.gets(handle); got == old || got != canary+"access-again" {
				t.Errorf("served with %q", got)
			}
		}
		h.passes(time.Hour)
		h.gets(s)
		if spent := h.spentLast(); spent != canary+"refresh-again" {
			t.Errorf("renewed from %q", spent)
		}
	})
}

func TestOlderTokenForAnOpenKeyChangesNothing(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		older := h.login("older")
		h.passes(time.Minute)
		s := h.persistent("k")
		at := h.gets(s)
		h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), older))
		h.settles()
		if h.gets(s) != at {
			t.Error("an older token has taken over")
		}
		// Nobody holds it, so another session may.
		h.gets(h.session(h.mgr, "other", sessions.Persistent(h.endpoint(), older)))
	})
}

func TestTwoSessionsCannotHoldOneRefreshToken(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		login := h.login("k")
		h.session(h.mgr, "one", sessions.Persistent(h.endpoint(), login))
		_, err := h.mgr.Session("two", sessions.Persistent(h.endpoint(), login))
		h.wants(err, sessions.ErrInvalid)
		h.discreet(err)
		if err := h.mgr.Forget("one"); err != nil {
			t.Fatalf("forget: %v", err)
		}
		if _, err := h.mgr.Session("two", sessions.Persistent(h.endpoint(), login)); err != nil {
			t.Errorf("nobody holds it any more: %v", err)
		}
	})
}

func TestLoginWithTheSameRefreshTokenRevivesASession(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		h.server.becomes(answers(http.StatusBadRequest, `{"error":"invalid_grant"}`))
		s := h.expired("k")
		_, err := s.AccessToken(context.Background())
		h.wants(err, sessions.ErrLoginRequired)

		h.passes(time.Minute)
		h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), h.login("k")))
		h.settles()
		if got := h.gets(s); got != canary+"access-k" {
			t.Errorf("served with %q", got)
		}
	})
}

func TestRotatedRefreshTokenIsHeldAndTheSpentOneIsNot(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("k")
		h.gets(s)
		login := h.login("k")
		login.Refresh = canary + "refresh-1"
		_, err := h.mgr.Session("other", sessions.Persistent(h.endpoint(), login))
		h.wants(err, sessions.ErrInvalid)
		// Asleep, the session holds it all the same, and so it does while it wakes.
		h.passes(30 * time.Minute)
		_, err = h.mgr.Session("other", sessions.Persistent(h.endpoint(), login))
		h.wants(err, sessions.ErrInvalid)
		wakes := h.asks(1, s)
		_, err = h.mgr.Session("other", sessions.Persistent(h.endpoint(), login))
		h.wants(err, sessions.ErrInvalid)
		wakes.served(t)
	})
}

func TestForgottenSessionAnswersClosedAndItsRecordStays(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("k")
		at := h.gets(s)
		if err := h.mgr.Forget("k"); err != nil {
			t.Fatalf("forget: %v", err)
		}
		_, err := s.AccessToken(context.Background())
		h.wants(err, sessions.ErrClosed)
		s = h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), messages.Token{}))
		if h.gets(s) != at {
			t.Error("the record has not stayed")
		}
		h.counts(1)
	})
}

func TestSessionIsNotForgottenWhileItsRefreshTokenIsBeingSpent(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		h.server.becomes(takes(time.Second, grants))
		s := h.expired("k")
		held := h.asks(10, s)
		h.settles()
		err := h.mgr.Forget("k")
		h.wants(err, sessions.ErrUnavailable)
		if _, ok := sessions.RetryAfter(err); !ok {
			t.Errorf("no RetryAfter: %v", err)
		}
		held.served(t)
		h.settles()
		if err := h.mgr.Forget("k"); err != nil {
			t.Errorf("forget: %v", err)
		}
		h.counts(1)
	})
}
