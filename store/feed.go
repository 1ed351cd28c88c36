package store

import (
	"context"
	"sync"
)

// feed wakes the watchers of a store in this process. A watcher keeps the keys that
// have changed, not the changes: it reads the newest record when it gets there. So a
// slow one costs at most one entry a key, and a writer never waits for it.
type feed struct {
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

// open makes the feed ready. It is not a constructor because a feed must not be copied.
func (f *feed) open() {
	f.done = make(chan struct{})
	f.watchers = map[*watcher]struct{}{}
}

// changed tells every watcher that key has a newer record, which must be readable.
func (f *feed) changed(key string) {
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

// watch is the Watch of a store whose records load reads.
func (f *feed) watch(ctx context.Context, fn func(Change), load func(key string) (Entry, bool)) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w, err := f.join()
	if err != nil {
		return err
	}
	defer f.leave(w)
	fn(Change{Kind: Synced})
	for {
		keys, err := f.next(ctx, w)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := f.ended(ctx); err != nil {
				return err
			}
			if e, ok := load(key); ok {
				fn(Change{Kind: Changed, Entry: e})
			}
		}
	}
}

// next waits for keys that have changed and takes them from w.
func (f *feed) next(ctx context.Context, w *watcher) ([]string, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-f.done:
		return nil, ErrClosed
	case <-w.wake:
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	keys := w.keys
	w.keys, w.queued = nil, map[string]bool{}
	return keys, nil
}

// ended returns why a watch must end, nil if it need not.
func (f *feed) ended(ctx context.Context) error {
	select {
	case <-f.done:
		return ErrClosed
	default:
		return ctx.Err()
	}
}

func (f *feed) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}

func (f *feed) join() (*watcher, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, ErrClosed
	}
	w := &watcher{queued: map[string]bool{}, wake: make(chan struct{}, 1)}
	f.watchers[w] = struct{}{}
	return w, nil
}

func (f *feed) leave(w *watcher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.watchers, w)
}

func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.closed = true
		close(f.done)
	}
}
