package sessions_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// process is one more Manager over the house's store, with a session of the
// house's login.
type process struct {
	mgr   *sessions.Manager
	s     *sessions.Session
	store *unsteady // its way to the house's store
}

// starts opens a process that shares the house's store; t is its configured token.
func (h *house) starts(name string, t messages.Token) *process {
	h.Helper()
	c := h.config
	way := unsteadyStore(h.store)
	c.Name, c.Store = name, way
	mgr := h.opens(c)
	return &process{mgr: mgr, s: h.session(mgr, "k", sessions.Persistent(h.endpoint(), t)), store: way}
}

func TestRevokeInOneProcessIsInForceInTheOther(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		login := h.login("k")
		one, two := h.starts("one", login), h.starts("two", login)
		h.gets(one.s)
		h.gets(two.s)
		if err := one.s.Revoke(context.Background()); err != nil {
			t.Fatalf("revoke: %v", err)
		}
		synctest.Wait() // the store's watch, and no time
		_, err := two.s.AccessToken(context.Background())
		h.wants(err, sessions.ErrRevoked)
		if !h.server.hasEnded(login.Refresh.Reveal()) {
			t.Error("the server has not ended the refresh token")
		}
		h.closes(one.mgr)
		h.closes(two.mgr)
	})
}

func TestWatchThatEndsIsBegunAgain(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		login := h.login("k")
		one, two := h.starts("one", login), h.starts("two", login)
		h.gets(one.s)
		h.gets(two.s)
		h.settles() // both watch
		two.store.losesSight()
		h.settles()
		if err := one.s.Revoke(context.Background()); err != nil {
			t.Fatalf("revoke: %v", err)
		}
		h.gets(two.s) // it cannot know yet
		h.passes(2 * time.Second)
		_, err := two.s.AccessToken(context.Background())
		h.wants(err, sessions.ErrRevoked)
		h.closes(one.mgr)
		h.closes(two.mgr)
	})
}

func TestTwoManagersOverMemoryOfOneAreRefused(t *testing.T) {
	inHouse(t, sessions.Config{}, func(h *house) {
		c := h.config
		c.Store = store.NewMemory()
		first := h.opens(c)
		_, err := sessions.Open(c)
		h.wants(err, sessions.ErrInvalid)
		h.closes(first)
		h.closes(h.opens(c))
	})
}
