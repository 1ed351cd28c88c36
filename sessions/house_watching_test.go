package sessions_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// veiled is a store whose watch works as long as the story lets it. What happens
// behind the veil is never told, as if its tombstones had been forgotten.
type veiled struct {
	*unsteady
	tombstones time.Duration
	veil       atomic.Bool
	watches    atomic.Int32
	tell       func(store.Change)
}

func (v *veiled) Watch(ctx context.Context, fn func(store.Change)) error {
	v.watches.Add(1)
	v.tell = fn
	return v.unsteady.Watch(ctx, func(c store.Change) {
		if !v.veil.Load() {
			fn(c)
		}
	})
}

func (v *veiled) Caps() store.Caps {
	caps := v.unsteady.Caps()
	caps.Tombstones = v.tombstones
	return caps
}

// gaps has the watch lose sight, and syncs has it see again.
func (v *veiled) gaps() {
	v.veil.Store(true)
	v.tell(store.Change{Kind: store.Gap})
}

func (v *veiled) syncs() {
	v.veil.Store(false)
	v.tell(store.Change{Kind: store.Synced})
}

// looks counts the reads of the store so far.
func (v *veiled) looks() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.loadCalls
}

// pairOfTwo is a pair that two processes hold; the store of the second is veiled.
type pairOfTwo struct {
	*house
	one, two *process
	store    *veiled
}

// inWatched plays a story of two processes that hold the same token of an hour, and neither
// goes to sleep.
func inWatched(t *testing.T, tombstones time.Duration, story func(*pairOfTwo)) {
	t.Helper()
	inSharedHouse(t, sessions.Config{IdleAfter: 24 * time.Hour}, func(h *house) {
		login := h.login("k")
		w := &pairOfTwo{house: h, one: h.starts("one", login)}
		w.store = &veiled{unsteady: unsteadyStore(h.store), tombstones: tombstones}
		w.two = w.startsVeiled(login)
		h.gets(w.one.s)
		h.gets(w.two.s)
		h.settles() // both watch
		story(w)
		h.closes(w.one.mgr)
		h.closes(w.two.mgr)
	})
}

func (w *pairOfTwo) startsVeiled(t messages.Token) *process {
	c := w.config
	c.Name, c.Store = "two", w.store
	mgr := w.opens(c)
	return &process{mgr: mgr, s: w.session(mgr, "k", sessions.Persistent(w.endpoint(), t)), store: w.store.unsteady}
}

func (w *pairOfTwo) revokes() {
	w.Helper()
	if err := w.one.s.Revoke(context.Background()); err != nil {
		w.Fatalf("revoke: %v", err)
	}
	w.settles()
}

// looksAt checks how many reads of the store there are while something happens.
func (w *pairOfTwo) looksAt(want int, happens func()) {
	w.Helper()
	before := w.store.looks()
	happens()
	if got := w.store.looks() - before; got != want {
		w.Errorf("the store is looked at %d times, want %d", got, want)
	}
}

func TestWhatAnotherProcessWritesIsInForceWithoutALook(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		w.looksAt(0, func() {
			if err := w.one.s.Refresh(context.Background()); err != nil {
				t.Fatalf("refresh: %v", err)
			}
			w.settles() // the store's watch, and no time
			if w.gets(w.two.s) != w.gets(w.one.s) {
				t.Error("a process has the old token after the watch has told of a newer one")
			}
			w.revokes()
			_, err := w.two.s.AccessToken(context.Background())
			w.wants(err, sessions.ErrRevoked)
		})
	})
}

func TestManagerHasOneWatchForAllItsSessions(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		for i := range 100 {
			w.gets(w.session(w.two.mgr, fmt.Sprint(i), sessions.ClientCredentials(w.endpoint(), sessions.Subject{})))
		}
		if n := w.store.watches.Load(); n != 1 {
			t.Errorf("%d watches", n)
		}
	})
}

func TestRevocationIsSeenWithinMaxUnwatchedThoughTheWatchIsBroken(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		w.store.gaps()
		w.revokes()
		w.passes(10*time.Minute - time.Second)
		w.gets(w.two.s) // it cannot know yet
		w.passes(time.Second)
		_, err := w.two.s.AccessToken(context.Background())
		w.wants(err, sessions.ErrRevoked)
	})
}

func TestUnwatchedCallersWaitForOneLookEachTime(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		w.store.gaps()
		token := w.gets(w.two.s)
		for range 3 {
			w.passes(9 * time.Minute)
			w.looksAt(0, func() { w.gets(w.two.s) })
			w.passes(time.Minute)
			w.looksAt(1, func() {
				if w.asks(100, w.two.s).served(t) != token {
					t.Error("the look has brought another token")
				}
			})
		}
		w.counts(0)
	})
}

func TestUnwatchedTokenIsNotServedWhileTheStoreIsDown(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		w.store.gaps()
		w.store.troubles(is(store.ErrUnavailable), is(store.ErrUnavailable))
		w.passes(11 * time.Minute)
		_, err := w.two.s.AccessToken(context.Background())
		w.wants(err, sessions.ErrUnavailable)
		if after, ok := sessions.RetryAfter(err); !ok || after > 30*time.Second {
			t.Errorf("retry after %s, %t", after, ok)
		}
		w.store.troubles(works, works)
		w.comesBack(w.two.s)
		w.counts(0)
	})
}

func TestGapThatIsOverInTimeCostsNoLook(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		w.store.gaps()
		w.passes(9 * time.Minute)
		w.store.syncs()
		w.passes(20 * time.Minute)
		w.looksAt(0, func() { w.gets(w.two.s) })
	})
}

func TestGapLongerThanTombstonesAreKeptDropsTheNearCache(t *testing.T) {
	inWatched(t, time.Minute, func(w *pairOfTwo) {
		w.store.gaps()
		w.passes(time.Minute)
		w.store.syncs()
		w.looksAt(0, func() { w.gets(w.two.s) })
		w.store.gaps()
		w.revokes()
		w.passes(time.Minute + time.Second)
		w.gets(w.two.s)
		w.store.syncs()
		_, err := w.two.s.AccessToken(context.Background())
		w.wants(err, sessions.ErrRevoked)
	})
}

func TestWatchThatNeverBeginsIsABrokenOne(t *testing.T) {
	inSharedHouse(t, sessions.Config{IdleAfter: 24 * time.Hour}, func(h *house) {
		w := &pairOfTwo{house: h, store: &veiled{unsteady: unsteadyStore(h.store), tombstones: store.Forever}}
		w.store.veil.Store(true)
		w.two = w.startsVeiled(h.login("k"))
		w.passes(9 * time.Minute)
		w.gets(w.two.s)
		w.passes(time.Minute)
		w.looksAt(1, func() { w.gets(w.two.s) })
		h.closes(w.two.mgr)
	})
}

// A new watch tells nothing of what was before it, so each session is looked at then.
func TestSessionThatCannotBeLookedAtLooksForItselfLater(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		w.store.losesSight()
		w.settles()
		w.revokes()
		w.store.troubles(is(store.ErrUnavailable), works)
		w.passes(2 * time.Second) // it watches again
		w.store.troubles(works, works)
		_, err := w.two.s.AccessToken(context.Background())
		w.wants(err, sessions.ErrRevoked)
	})
}

// Who is asked for a revoked session does not look, so the House does until it has seen it.
func TestRevokedSessionThatCannotBeLookedAtHearsOfTheNextGrant(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		w.revokes()
		w.passes(time.Second)
		w.store.losesSight()
		next := w.session(w.one.mgr, "k", sessions.Persistent(w.endpoint(), w.login("k")))
		w.store.troubles(is(store.ErrUnavailable), works)
		w.passes(2 * time.Second) // it watches again
		_, err := w.two.s.AccessToken(context.Background())
		w.wants(err, sessions.ErrRevoked)
		w.store.troubles(works, works)
		w.passes(2 * time.Second)
		if w.gets(w.two.s) != w.gets(next) {
			t.Error("the processes have two tokens")
		}
	})
}

// Who is kept alive has a token at hand all the time.
func TestUnwatchedSessionThatIsKeptAliveLooksByItself(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		kept := w.session(w.two.mgr, "kept", sessions.KeepAlive(sessions.Persistent(w.endpoint(), w.login("kept"))))
		w.gets(kept)
		w.store.gaps()
		w.looksAt(1, func() { w.passes(10 * time.Minute) })
		w.looksAt(0, func() { w.gets(kept) })
	})
}

// One that nobody can renew sleeps without a timer, and is woken to look.
func TestUnwatchedStaticSessionThatIsKeptAliveLooksByItself(t *testing.T) {
	inWatched(t, store.Forever, func(w *pairOfTwo) {
		login := w.login("kept")
		login.Refresh = ""
		kept := w.session(w.two.mgr, "kept", sessions.KeepAlive(sessions.Static(w.endpoint(), login)))
		w.gets(kept)
		w.store.gaps()
		w.looksAt(1, func() { w.passes(10 * time.Minute) })
		w.looksAt(0, func() { w.gets(kept) })
	})
}
