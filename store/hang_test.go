package store_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

// A bubble ends only when all of its goroutines have: those that a classic store
// holds end as soon as it returns, and no sooner.

func hangs(gate chan struct{}) func(context.Context) error {
	return func(context.Context) error { <-gate; return nil }
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// took expects call to fail with want after exactly d.
func took(t *testing.T, d time.Duration, want error, call func(context.Context) error) {
	t.Helper()
	start := time.Now()
	err := call(within(t, d))
	fails(t, want, err)
	fails(t, context.DeadlineExceeded, err)
	if got := time.Since(start); got != d {
		t.Errorf("it took %v, want %v", got, d)
	}
}

func TestHangingReadEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		c := &slot{token: token("there", noon), onRead: hangs(gate)}
		s := adapts(c)
		load := func(ctx context.Context) error { _, err := s.Load(ctx, key, 0); return err }
		swap := func(ctx context.Context) error {
			_, err := s.Swap(ctx, key, 0, alive(1), false, newOp())
			return err
		}
		took(t, 10*time.Second, store.ErrUnavailable, load)
		took(t, 5*time.Second, store.ErrUnavailable, load) // waits for its turn
		took(t, 5*time.Second, store.ErrUnavailable, swap)
		close(gate)
		loads(t, s, key, 0)
		_ = s.Close()
	})
}

func TestWriteThatWasLeftBehindIsRecognised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		c := &slot{onWrite: hangs(gate)}
		s := adapts(c)
		op := newOp()
		swap := func(ctx context.Context) error {
			_, err := s.Swap(ctx, key, 0, alive(1), false, op)
			return err
		}
		took(t, 10*time.Second, store.ErrUnknown, swap)
		took(t, 10*time.Second, store.ErrUnavailable, swap) // this one has not begun
		close(gate)
		if err := swap(t.Context()); err != nil {
			t.Errorf("sent again: %v", err)
		}
		if c.writes != 1 {
			t.Errorf("it was written %d times", c.writes)
		}
		_ = s.Close()
	})
}

func TestSwapWhoseCallerLeftBeforeTheWriteWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		c := &slot{onRead: hangs(gate)}
		s := adapts(c)
		took(t, time.Second, store.ErrUnknown, func(ctx context.Context) error {
			_, err := s.Swap(ctx, key, 0, alive(1), false, newOp()) // reads first
			return err
		})
		close(gate)
		synctest.Wait()
		if c.writes != 0 {
			t.Error("it was written")
		}
		_ = s.Close()
	})
}

func TestHangingKeyHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s := store.Adapt(func(key string) store.Classic {
			if key == "hanging" {
				return &slot{onRead: hangs(gate)}
			}
			return new(slot)
		})
		took(t, time.Second, store.ErrUnavailable, func(ctx context.Context) error {
			_, err := s.Load(ctx, "hanging", 0)
			return err
		})
		swaps(t, s, key, 0, alive(1), false)
		close(gate)
		_ = s.Close()
	})
}

func TestCallsOfOneKeyWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pause := func(context.Context) error { time.Sleep(time.Second); return nil }
		c := &slot{token: token("there", noon), onRead: pause, onWrite: pause}
		s := adapts(c)
		start := time.Now()
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { _, _ = s.Load(t.Context(), key, 0) })
		}
		wg.Go(func() { _, _ = s.Swap(t.Context(), key, 9, alive(1), false, newOp()) })
		wg.Wait()
		if got := time.Since(start); got < 5*time.Second || c.most != 1 {
			t.Errorf("calls of a second each took %v, %d at once", got, c.most)
		}
		_ = s.Close()
	})
}

func TestCloseWaitsForNoClassicStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		s := adapts(&slot{onRead: hangs(gate)})
		errs := make(chan error, 2)
		for range 2 { // one inside, one waiting for its turn
			go func() {
				_, err := s.Load(t.Context(), key, 0)
				errs <- err
			}()
			synctest.Wait()
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		fails(t, store.ErrClosed, <-errs)
		close(gate)
		fails(t, store.ErrNotFound, <-errs) // it was under way, and ends as it would have
	})
}
