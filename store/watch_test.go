package store_test

import (
	"context"
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

// stop ends the watch and expects it to return the error of its context.
func (w *watched) stop() {
	w.t.Helper()
	w.cancel()
	fails(w.t, context.Canceled, <-w.ended)
}
