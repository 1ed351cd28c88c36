package sessions_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/sessions"
)

func TestUnusedSessionSleepsAndWakesWithoutARequest(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("k")
		at := h.gets(s)
		h.passes(16 * time.Minute) // more than IdleAfter and a half
		if st := s.Status(); st.State != "Empty" || !st.Expiry.IsZero() {
			t.Errorf("not asleep: %+v", st)
		}
		if h.gets(s) != at {
			t.Error("woken with another token")
		}
		h.counts(1)
		if got := h.heard(); !strings.HasSuffix(got, "Slept Woke") {
			t.Errorf("events: %s", got)
		}
	})
}

func TestUsedSessionDoesNotSleep(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.clientCredentials("k")
		for range 100 {
			h.gets(s)
			h.passes(4 * time.Minute)
		}
		if got := h.heard(); strings.Contains(got, "Slept") {
			t.Errorf("events: %s", got)
		}
	})
}

func TestSleepingSessionHoldsNoTimerAndNoToken(t *testing.T) {
	inVirtualHouse(t, sessions.Config{}, func(h *house) {
		for _, key := range strings.Fields("a b c d e f g h i j") {
			h.gets(h.clientCredentials(key))
		}
		h.passes(time.Hour)
		if n := h.virtual.Pending(); n != 1 {
			t.Errorf("%d timers are pending, want the Manager's one", n)
		}
		for st := range h.mgr.All() {
			if st.State != "Empty" {
				t.Errorf("session %q is %s", st.Key, st.State)
			}
		}
	})
}

func TestKeepAliveRenewsUnasked(t *testing.T) {
	inVirtualHouse(t, sessions.Config{}, func(h *house) {
		login := h.session(h.mgr, "login", sessions.KeepAlive(sessions.Persistent(h.endpoint(), h.login("login"))))
		cc := h.session(h.mgr, "cc", sessions.KeepAlive(sessions.Anonymous(h.endpoint())))
		h.gets(login)
		h.gets(cc)
		for range days {
			h.passes(24 * time.Hour)
			for _, s := range []*sessions.Session{login, cc} {
				if left := s.Status().Expiry.Sub(h.clock.Now()); left <= 0 {
					t.Fatalf("a token has %s left", left)
				}
			}
		}
		// A token of an hour is renewed 3 to 13 minutes before its end, less the jitter.
		if n := len(h.server.asked()); n < 2*days*25 || n > 2*days*32 {
			t.Errorf("%d token requests in %d days", n, days)
		}
		if h.server.mostAtOnce() > 2 {
			t.Error("a session renewed twice at once")
		}
	})
}

// aLongTime is when a client credentials session that is asked every 7 minutes, for
// a year or so, made its requests.
func aLongTime(t *testing.T) []time.Time {
	t.Helper()
	var at []time.Time
	inVirtualHouse(t, sessions.Config{Name: "one"}, func(h *house) {
		s := h.clientCredentials("k")
		h.server.becomes(takes(300*time.Millisecond, grants))
		for end := h.clock.Now().AddDate(0, 0, days); h.clock.Now().Before(end); h.passes(7 * time.Minute) {
			c := h.asks(1, s)
			h.passes(time.Second)
			c.served(t)
		}
		for _, r := range h.server.asked() {
			at = append(at, r.at)
		}
	})
	return at
}

func TestALongTimeIsTheSameTwice(t *testing.T) {
	first, second := aLongTime(t), aLongTime(t)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the requests of two equal histories (-first +second):\n%s", diff)
	}
	if len(first) < days*24 {
		t.Errorf("%d requests in %d days of hourly tokens", len(first), days)
	}
}

func TestHouseLivesByAMockedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mock := clock.NewMock()
		mock.Set(time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC))
		h := &house{T: t, clock: clockutil.Adapt(mock)}
		h.config.Clock = h.clock
		h.plays(func(h *house) {
			cc, login := h.clientCredentials("cc"), h.persistent("login")
			alive := h.session(h.mgr, "alive", sessions.KeepAlive(sessions.Anonymous(h.endpoint())))
			h.gets(alive)
			for range 24 * 6 {
				h.gets(cc)
				h.gets(login)
				h.settles()
				mock.Add(10 * time.Minute)
				h.settles()
			}
			if left := alive.Status().Expiry.Sub(mock.Now()); left <= 0 {
				t.Errorf("the session that is kept alive has %s left", left)
			}
			if n := len(h.server.asked()); n < 3*24 || n > 3*32 {
				t.Errorf("%d token requests of three sessions in a day of hourly tokens", n)
			}
			h.server.becomes(refuses)
			mock.Add(2 * time.Hour)
			c := h.asks(100, cc)
			for range 50 { // the back-off passes by the mock alone
				h.settles()
				mock.Add(100 * time.Millisecond)
			}
			h.wants(c.told(t).err, sessions.ErrUnavailable)
		})
	})
}
