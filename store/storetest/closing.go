package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

func closedStoreAnswersClosed(t *trial) {
	rev := t.swaps(t.store, key, 0, alive(1), false)
	caps := t.store.Caps()
	for range 2 {
		if err := t.store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	_, err := t.store.Load(t.Context(), key, 0)
	t.fails(store.ErrClosed, err)
	_, err = write{key, rev, alive(2), false, newOp()}.send(t.Context(), t.store)
	t.fails(store.ErrClosed, err)
	t.fails(store.ErrClosed, t.store.Watch(t.Context(), func(c store.Change) { t.Errorf("was told %v", c) }))
	if t.store.Caps() != caps {
		t.Errorf("Caps were %v and are %v", caps, t.store.Caps())
	}
}

func closeDuringEverything(t *trial) {
	var wg sync.WaitGroup
	until := func(call func() error) {
		wg.Go(func() {
			var err error
			for err == nil || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) {
				err = call()
			}
			// What was under way when Close came may have been cut off.
			if errors.Is(err, store.ErrUnknown) || errors.Is(err, store.ErrUnavailable) {
				err = call()
			}
			t.fails(store.ErrClosed, err)
		})
	}
	swapped := make(chan struct{})
	var once sync.Once
	for i := range uint64(4) {
		until(func() error { return t.store.Watch(t.Context(), func(store.Change) {}) })
		until(func() error {
			_, err := t.store.Load(t.Context(), key, 0)
			return err
		})
		var prev store.Rev
		until(func() error {
			w := write{fmt.Sprint(i), prev, alive(uint64(prev) + 1), false, newOp()}
			rev, err := w.send(t.Context(), t.store)
			prev = max(prev, rev)
			if prev > 10 || err != nil {
				once.Do(func() { close(swapped) })
			}
			return err
		})
	}
	<-swapped
	if err := t.store.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wg.Wait()
}

// leavesNothing checks that there are no more goroutines than before the store was
// opened. Nothing tells when a goroutine has ended that nobody waits for, as those of a
// driver may be: hence the only loop in this package that looks again.
func (t *trial) leavesNothing(before int) {
	t.Helper()
	if t.Failed() { // and may have left what it was about
		return
	}
	end := time.Now().Add(t.patience)
	for runtime.NumGoroutine() > before {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.TB.Errorf("%d goroutines before Open, %d after Close\nThe rule: Close ends every goroutine of the store.\n%s",
				before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
			return
		}
		time.Sleep(time.Millisecond)
	}
}
