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

func TestOneOfTwoProcessesRenewsAndTheOtherAdopts(t *testing.T) {
	inSharedHouse(t, sessions.Config{Name: "unused"}, func(h *house) {
		login := h.login("k")
		one, two := h.starts("one", login), h.starts("two", login)
		for generation := range 24 {
			h.counts(generation)
			if h.gets(one.s) != h.gets(two.s) {
				t.Errorf("generation %d: the two have different tokens", generation)
			}
			// Both are asked when the token is stale, and have time to renew.
			h.passes(58*time.Minute - 30*time.Second)
			h.gets(one.s)
			h.gets(two.s)
			h.passes(30 * time.Second)
			for range 20 { // a stale token elects a caller again after a claim was seen
				h.gets(one.s)
				h.gets(two.s)
				h.passes(time.Second)
			}
		}
		h.closes(one.mgr)
		h.closes(two.mgr)
	})
}

func TestTwoProcessesThatRenewAtOneInstantMintOnce(t *testing.T) {
	for range 20 {
		inSharedHouse(t, sessions.Config{}, func(h *house) {
			login := h.login("k")
			login.Issued, login.Expiry = login.Issued.Add(-time.Hour), login.Expiry.Add(-time.Hour)
			one, two := h.starts("one", login), h.starts("two", login)
			h.server.becomes(takes(time.Second, grants))
			first, second := h.asks(100, one.s), h.asks(100, two.s)
			if first.served(t) != second.served(t) {
				t.Error("the two have different tokens")
			}
			h.counts(1)
			h.closes(one.mgr)
			h.closes(two.mgr)
		})
	}
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

func TestDeadProcessIsTakenOver(t *testing.T) {
	inSharedHouse(t, sessions.Config{}, func(h *house) {
		login := h.login("k")
		login.Issued, login.Expiry = login.Issued.Add(-time.Hour), login.Expiry.Add(-time.Hour)
		hangsUp := make(chan struct{})
		h.server.becomes(isDeaf(hangsUp))
		dead := h.starts("dead", login)
		held := h.asks(1, dead.s)
		h.passes(time.Second)
		dead.store.troubles(is(store.ErrUnavailable), is(store.ErrUnavailable)) // its claim stands
		h.server.becomes(grants)
		heir := h.starts("heir", login)
		if took := h.comesBack(heir.s); took > time.Minute {
			t.Errorf("taken over after %s", took)
		}
		h.closes(heir.mgr)
		close(hangsUp)
		held.group.Wait()
		h.closes(dead.mgr)
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
