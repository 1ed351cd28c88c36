package store_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

const key = "tenant-42"

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// keepsTheContract runs what every store must pass. Each test gets an empty store, and
// runs in a bubble that fails if a goroutine is left.
func keepsTheContract(t *testing.T, open func() store.Store) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, store.Store)
	}{
		{"LoadReturnsWhatWasSwapped", loadReturnsWhatWasSwapped},
		{"LoadOfNothingFindsNothing", loadOfNothingFindsNothing},
		{"LoadNeverGoesBack", loadNeverGoesBack},
		{"SwapLandsOnlyOnItsRevision", swapLandsOnlyOnItsRevision},
		{"OneOfManyWritersWins", oneOfManyWritersWins},
		{"KeysAreIndependent", keysAreIndependent},
		{"RevisionsOnlyGrow", revisionsOnlyGrow},
		{"ResendAfterSuccessAnswersTheLanding", resendAfterSuccessAnswersTheLanding},
		{"ResendAfterConflictConflicts", resendAfterConflictConflicts},
		{"ResendAfterOverwriteChangesNothing", resendAfterOverwriteChangesNothing},
		{"ZeroOpIsNeverRecognised", zeroOpIsNeverRecognised},
		{"ValuesAreCopies", valuesAreCopies},
		{"EndedContextWritesNothing", endedContextWritesNothing},
		{"WatchBeginsWithSynced", watchBeginsWithSynced},
		{"WatchTellsEveryKeysNewestState", watchTellsEveryKeysNewestState},
		{"NothingIsMissedBetweenLoadAndWatch", nothingIsMissedBetweenLoadAndWatch},
		{"SlowWatcherHoldsUpNobody", slowWatcherHoldsUpNobody},
		{"WatcherMayCallTheStore", watcherMayCallTheStore},
		{"WatchEndsWithItsContext", watchEndsWithItsContext},
		{"WatchEndsWithTheStore", watchEndsWithTheStore},
		{"ClosedStoreAnswersClosed", closedStoreAnswersClosed},
		{"CloseDuringEverything", closeDuringEverything},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open()
				test.run(t, s)
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
		})
	}
}

// alive is the value of a record with the n-th token.
func alive(n uint64) []byte {
	return record.Encode(messages.Record{
		Grant:      1,
		Generation: n,
		Token: messages.Token{
			Access:  messages.Secret(fmt.Sprintf("at-%d", n)),
			Refresh: messages.Secret(fmt.Sprintf("rt-%d", n)),
			Issued:  noon,
			Expiry:  noon.Add(time.Hour),
		},
		Written: noon,
	})
}

func tombstone() []byte {
	return record.Encode(messages.Record{Grant: 1, Generation: 1, Status: messages.Gone, Written: noon})
}

var lastOp atomic.Uint64

func newOp() (op store.OpID) {
	binary.BigEndian.PutUint64(op[:], lastOp.Add(1))
	return op
}

// swaps writes under a new operation and expects that to succeed.
func swaps(t *testing.T, s store.Store, key string, prev store.Rev, value []byte, gone bool) store.Rev {
	t.Helper()
	rev, err := s.Swap(t.Context(), key, prev, value, gone, newOp())
	if err != nil {
		t.Fatalf("Swap on revision %d: %v", prev, err)
	}
	return rev
}

func loads(t *testing.T, s store.Store, key string, min store.Rev) store.Entry {
	t.Helper()
	e, err := s.Load(t.Context(), key, min)
	if err != nil {
		t.Fatalf("Load with min %d: %v", min, err)
	}
	return e
}

func fails(t *testing.T, want, err error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// same compares entries field by field: an Entry prints no value, so cmp would not
// show where two differ.
func same(t *testing.T, want, got store.Entry) {
	t.Helper()
	type fields store.Entry
	if diff := cmp.Diff(fields(want), fields(got)); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}

func loadReturnsWhatWasSwapped(t *testing.T, s store.Store) {
	op := newOp()
	rev, err := s.Swap(t.Context(), key, 0, alive(1), false, op)
	if err != nil {
		t.Fatal(err)
	}
	same(t, store.Entry{Key: key, Value: alive(1), Rev: rev, Op: op}, loads(t, s, key, rev))

	op = newOp()
	rev, err = s.Swap(t.Context(), key, rev, tombstone(), true, op)
	if err != nil {
		t.Fatal(err)
	}
	same(t, store.Entry{Key: key, Value: tombstone(), Rev: rev, Op: op, Gone: true}, loads(t, s, key, 0))
}

func loadOfNothingFindsNothing(t *testing.T, s store.Store) {
	_, err := s.Load(t.Context(), key, 0)
	fails(t, store.ErrNotFound, err)
}

func loadNeverGoesBack(t *testing.T, s store.Store) {
	rev := swaps(t, s, key, 0, alive(1), false)
	_, err := s.Load(t.Context(), key, rev+1)
	fails(t, store.ErrUnavailable, err)
}

func swapLandsOnlyOnItsRevision(t *testing.T, s store.Store) {
	absent, present, buried := "absent", "present", "buried"
	old := swaps(t, s, present, 0, alive(1), false)
	now := swaps(t, s, present, old, alive(2), false)
	before := swaps(t, s, buried, 0, alive(1), false)
	grave := swaps(t, s, buried, before, tombstone(), true)

	for _, test := range []struct {
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
		for _, gone := range []bool{false, true} {
			_, err := s.Swap(t.Context(), test.key, test.prev, alive(9), gone, newOp())
			if !errors.Is(err, store.ErrConflict) {
				t.Errorf("%s, prev %d: error is %v", test.key, test.prev, err)
			}
		}
	}
	_, err := s.Load(t.Context(), absent, 0)
	fails(t, store.ErrNotFound, err)
	if got := loads(t, s, present, 0).Rev; got != now {
		t.Errorf("a conflict moved revision %d to %d", now, got)
	}
	if got := loads(t, s, buried, 0); got.Rev != grave || !got.Gone {
		t.Errorf("a conflict changed the tombstone: %v", got)
	}

	swaps(t, s, absent, 0, tombstone(), true)
	swaps(t, s, present, now, tombstone(), true)
	swaps(t, s, buried, grave, alive(3), false)
}

func oneOfManyWritersWins(t *testing.T, s store.Store) {
	prev := swaps(t, s, key, 0, alive(1), false)
	for round := range uint64(20) {
		prev = race(t, s, prev, 100*(round+1))
	}
}

// race has eight writers swap from prev and returns the revision of the winner.
func race(t *testing.T, s store.Store, prev store.Rev, first uint64) store.Rev {
	t.Helper()
	var wg sync.WaitGroup
	var wins atomic.Int64
	var value atomic.Uint64
	for i := range uint64(8) {
		wg.Go(func() {
			_, err := s.Swap(t.Context(), key, prev, alive(first+i), false, newOp())
			if err == nil {
				wins.Add(1)
				value.Store(first + i)
				return
			}
			fails(t, store.ErrConflict, err)
		})
	}
	wg.Wait()
	e := loads(t, s, key, prev+1)
	if wins.Load() != 1 || cmp.Diff(alive(value.Load()), e.Value) != "" {
		t.Fatalf("%d writers won, and %v is not of the last", wins.Load(), e)
	}
	return e.Rev
}

func keysAreIndependent(t *testing.T, s store.Store) {
	op := newOp()
	for _, k := range []string{"a", "b", "a/b", "ü", "\x00"} {
		rev, err := s.Swap(t.Context(), k, 0, alive(1), false, op)
		if err != nil {
			t.Fatalf("%q: %v", k, err)
		}
		same(t, store.Entry{Key: k, Value: alive(1), Rev: rev, Op: op}, loads(t, s, k, rev))
	}
}

func revisionsOnlyGrow(t *testing.T, s store.Store) {
	var prev store.Rev
	for i := range uint64(12) {
		gone := i%3 == 2 // every third is a tombstone, and the next a new beginning
		value := alive(i + 1)
		if gone {
			value = tombstone()
		}
		rev := swaps(t, s, key, prev, value, gone)
		if rev <= prev {
			t.Fatalf("revision %d follows %d", rev, prev)
		}
		prev = rev
	}
}

func resendAfterSuccessAnswersTheLanding(t *testing.T, s store.Store) {
	var prev store.Rev
	for i, gone := range []bool{false, true, false} {
		op, value := newOp(), alive(uint64(i+1))
		if gone {
			value = tombstone()
		}
		rev, err := s.Swap(t.Context(), key, prev, value, gone, op)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			again, err := s.Swap(t.Context(), key, prev, value, gone, op)
			if err != nil || again != rev {
				t.Errorf("landed as %d, sent again %d, %v", rev, again, err)
			}
		}
		prev = rev
	}
	if got := loads(t, s, key, 0).Rev; got != prev {
		t.Errorf("three writes made revision %d of %d", got, prev)
	}
}

func resendAfterConflictConflicts(t *testing.T, s store.Store) {
	rev := swaps(t, s, key, 0, alive(1), false)
	op := newOp()
	for range 2 {
		_, err := s.Swap(t.Context(), key, 0, alive(2), false, op)
		fails(t, store.ErrConflict, err)
	}
	// The operation did not land, so its name must not be taken for a landing later.
	swaps(t, s, key, rev, alive(3), false)
	_, err := s.Swap(t.Context(), key, 0, alive(2), false, op)
	fails(t, store.ErrConflict, err)
}

func resendAfterOverwriteChangesNothing(t *testing.T, s store.Store) {
	op := newOp()
	first, err := s.Swap(t.Context(), key, 0, alive(1), false, op)
	if err != nil {
		t.Fatal(err)
	}
	newest := swaps(t, s, key, first, alive(2), false)
	rev, err := s.Swap(t.Context(), key, 0, alive(1), false, op)
	if err == nil && rev != first {
		t.Errorf("landed as %d, sent again %d", first, rev)
	}
	if err != nil {
		fails(t, store.ErrConflict, err)
	}
	if got := loads(t, s, key, 0).Rev; got != newest {
		t.Errorf("sending again moved revision %d to %d", newest, got)
	}
}

func zeroOpIsNeverRecognised(t *testing.T, s store.Store) {
	if _, err := s.Swap(t.Context(), key, 0, alive(1), false, store.OpID{}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Swap(t.Context(), key, 0, alive(1), false, store.OpID{})
	fails(t, store.ErrConflict, err)
}

func valuesAreCopies(t *testing.T, s store.Store) {
	w := watches(t, s)
	value := alive(1)
	swaps(t, s, key, 0, value, false)
	clear(value)
	clear(loads(t, s, key, 0).Value)
	clear(w.next().Entry.Value)
	if diff := cmp.Diff(alive(1), loads(t, s, key, 0).Value); diff != "" {
		t.Errorf("a value was changed from outside (-want +got):\n%s", diff)
	}
	w.stop()
}

func endedContextWritesNothing(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Load(ctx, key, 0)
	fails(t, store.ErrUnavailable, err)
	fails(t, context.Canceled, err)
	_, err = s.Swap(ctx, key, 0, alive(1), false, newOp())
	fails(t, store.ErrUnavailable, err)
	fails(t, context.Canceled, err)
	fails(t, context.Canceled, s.Watch(ctx, func(c store.Change) { t.Errorf("was told %v", c) }))
	_, err = s.Load(t.Context(), key, 0)
	fails(t, store.ErrNotFound, err)
}

func closedStoreAnswersClosed(t *testing.T, s store.Store) {
	rev := swaps(t, s, key, 0, alive(1), false)
	caps := s.Caps()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	_, err := s.Load(t.Context(), key, 0)
	fails(t, store.ErrClosed, err)
	_, err = s.Swap(t.Context(), key, rev, alive(2), false, newOp())
	fails(t, store.ErrClosed, err)
	fails(t, store.ErrClosed, s.Watch(t.Context(), func(c store.Change) { t.Errorf("was told %v", c) }))
	if s.Caps() != caps {
		t.Errorf("Caps were %v and are %v", caps, s.Caps())
	}
}

func closeDuringEverything(t *testing.T, s store.Store) {
	var wg sync.WaitGroup
	until := func(call func() error) {
		wg.Go(func() {
			var err error
			for err == nil || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
				err = call()
			}
			fails(t, store.ErrClosed, err)
		})
	}
	swapped := make(chan struct{})
	var once sync.Once
	for i := range uint64(4) {
		until(func() error { return s.Watch(t.Context(), func(store.Change) {}) })
		until(func() error {
			_, err := s.Load(t.Context(), key, 0)
			return err
		})
		var prev store.Rev
		until(func() error {
			rev, err := s.Swap(t.Context(), fmt.Sprint(i), prev, alive(uint64(prev)+1), false, newOp())
			prev = max(prev, rev)
			if prev > 10 {
				once.Do(func() { close(swapped) })
			}
			return err
		})
	}
	<-swapped
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
}
