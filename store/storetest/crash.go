package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/rewatch"
	"github.com/holdfast-go/holdfast/store"
)

// Crash checks that nothing is lost which a store has acknowledged when its server crashes,
// as one says of itself that is Durable, or has Failover. It is for a server that the test
// itself has started: crash has it crash amid writes, and returns when one that has its data
// answers again. The store is open, and stays so; its Watch must go on as well, as that of a
// store does that connects again by itself.
func Crash(t *testing.T, s store.Store, crash func()) {
	t.Helper()
	tr := &trial{
		TB:       t,
		rule:     "what Swap has acknowledged outlives a crash, and a write whose answer was lost in it can be sent again",
		store:    s,
		patience: time.Minute, // others may have to agree on who takes over
	}
	tr.outlives(crash)
}

func (t *trial) outlives(crash func()) {
	t.Helper()
	watched := t.watches(t.store)
	var crashed atomic.Bool
	var begun, all sync.WaitGroup
	writers := make([]*writer, 8)
	for i := range writers {
		writers[i] = &writer{trial: t, write: write{key: fmt.Sprint("k", i), value: alive(1)}}
		begun.Add(1)
		all.Go(func() { writers[i].writesUntil(&crashed, begun.Done) })
	}
	begun.Wait()
	crash()
	crashed.Store(true)
	all.Wait()
	left, end := map[string]store.Rev{}, time.Now().Add(t.patience)
	for _, w := range writers {
		left[w.key] = w.sendsAgain(end)
	}
	for len(left) > 0 && !t.Failed() {
		if c := watched.next(); left[c.Entry.Key] == c.Entry.Rev {
			delete(left, c.Entry.Key)
		}
	}
	watched.stops()
}

// writer writes one record again and again. The revision under its write is the newest that
// was acknowledged.
type writer struct {
	*trial
	write
}

// writesUntil writes until the server has crashed, or it fails. It calls begun when fifty
// writes were acknowledged.
func (w *writer) writesUntil(crashed *atomic.Bool, begun func()) {
	begun = sync.OnceFunc(begun)
	defer begun()
	for n := 0; !crashed.Load(); n++ {
		if n == 50 {
			begun()
		}
		w.op = newOp()
		rev, err := w.send(w.Context(), w.store)
		if err != nil && n < 50 {
			w.Errorf("write %d of %q: %v", n, w.key, err)
		}
		if err != nil {
			return
		}
		w.prev = rev
	}
}

// sendsAgain sends the last write until the store knows what has become of it.
func (w *writer) sendsAgain(end time.Time) store.Rev {
	for {
		rev, err := w.send(w.Context(), w.store)
		switch {
		case err == nil:
			return rev
		case errors.Is(err, store.ErrConflict):
			w.Errorf("revision %d of %q was acknowledged, and is gone", w.prev, w.key)
			return w.prev
		case time.Now().After(end):
			w.Errorf("nobody has taken a write of %q for %s: %v", w.key, w.patience, err)
			return w.prev
		}
		rewatch.Wait(w.Context(), 20*time.Millisecond)
	}
}
