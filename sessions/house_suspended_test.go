package sessions_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/asleep"
	"github.com/holdfast-go/holdfast/sessions"
)

// inSuspendedHouse plays a story in a house whose machine can be suspended.
func inSuspendedHouse(t *testing.T, story func(*house, *asleep.Clock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var c asleep.Clock
		h := &house{T: t, clock: &c, config: sessions.Config{Clock: &c}}
		h.plays(func(h *house) { story(h, &c) })
	})
}

// No timer has fired, and the first who asks is not given what is over.
func TestFirstCallAfterASuspensionBringsANewToken(t *testing.T) {
	inSuspendedHouse(t, func(h *house, c *asleep.Clock) {
		cc, login := h.clientCredentials("cc"), h.persistent("login")
		before := []string{h.gets(cc), h.gets(login)}
		c.Sleeps(2 * time.Hour)
		for i, s := range []*sessions.Session{cc, login} {
			if st := s.Status(); st.State != "Expired" {
				t.Errorf("session %v is shown as %s", s, st.State)
			}
			if h.gets(s) == before[i] {
				t.Errorf("session %v gives out what has been over for an hour", s)
			}
			if left := s.Status().Expiry.Sub(c.Now()); left != time.Hour {
				t.Errorf("session %v has a new token with %s left", s, left)
			}
		}
		h.counts(3) // the login has brought its first token along
	})
}

func TestShortSuspensionCostsNoRequest(t *testing.T) {
	inSuspendedHouse(t, func(h *house, c *asleep.Clock) {
		s := h.clientCredentials("k")
		at := h.gets(s)
		for range 4 {
			c.Sleeps(10 * time.Minute)
			if h.gets(s) != at {
				t.Error("a token was replaced that is not even stale")
			}
		}
		h.counts(1)
	})
}

// Somebody who sets the wall clock lengthens no token's life.
func TestTokenLivesNoLongerByASetClock(t *testing.T) {
	for name, by := range map[string]time.Duration{"back": -24 * time.Hour, "forward": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			inSuspendedHouse(t, func(h *house, c *asleep.Clock) {
				s := h.clientCredentials("k")
				at := h.gets(s)
				c.Sleeps(by)
				if again := h.gets(s) == at; again != (by < 0) {
					t.Errorf("the token is given out: %t", again)
				}
				c.Runs(56 * time.Minute)
				at = h.gets(s)
				c.Runs(time.Minute)
				if h.gets(s) == at {
					t.Error("the token is given out within its margin")
				}
			})
		})
	}
}
