package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/store"
)

var swapRules = []rule{
	{
		name:  "LoadReturnsWhatWasSwapped",
		says:  "Load returns the value, the revision, the op and the tombstone of the last write",
		check: loadReturnsWhatWasSwapped,
	},
	{
		name:  "LoadOfNothingFindsNothing",
		says:  "Load answers ErrNotFound if there never was a record",
		check: loadOfNothingFindsNothing,
	},
	{
		name:  "LoadNeverGoesBack",
		says:  "Load returns a revision not older than min, and otherwise ErrUnavailable",
		check: loadNeverGoesBack,
	},
	{
		name:  "SwapLandsOnlyOnItsRevision",
		says:  "Swap writes if the current revision is prev, and otherwise answers ErrConflict and changes nothing",
		check: swapLandsOnlyOnItsRevision,
	},
	{
		name:  "OneOfManyWritersWins",
		says:  "of several Swaps from one revision one lands, and the others answer ErrConflict",
		check: oneOfManyWritersWins,
	},
	{
		name:  "KeysAreIndependent",
		says:  "a key is any string, and has a record and operations of its own",
		check: keysAreIndependent,
	},
	{
		name:  "RevisionsOnlyGrow",
		says:  "each revision of a key is higher than all before it, also after a tombstone",
		check: revisionsOnlyGrow,
	},
	{
		name:  "ResendAfterSuccessAnswersTheLanding",
		says:  "an operation that has landed and is sent again answers nil and the revision of its landing",
		check: resendAfterSuccessAnswersTheLanding,
	},
	{
		name:  "ResendAfterConflictConflicts",
		says:  "an operation that was told ErrConflict never lands",
		check: resendAfterConflictConflicts,
	},
	{
		name:  "ResendAfterOverwriteChangesNothing",
		says:  "an operation that has landed and was overwritten is not done again",
		check: resendAfterOverwriteChangesNothing,
	},
	{
		name:  "ZeroOpIsNeverRecognised",
		says:  "the zero OpID names no write, so one that is sent again under it is another",
		check: zeroOpIsNeverRecognised,
	},
	{
		name:  "ValuesAreCopies",
		says:  "a value belongs to the caller as soon as Swap, Load or fn has it to him",
		check: valuesAreCopies,
	},
	{
		name:  "EndedContextWritesNothing",
		says:  "a call whose context has ended before answers ErrUnavailable and the context's error, and does nothing",
		check: endedContextWritesNothing,
	},
	{
		name:  "LostAnswerIsFoundBySendingAgain",
		says:  "a write whose answer was lost is closed by sending it again: nil if it landed, and it is not done twice",
		check: lostAnswerIsFoundBySendingAgain,
	},
	{
		name:  "LateWriteLandsOnlyOnItsRevision",
		says:  "a write that arrives after its caller has left lands on its revision or not at all",
		check: lateWriteLandsOnlyOnItsRevision,
	},
}

func loadReturnsWhatWasSwapped(t *trial) {
	op := newOp()
	rev := t.lands(t.store, write{key, 0, alive(1), false, op})
	t.same(store.Entry{Key: key, Value: alive(1), Rev: rev, Op: op}, t.loads(t.store, key, rev))

	op = newOp()
	rev = t.lands(t.store, write{key, rev, tombstone(), true, op})
	t.same(store.Entry{Key: key, Value: tombstone(), Rev: rev, Op: op, Gone: true}, t.loads(t.store, key, 0))
}

func loadOfNothingFindsNothing(t *trial) {
	_, err := t.store.Load(t.Context(), key, 0)
	t.fails(store.ErrNotFound, err)
}

func loadNeverGoesBack(t *trial) {
	var rev store.Rev
	for n := range uint64(20) {
		rev = t.swaps(t.store, key, rev, alive(n+1), false)
		if got := t.loads(t.store, key, rev).Rev; got != rev {
			t.Fatalf("Load with min %d returns revision %d", rev, got)
		}
	}
	_, err := t.store.Load(t.Context(), key, rev+1)
	t.fails(store.ErrUnavailable, err)
}

func swapLandsOnlyOnItsRevision(t *trial) {
	absent, present, buried := "absent", "present", "buried"
	old := t.swaps(t.store, present, 0, alive(1), false)
	now := t.swaps(t.store, present, old, alive(2), false)
	before := t.swaps(t.store, buried, 0, alive(1), false)
	grave := t.swaps(t.store, buried, before, tombstone(), true)

	for _, wrong := range []struct {
		key  string
		prev store.Rev
	}{
		{absent, 1},
		{absent, 1 << 40},
		{present, 0},
		{present, old},
		{present, now + 1},
		{buried, 0},
		{buried, before},
		{buried, grave + 1},
	} {
		t.conflicts(t.store, write{wrong.key, wrong.prev, alive(9), false, newOp()})
		t.conflicts(t.store, write{wrong.key, wrong.prev, tombstone(), true, newOp()})
	}
	_, err := t.store.Load(t.Context(), absent, 0)
	t.fails(store.ErrNotFound, err)
	if got := t.loads(t.store, present, 0).Rev; got != now {
		t.Errorf("a conflict moved revision %d to %d", now, got)
	}
	if got := t.loads(t.store, buried, 0); got.Rev != grave || !got.Gone {
		t.Errorf("a conflict changed the tombstone: %v", got)
	}

	t.swaps(t.store, absent, 0, tombstone(), true)
	t.swaps(t.store, present, now, tombstone(), true)
	t.swaps(t.store, buried, grave, alive(3), false)
}

func oneOfManyWritersWins(t *trial) {
	stores := []store.Store{t.store}
	if t.isShared() {
		stores = append(stores, t.opens())
	}
	prev := t.swaps(t.store, key, 0, alive(1), false)
	for round := range uint64(20) {
		prev = t.race(stores, prev, 100*(round+1))
	}
}

// race has eight writers swap from prev and returns the revision of the winner.
func (t *trial) race(stores []store.Store, prev store.Rev, first uint64) store.Rev {
	t.Helper()
	var wg sync.WaitGroup
	var wins atomic.Int64
	var value atomic.Uint64
	for i := range uint64(8) {
		wg.Go(func() {
			w := write{key, prev, alive(first + i), false, newOp()}
			_, err := w.send(t.Context(), stores[i%uint64(len(stores))])
			if err == nil {
				wins.Add(1)
				value.Store(first + i)
				return
			}
			t.fails(store.ErrConflict, err)
		})
	}
	wg.Wait()
	e := t.loads(t.store, key, prev+1)
	if wins.Load() != 1 || !cmp.Equal(alive(value.Load()), e.Value) {
		t.Fatalf("%d writers won, and %v is not of the last", wins.Load(), e)
	}
	return e.Rev
}

func keysAreIndependent(t *trial) {
	op := newOp()
	for i, k := range []string{"a", "b", "A", "a/b", "a.b", "a b", "*", ">", "{a}", "ü", "\x00", "\xff", "%61"} {
		value := alive(uint64(i + 1))
		rev := t.lands(t.store, write{k, 0, value, false, op})
		t.same(store.Entry{Key: k, Value: value, Rev: rev, Op: op}, t.loads(t.store, k, rev))
	}
}

func revisionsOnlyGrow(t *trial) {
	var prev store.Rev
	for i := range uint64(12) {
		gone := i%3 == 2 // every third is a tombstone, and the next a new beginning
		value := alive(i + 1)
		if gone {
			value = tombstone()
		}
		rev := t.swaps(t.store, key, prev, value, gone)
		if rev <= prev {
			t.Fatalf("revision %d follows %d", rev, prev)
		}
		prev = rev
	}
}

func resendAfterSuccessAnswersTheLanding(t *trial) {
	var prev store.Rev
	for _, w := range []write{
		{key, 0, alive(1), false, newOp()},
		{key, 0, tombstone(), true, newOp()},
		{key, 0, alive(3), false, newOp()},
	} {
		w.prev = prev
		prev = t.lands(t.store, w)
		for range 2 {
			if again := t.lands(t.store, w); again != prev {
				t.Errorf("landed as %d, sent again %d", prev, again)
			}
		}
	}
	if got := t.loads(t.store, key, 0).Rev; got != prev {
		t.Errorf("three writes made revision %d of %d", got, prev)
	}
}

func resendAfterConflictConflicts(t *trial) {
	rev := t.swaps(t.store, key, 0, alive(1), false)
	lost := write{key, 0, alive(2), false, newOp()}
	t.conflicts(t.store, lost)
	t.conflicts(t.store, lost)
	// The operation did not land, so its name must not be taken for a landing later.
	t.swaps(t.store, key, rev, alive(3), false)
	t.conflicts(t.store, lost)
}

func resendAfterOverwriteChangesNothing(t *trial) {
	w := write{key, 0, alive(1), false, newOp()}
	first := t.lands(t.store, w)
	newest := t.swaps(t.store, key, first, alive(2), false)
	t.isOvertaken(w, first)
	newest = t.swaps(t.store, key, newest, tombstone(), true)
	t.isOvertaken(w, first)
	if got := t.loads(t.store, key, 0); got.Rev != newest || !got.Gone {
		t.Errorf("sending again made %v of the tombstone with revision %d", got, newest)
	}
}

// isOvertaken sends a write again that landed once, and was overwritten.
func (t *trial) isOvertaken(w write, landed store.Rev) {
	t.Helper()
	rev, err := w.send(t.Context(), t.store)
	if err == nil && rev != landed {
		t.Errorf("landed as %d, sent again %d", landed, rev)
	}
	if err != nil {
		t.fails(store.ErrConflict, err)
	}
}

func zeroOpIsNeverRecognised(t *trial) {
	w := write{key: key, value: alive(1)}
	t.lands(t.store, w)
	t.conflicts(t.store, w)
}

func valuesAreCopies(t *trial) {
	w := t.watches(t.store)
	value := alive(1)
	t.swaps(t.store, key, 0, value, false)
	clear(value)
	clear(t.loads(t.store, key, 0).Value)
	clear(w.next().Entry.Value)
	if diff := cmp.Diff(alive(1), t.loads(t.store, key, 0).Value); diff != "" {
		t.Errorf("a value was changed from outside (-want +got):\n%s", diff)
	}
	w.stops()
}

func endedContextWritesNothing(t *trial) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := t.store.Load(ctx, key, 0)
	t.fails(store.ErrUnavailable, err)
	t.fails(context.Canceled, err)
	_, err = write{key, 0, alive(1), false, newOp()}.send(ctx, t.store)
	t.fails(store.ErrUnavailable, err)
	t.fails(context.Canceled, err)
	t.fails(context.Canceled, t.store.Watch(ctx, func(c store.Change) { t.Errorf("was told %v", c) }))
	_, err = t.store.Load(t.Context(), key, 0)
	t.fails(store.ErrNotFound, err)
}

func lostAnswerIsFoundBySendingAgain(t *trial) {
	var prev store.Rev
	for n := range uint64(3) {
		w := write{fmt.Sprint("lost-", n), 0, alive(n + 1), false, newOp()}
		deaf := &proxy{Store: t.store, drops: true}
		_, err := w.send(t.Context(), deaf)
		t.fails(store.ErrUnknown, err)
		prev = t.loads(t.store, w.key, 0).Rev
		if rev := t.lands(t.store, w); rev != prev {
			t.Errorf("landed as %d, sent again %d", prev, rev)
		}
		// Somebody has written over it before it is sent again.
		t.swaps(t.store, w.key, prev, tombstone(), true)
		t.isOvertaken(w, prev)
		if !t.loads(t.store, w.key, 0).Gone {
			t.Error("sending again has undone a tombstone")
		}
	}
}

func lateWriteLandsOnlyOnItsRevision(t *trial) {
	first := t.swaps(t.store, key, 0, alive(1), false)
	w := write{key, first, alive(2), false, newOp()}
	late := t.sendsLate(w)
	second := t.swaps(t.store, key, first, alive(3), false)
	if _, err := late(); !errors.Is(err, store.ErrConflict) {
		t.Errorf("it was overtaken, and landed late: %v", err)
	}
	if got := t.loads(t.store, key, 0).Rev; got != second {
		t.Errorf("the late write moved revision %d to %d", second, got)
	}

	w = write{key, second, alive(4), false, newOp()}
	late = t.sendsLate(w)
	landed, err := late()
	if err != nil {
		t.Fatalf("nobody was there before it: %v", err)
	}
	if rev := t.lands(t.store, w); rev != landed {
		t.Errorf("landed late as %d, sent again %d", landed, rev)
	}
	if got := t.loads(t.store, key, 0); !cmp.Equal(alive(4), got.Value) {
		t.Error("what landed late is not what was sent")
	}
}

// sendsLate sends a write whose caller leaves before it has arrived, and reuses the
// memory of its value. arrives lets it arrive, and returns what came of it.
func (t *trial) sendsLate(w write) (arrives func() (store.Rev, error)) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	slow := &proxy{Store: t.store, held: make(chan func() (store.Rev, error), 1), holds: leave}
	w.value = append([]byte(nil), w.value...)
	_, err := w.send(ctx, slow)
	t.fails(store.ErrUnknown, err)
	clear(w.value)
	return <-slow.held
}
