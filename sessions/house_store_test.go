package sessions_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

func TestStoreThatHangsHoldsNobodyBeyondTheDeadlines(t *testing.T) {
	for name, kind := range map[string]func(*house) *sessions.Session{
		"client credentials": func(h *house) *sessions.Session { return h.clientCredentials("k") },
		"persistent":         func(h *house) *sessions.Session { return h.expired("k") },
	} {
		t.Run(name, func(t *testing.T) {
			inSharedHouse(t, sessions.Config{}, func(h *house) {
				freed := make(chan struct{})
				h.store.troubles(hangsUntil(freed), hangsUntil(freed))
				c := h.asks(100, kind(h))
				c.group.Wait()
				for _, a := range c.answers {
					if a.after > 35*time.Second {
						t.Fatalf("answered after %s", a.after)
					}
					// What can be minted again is minted without the store.
					if name == "persistent" {
						h.wants(a.err, sessions.ErrUnavailable)
					} else if a.err != nil {
						t.Fatalf("no token: %v", a.err)
					}
				}
				if name == "persistent" {
					h.counts(0)
				}
				close(freed)
			})
		})
	}
}

// promises is a store as other kits have it, whose promise may never be kept.
type promises struct {
	freed chan struct{} // nil: it works
	kept  messages.Token
}

func (p *promises) wait() {
	if p.freed != nil {
		<-p.freed
	}
}

func (p *promises) Read(context.Context) (messages.Token, error) {
	p.wait()
	return p.kept, nil
}

func (p *promises) Write(_ context.Context, t messages.Token) error {
	p.wait()
	p.kept = t
	return nil
}

func (p *promises) Clear(context.Context) error {
	p.wait()
	p.kept = messages.Token{}
	return nil
}

// inClassicHouse plays a story in a house over one classic store.
func inClassicHouse(t *testing.T, story func(*house, *promises)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &promises{}
		h := &house{T: t, clock: clockutil.System()}
		h.config.Store = store.Adapt(func(string) store.Classic { return p })
		h.plays(func(h *house) { story(h, p) })
	})
}

func TestClassicStoreGivesTheSessionBackAfterARestart(t *testing.T) {
	inClassicHouse(t, func(h *house, p *promises) {
		s := h.expired("k")
		at := h.gets(s)
		if p.kept.Refresh != canary+"refresh-1" {
			t.Fatal("the rotated refresh token was not written")
		}
		h.config.Store = store.Adapt(func(string) store.Classic { return p })
		if h.gets(h.restarts(messages.Token{})) != at {
			t.Error("after a restart another token is served than the one written")
		}
		h.counts(1)
	})
}

func TestRecordThatSomebodyRemovedFromAClassicStoreDoesNotBlockTheSession(t *testing.T) {
	inClassicHouse(t, func(h *house, p *promises) {
		s := h.persistent("k")
		h.gets(s)
		p.kept = messages.Token{}
		h.server.becomes(answers(http.StatusBadRequest, `{"error":"invalid_grant"}`))
		h.passes(time.Hour)
		_, err := s.AccessToken(context.Background())
		h.wants(err, sessions.ErrLoginRequired)

		h.passes(time.Minute)
		h.server.becomes(grants)
		h.gets(h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), h.login("again"))))
	})
}

func TestClassicStoreThatHangsHoldsNobodyBeyondTheDeadlines(t *testing.T) {
	inClassicHouse(t, func(h *house, p *promises) {
		p.freed = make(chan struct{})
		a := h.asks(100, h.expired("k")).told(t)
		h.wants(a.err, sessions.ErrUnavailable)
		if a.after > 35*time.Second {
			t.Errorf("told after %s", a.after)
		}
		h.counts(0)
		close(p.freed)
		h.passes(time.Minute)
		h.gets(h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), messages.Token{})))
	})
}

func TestFailingStoreCostsNoToken(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("k")
		h.server.becomes(takes(time.Second, grants))
		c := h.asks(10, s)
		h.passes(500 * time.Millisecond)
		h.store.troubles(works, is(store.ErrUnavailable))
		at := c.served(t)
		if st := s.Status(); !st.Unsaved {
			t.Errorf("the pair that could not be saved is not called unsaved: %+v", st)
		}
		err := h.mgr.Forget("k")
		h.wants(err, sessions.ErrUnavailable)
		h.passes(10 * time.Minute)
		if got := h.gets(s); got != at {
			t.Error("the unsaved pair is not served any more")
		}
		h.store.troubles(works, works)
		h.passes(time.Minute)
		if st := s.Status(); st.Unsaved {
			t.Error("the pair was not saved when the store was well again")
		}
		if err := h.mgr.Forget("k"); err != nil {
			t.Errorf("forget: %v", err)
		}
		if got := h.heard(); got != "Acquired Renewed Unsaved Saved" && got != "Renewed Unsaved Saved" {
			t.Errorf("events: %s", got)
		}
		h.counts(1)
	})
}

func TestRefreshTokenIsNotRiskedWithoutTheStore(t *testing.T) {
	inSharedHouse(t, sessions.Config{IdleAfter: 24 * time.Hour}, func(h *house) {
		s := h.persistent("k")
		h.gets(s)
		h.store.troubles(is(store.ErrUnavailable), is(store.ErrUnavailable))
		h.passes(55 * time.Minute)
		h.gets(s) // while it lives
		h.passes(10 * time.Minute)
		_, err := s.AccessToken(context.Background())
		h.wants(err, sessions.ErrUnavailable)
		h.counts(0)
		h.store.troubles(works, works)
		h.passes(time.Minute)
		h.gets(s)
		h.counts(1)
	})
}

func TestSaveThatHangsDelaysCallersBySaveTimeoutOnly(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		s := h.expired("k")
		h.server.becomes(takes(time.Second, grants))
		c := h.asks(10, s)
		h.passes(500 * time.Millisecond)
		h.store.troubles(works, hangs)
		c.served(t)
		if after := c.answers[0].after; after != 3*time.Second {
			t.Errorf("served after %s, want the server's 1s and SaveTimeout's 2s", after)
		}
		h.store.troubles(works, works)
		h.passes(10 * time.Second)
		if s.Status().Unsaved {
			t.Error("still unsaved")
		}
	})
}

func TestEmptyStoreIsNoCrash(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		s := h.session(h.mgr, "k", sessions.Persistent(h.endpoint(), messages.Token{}))
		_, err := s.AccessToken(context.Background())
		h.wants(err, sessions.ErrLoginRequired)
		h.counts(0)
	})
}

func TestPanicInAStoreOrATransportIsAFailedLeaf(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		cc, login := h.clientCredentials("cc"), h.expired("login")
		h.store.troubles(breaks, breaks)
		a := h.asks(10, login).told(t)
		h.wants(a.err, sessions.ErrUnavailable)
		h.discreet(a.err)
		h.asks(10, cc).served(t) // unsaved
		h.counts(1)

		h.store.troubles(works, works)
		h.passes(time.Hour)
		h.server.becomes(panics)
		for _, s := range []*sessions.Session{cc, login} {
			a := h.asks(10, s).told(t)
			h.wants(a.err, sessions.ErrUnavailable)
			if a.after > 35*time.Second {
				t.Errorf("told after %s", a.after)
			}
		}
		h.server.becomes(grants)
		h.passes(time.Minute)
		h.gets(cc)
		h.gets(login)
		if strings.Contains(h.heard(), canary) {
			t.Error("an event holds a secret")
		}
	})
}
