// Package rewatch is what is around a store's Watch whose connection breaks: it says Gap,
// and begins again.
package rewatch

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/store"
)

// A watch that is broken begins again after a moment, which doubles each time.
const (
	first = 50 * time.Millisecond
	most  = 2 * time.Second
)

// Watch is a Watch that is under way. Only its goroutine may touch it.
type Watch struct {
	tell   func(store.Change)
	begun  bool
	synced bool
}

// New returns a watch that has not begun; tell is what it says changes to.
func New(tell func(store.Change)) Watch { return Watch{tell: tell} }

// Begun reports whether it has said Synced.
func (w *Watch) Begun() bool { return w.begun }

// Synced reports whether it has said Synced, and no Gap since.
func (w *Watch) Synced() bool { return w.synced }

// Sync says Synced, unless that was said.
func (w *Watch) Sync() {
	if !w.synced {
		w.begun, w.synced = true, true
		w.tell(store.Change{Kind: store.Synced})
	}
}

// Run follows the changes until ctx or the life of the store ends, and returns what a Watch
// does then. Follow tells of them for as long as a connection lasts; its context ends with either. Its
// error is returned if it has never called Sync, or is lost: then it would be of no use to
// begin again.
func (w *Watch) Run(ctx, life context.Context, lost error, follow func(context.Context) error) error {
	during, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(life, stop)()
	for pause := first; ; pause = min(2*pause, most) {
		var err error
		if life.Err() == nil && ctx.Err() == nil {
			err = follow(during)
		}
		switch {
		case life.Err() != nil:
			return store.ErrClosed
		case ctx.Err() != nil:
			return ctx.Err()
		case !w.begun, lost != nil && errors.Is(err, lost):
			return err
		}
		if w.synced {
			w.synced, pause = false, first
			w.tell(store.Change{Kind: store.Gap})
		}
		Wait(during, pause)
	}
}

// Wait waits no longer than ctx, and reports whether d is over.
func Wait(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	defer clockutil.System().AfterFunc(d, func() { close(over) }).Stop()
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}
