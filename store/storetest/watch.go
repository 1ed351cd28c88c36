package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

var watchRules = []rule{
	{
		name:  "WatchBeginsWithSynced",
		says:  "the first change of a Watch is Synced, and what was there before is not told",
		check: watchBeginsWithSynced,
	},
	{
		name:  "WatchTellsEveryKeysNewestState",
		says:  "each Watch is told of each key's newest record, tombstones and own writes included",
		check: watchTellsEveryKeysNewestState,
	},
	{
		name:  "NothingIsMissedBetweenLoadAndWatch",
		says:  "a Load after Synced and the changes after Synced together miss nothing",
		check: nothingIsMissedBetweenLoadAndWatch,
	},
	{
		name:  "SlowWatcherHoldsUpNobody",
		says:  "Swap does not wait for fn, and who is slow hears of each key's newest record all the same",
		check: slowWatcherHoldsUpNobody,
	},
	{
		name:  "WatcherMayCallTheStore",
		says:  "fn may call Load, Swap and Close",
		check: watcherMayCallTheStore,
	},
	{
		name:  "WatchEndsWithItsContext",
		says:  "Watch returns the error of its context when that ends, and fn is not called after it",
		check: watchEndsWithItsContext,
	},
	{
		name:  "WatchEndsWithTheStore",
		says:  "Close has every Watch return ErrClosed",
		check: watchEndsWithTheStore,
	},
	{
		name:  "ClosedStoreAnswersClosed",
		says:  "after Close each call answers ErrClosed, a second Close nil, and Caps as before",
		check: closedStoreAnswersClosed,
	},
	{
		name:  "CloseDuringEverything",
		says:  "Close ends all calls that are under way, and those that come answer ErrClosed",
		check: closeDuringEverything,
	},
	{
		name:  "GapIsToldInTime",
		says:  "a Watch whose connection is silent says Gap within Caps.GapAfter, and then what was missed, and Synced",
		check: gapIsToldInTime,
		asked: func(t *trial) bool { return t.place.Cut != nil || t.store.Caps().GapAfter > 0 },
	},
}

// watched is a Watch that is under way.
type watched struct {
	t       *trial
	changes chan store.Change
	cancel  context.CancelFunc
	ended   chan error
}

// watches begins a Watch and returns when it has said Synced.
func (t *trial) watches(s store.Store) *watched {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watched{t: t, changes: make(chan store.Change), cancel: cancel, ended: make(chan error, 1)}
	t.Cleanup(cancel) // of a test that has failed
	go func() {
		w.ended <- s.Watch(ctx, func(c store.Change) {
			select {
			case w.changes <- c:
			case <-ctx.Done():
			}
		})
	}()
	if first := w.next(); first.Kind != store.Synced || first.Entry.Rev != 0 {
		t.Fatalf("the first change is %v", first)
	}
	return w
}

func (w *watched) next() store.Change {
	w.t.Helper()
	return w.nextWithin(w.t.patience)
}

func (w *watched) nextWithin(d time.Duration) store.Change {
	w.t.Helper()
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case c := <-w.changes:
		return c
	case err := <-w.ended:
		w.t.Fatalf("the watch ended: %v", err)
	case <-late.C:
		w.t.Fatalf("nothing came for %s", d)
	}
	panic("BUG: Fatalf returned")
}

// sees reads changes until key is at rev, and expects its revisions not to go down.
func (w *watched) sees(key string, rev store.Rev) store.Entry {
	w.t.Helper()
	var last store.Rev
	for {
		c := w.next()
		if c.Kind != store.Changed {
			w.t.Fatalf("change is %v", c)
		}
		if c.Entry.Key != key {
			continue
		}
		if c.Entry.Rev < last || c.Entry.Rev > rev {
			w.t.Fatalf("revision %d after %d, when %d is the newest", c.Entry.Rev, last, rev)
		}
		if last = c.Entry.Rev; last == rev {
			return c.Entry
		}
	}
}

// returns waits for the Watch to return, which it must with this error.
func (w *watched) returns(want error) {
	w.t.Helper()
	late := time.NewTimer(w.t.patience)
	defer late.Stop()
	select {
	case err := <-w.ended:
		w.t.fails(want, err)
	case <-late.C:
		w.t.Fatalf("the watch has not ended for %s", w.t.patience)
	}
}

// stops ends the watch and expects it to return the error of its context.
func (w *watched) stops() {
	w.t.Helper()
	w.cancel()
	w.returns(context.Canceled)
}

func watchBeginsWithSynced(t *trial) {
	t.swaps(t.store, "before", 0, alive(1), false)
	a, b := t.watches(t.store), t.watches(t.store)
	rev := t.swaps(t.store, key, 0, alive(1), false)
	for _, w := range []*watched{a, b} {
		if c := w.next(); c.Entry.Key != key || c.Entry.Rev != rev {
			t.Errorf("the second change is %v", c)
		}
		w.stops()
	}
}

func watchTellsEveryKeysNewestState(t *trial) {
	a, b := t.watches(t.store), t.watches(t.store)
	for i := range 5 {
		k := fmt.Sprint(i)
		rev := t.swaps(t.store, k, 0, alive(1), false)
		a.sees(k, rev)
		grave := t.swaps(t.store, k, rev, tombstone(), true)
		t.same(t.loads(t.store, k, grave), a.sees(k, grave))
	}
	b.sees("4", t.loads(t.store, "4", 0).Rev) // another watcher is told too, in its own time
	a.stops()
	b.stops()
}

func nothingIsMissedBetweenLoadAndWatch(t *trial) {
	begun, loaded, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() { // writes before, during and after the Watch's beginning and the Load
		defer close(ended)
		rev := t.swapsUntil(loaded, begun)
		for n := range uint64(20) {
			rev, _ = write{key, rev, alive(n + 1), false, newOp()}.send(t.Context(), t.store)
		}
		_, _ = write{"end", 0, alive(1), false, newOp()}.send(t.Context(), t.store)
	}()
	<-begun
	w := t.watches(t.store)
	known := t.loads(t.store, key, 0)
	close(loaded)
	for end := false; !end; {
		c := w.next()
		end = c.Entry.Key == "end"
		if c.Entry.Key == key && c.Entry.Rev > known.Rev {
			known = c.Entry
		}
	}
	<-ended
	t.same(t.loads(t.store, key, 0), known)
	w.stops()
}

// swapsUntil writes key until enough is closed, and closes begun on the way.
func (t *trial) swapsUntil(enough, begun chan struct{}) (rev store.Rev) {
	for n := uint64(1); ; n++ {
		select {
		case <-enough:
			return rev
		default:
		}
		rev, _ = write{key, rev, alive(n), false, newOp()}.send(t.Context(), t.store)
		if n == 10 {
			close(begun)
		}
	}
}

func slowWatcherHoldsUpNobody(t *trial) {
	w := t.watches(t.store)
	keys := []string{"a", "b", "c"}
	newest := map[string]store.Rev{}
	ctx, cancel := context.WithTimeout(t.Context(), t.patience)
	defer cancel()
	for n := range uint64(60) { // while nobody reads from w
		k := keys[n%3]
		rev, err := write{k, newest[k], alive(n + 1), false, newOp()}.send(ctx, t.store)
		if err != nil {
			t.Fatalf("Swap while fn takes its time: %v", err)
		}
		newest[k] = rev
	}
	seen := map[string]store.Rev{}
	for seen["a"] != newest["a"] || seen["b"] != newest["b"] || seen["c"] != newest["c"] {
		c := w.next()
		if c.Kind != store.Changed { // a Gap, and the Synced that ends it
			continue
		}
		if c.Entry.Rev < seen[c.Entry.Key] {
			t.Fatalf("%s went back from %d to %d", c.Entry.Key, seen[c.Entry.Key], c.Entry.Rev)
		}
		seen[c.Entry.Key] = c.Entry.Rev
	}
	w.stops()
}

func watcherMayCallTheStore(t *trial) {
	ended := make(chan error, 1)
	synced := make(chan struct{})
	go func() {
		ended <- t.store.Watch(t.Context(), func(c store.Change) {
			switch {
			case c.Kind == store.Synced:
				close(synced)
			case c.Entry.Gone:
				_ = t.store.Close()
			case c.Kind == store.Changed:
				t.buries(c.Entry)
			}
		})
	}()
	<-synced
	t.swaps(t.store, key, 0, alive(1), false)
	(&watched{t: t, ended: ended}).returns(store.ErrClosed)
}

// buries loads what a watch has told of, and makes it a tombstone.
func (t *trial) buries(told store.Entry) {
	e, err := t.store.Load(t.Context(), told.Key, told.Rev)
	if err != nil {
		t.Errorf("Load: %v", err)
		return
	}
	if _, err = (write{e.Key, e.Rev, tombstone(), true, newOp()}).send(t.Context(), t.store); err != nil {
		t.Errorf("Swap: %v", err)
	}
}

func watchEndsWithItsContext(t *trial) {
	w := t.watches(t.store)
	w.stops()
	t.swaps(t.store, key, 0, alive(1), false)
	select {
	case c := <-w.changes:
		t.Errorf("was told %v after the watch had ended", c)
	default:
	}
}

func watchEndsWithTheStore(t *trial) {
	a, b := t.watches(t.store), t.watches(t.store)
	if err := t.store.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	a.returns(store.ErrClosed)
	b.returns(store.ErrClosed)
}

// gapIsToldInTime cuts the store off, has another write meanwhile, and mends it.
func gapIsToldInTime(t *trial) {
	if t.place.Cut == nil {
		t.Fatalf("its watch can break, as Caps.GapAfter says, and Place.Cut is missing")
	}
	rev := t.swaps(t.store, key, 0, alive(1), false)
	grave := t.swaps(t.store, "revoked", 0, alive(1), false)
	w := t.watches(t.store)
	mend := t.place.Cut()
	if c := w.nextWithin(t.store.Caps().GapAfter + t.patience/5); c.Kind != store.Gap {
		t.Fatalf("after the connection fell silent the change is %v", c)
	}
	other := t.opens()
	rev = t.swaps(other, key, t.swaps(other, key, rev, alive(2), false), alive(3), false)
	grave = t.swaps(other, "revoked", grave, tombstone(), true)
	mend()
	told := map[string]store.Entry{}
	for synced := false; !synced; {
		c := w.next()
		synced = c.Kind == store.Synced
		if c.Kind == store.Changed {
			told[c.Entry.Key] = c.Entry
		}
	}
	t.same(t.loads(other, key, rev), told[key])
	t.same(t.loads(other, "revoked", grave), told["revoked"])
	w.stops()
}
