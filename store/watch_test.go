package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

// watched is a Watch that is under way.
type watched struct {
	t       *testing.T
	changes chan store.Change
	cancel  context.CancelFunc
	ended   chan error
}

// watches begins a Watch and returns when it has said Synced.
func watches(t *testing.T, s store.Store) *watched {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &watched{t: t, changes: make(chan store.Change), cancel: cancel, ended: make(chan error, 1)}
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
	select {
	case c := <-w.changes:
		return c
	case err := <-w.ended:
		w.t.Fatalf("the watch ended: %v", err)
	case <-time.After(time.Minute):
		w.t.Fatal("nothing came for a minute")
	}
	panic("BUG: Fatal returned")
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

// stop ends the watch and expects it to return the error of its context.
func (w *watched) stop() {
	w.t.Helper()
	w.cancel()
	fails(w.t, context.Canceled, <-w.ended)
}

func watchBeginsWithSynced(t *testing.T, s store.Store) {
	swaps(t, s, "before", 0, alive(1), false)
	a, b := watches(t, s), watches(t, s)
	a.stop()
	b.stop()
}

func watchTellsEveryKeysNewestState(t *testing.T, s store.Store) {
	a, b := watches(t, s), watches(t, s)
	for i := range 5 {
		k := fmt.Sprint(i)
		rev := swaps(t, s, k, 0, alive(1), false)
		a.sees(k, rev)
		grave := swaps(t, s, k, rev, tombstone(), true)
		same(t, loads(t, s, k, grave), a.sees(k, grave))
	}
	b.sees("4", loads(t, s, "4", 0).Rev) // another watcher is told too, in its own time
	a.stop()
	b.stop()
}

func nothingIsMissedBetweenLoadAndWatch(t *testing.T, s store.Store) {
	begun, loaded := make(chan struct{}), make(chan struct{})
	go func() { // writes before, during and after the Watch's beginning and the Load
		rev := swapsUntil(t, s, loaded, begun)
		for n := range uint64(20) {
			rev, _ = s.Swap(t.Context(), key, rev, alive(n+1), false, newOp())
		}
		_, _ = s.Swap(t.Context(), "end", 0, alive(1), false, newOp())
	}()
	<-begun
	w := watches(t, s)
	known := loads(t, s, key, 0)
	close(loaded)
	for end := false; !end; {
		c := w.next()
		end = c.Entry.Key == "end"
		if c.Entry.Key == key && c.Entry.Rev > known.Rev {
			known = c.Entry
		}
	}
	same(t, loads(t, s, key, 0), known)
	w.stop()
}

// swapsUntil writes key until enough is closed, and closes begun on the way.
func swapsUntil(t *testing.T, s store.Store, enough, begun chan struct{}) (rev store.Rev) {
	for n := uint64(1); ; n++ {
		select {
		case <-enough:
			return rev
		default:
		}
		rev, _ = s.Swap(t.Context(), key, rev, alive(n), false, newOp())
		if n == 10 {
			close(begun)
		}
	}
}

func slowWatcherHoldsUpNobody(t *testing.T, s store.Store) {
	w := watches(t, s)
	keys := []string{"a", "b", "c"}
	newest := map[string]store.Rev{}
	for n := range uint64(300) { // while nobody reads from w
		k := keys[n%3]
		newest[k] = swaps(t, s, k, newest[k], alive(n+1), false)
	}
	seen := map[string]store.Rev{}
	for seen["a"] != newest["a"] || seen["b"] != newest["b"] || seen["c"] != newest["c"] {
		e := w.next().Entry
		if e.Rev < seen[e.Key] {
			t.Fatalf("%s went back from %d to %d", e.Key, seen[e.Key], e.Rev)
		}
		seen[e.Key] = e.Rev
	}
	w.stop()
}

func watcherMayCallTheStore(t *testing.T, s store.Store) {
	ended := make(chan error, 1)
	synced := make(chan struct{})
	go func() {
		ended <- s.Watch(t.Context(), func(c store.Change) {
			if c.Kind == store.Synced {
				close(synced)
				return
			}
			if c.Entry.Gone {
				_ = s.Close()
				return
			}
			e, err := s.Load(t.Context(), c.Entry.Key, c.Entry.Rev)
			if err != nil {
				t.Errorf("Load: %v", err)
			}
			if _, err = s.Swap(t.Context(), e.Key, e.Rev, tombstone(), true, newOp()); err != nil {
				t.Errorf("Swap: %v", err)
			}
		})
	}()
	<-synced
	swaps(t, s, key, 0, alive(1), false)
	fails(t, store.ErrClosed, <-ended)
}

func watchEndsWithItsContext(t *testing.T, s store.Store) {
	w := watches(t, s)
	w.cancel()
	fails(t, context.Canceled, <-w.ended)
	swaps(t, s, key, 0, alive(1), false)
	select {
	case c := <-w.changes:
		t.Errorf("was told %v after the watch had ended", c)
	default:
	}
}

func watchEndsWithTheStore(t *testing.T, s store.Store) {
	w := watches(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	fails(t, store.ErrClosed, <-w.ended)
	w.cancel()
}
