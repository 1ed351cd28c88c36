package local

import (
	"context"
	"sync"
)

// Feed wakes the watchers of a store. A watcher keeps the keys that have changed, not
// the changes: it reads the newest record when it gets there. So a slow one costs at
// most one entry a key, and a writer never waits for it.
type Feed struct {
	over error         // of a watch that the store's end has ended
	done chan struct{} // closed with the store

	mu       sync.Mutex // guards the two fields below, and those of every watcher
	watchers map[*watcher]struct{}
	closed   bool
}

type watcher struct {
	keys   []string // changed and not yet read, in the order of their first change
	queued map[string]bool
	wake   chan struct{} // full: there are keys
}

// NewFeed returns a feed that has no watchers yet. over is what a Watch returns when
// the feed is closed.
func NewFeed(over error) *Feed {
	return &Feed{over: over, done: make(chan struct{}), watchers: map[*watcher]struct{}{}}
}

// Changed tells every watcher that key has a newer record, which must be readable.
func (f *Feed) Changed(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.watchers {
		w.add(key)
	}
}

func (w *watcher) add(key string) {
	if w.queued[key] {
		return
	}
	w.queued[key] = true
	w.keys = append(w.keys, key)
	select {
	case w.wake <- struct{}{}:
	default: // it has not woken from the last one
	}
}

// Watch calls synced when no change is missed any more, and then changed for each key
// that has, in this goroutine, until ctx ends or the feed is closed.
func (f *Feed) Watch(ctx context.Context, synced func(), changed func(key string)) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w, err := f.join()
	if err != nil {
		return err
	}
	defer f.leave(w)
	synced()
	for {
		keys, err := f.next(ctx, w)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := f.ended(ctx); err != nil {
				return err
			}
			changed(key)
		}
	}
}

// next waits for keys that have changed and takes them from w.
func (f *Feed) next(ctx context.Context, w *watcher) ([]string, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-f.done:
		return nil, f.over
	case <-w.wake:
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	keys := w.keys
	w.keys, w.queued = nil, map[string]bool{}
	return keys, nil
}

// ended returns why a watch must end, nil if it need not.
func (f *Feed) ended(ctx context.Context) error {
	select {
	case <-f.done:
		return f.over
	default:
		return ctx.Err()
	}
}

// Closed reports whether the feed is.
func (f *Feed) Closed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

// Done is closed with the feed.
func (f *Feed) Done() <-chan struct{} { return f.done }

func (f *Feed) join() (*watcher, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, f.over
	}
	w := &watcher{queued: map[string]bool{}, wake: make(chan struct{}, 1)}
	f.watchers[w] = struct{}{}
	return w, nil
}

func (f *Feed) leave(w *watcher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watchers, w)
}

// Close ends every Watch, and does not wait for it to return.
func (f *Feed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		close(f.done)
	}
}
