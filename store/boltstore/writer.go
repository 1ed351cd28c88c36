package boltstore

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"go.etcd.io/bbolt"

	"github.com/holdfast-go/holdfast/internal/local"
	"github.com/holdfast-go/holdfast/store"
)

// writer makes the writes of a store, in one goroutine: all that have come while a
// transaction was under way are the next one.
type writer struct {
	db   *bbolt.DB
	feed *local.Feed
	wake chan struct{} // full: there are writes, or the store is closed
	done chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex // guards the two fields below
	queue  []*write
	closed bool
}

// write is what a Swap asks for.
type write struct {
	key  string
	prev store.Rev
	op   store.OpID
	row  []byte       // as it is to be, at the revision behind prev
	told chan verdict // of one
}

// verdict is what became of a write.
type verdict struct {
	rev store.Rev
	err error
}

func newWrite(key string, prev store.Rev, value []byte, gone bool, op store.OpID) *write {
	return &write{key: key, prev: prev, op: op, row: rowOf(prev+1, op, value, gone), told: make(chan verdict, 1)}
}

func newWriter(db *bbolt.DB, feed *local.Feed) *writer {
	w := &writer{db: db, feed: feed, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go w.run()
	return w
}

// write waits for a write to be made, no longer than ctx.
func (w *writer) write(ctx context.Context, one *write) (store.Rev, error) {
	if !w.add(one) {
		return 0, store.ErrClosed
	}
	select {
	case v := <-one.told:
		return v.rev, v.err
	case <-ctx.Done():
	}
	left := store.ErrUnknown
	if w.remove(one) {
		left = store.ErrUnavailable
	}
	select {
	case v := <-one.told:
		return v.rev, v.err
	default:
		return 0, fmt.Errorf("%w: %w", left, ctx.Err())
	}
}

func (w *writer) add(one *write) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.queue = append(w.queue, one)
	w.signal()
	return true
}

// remove takes back a write, and reports whether it had not been begun.
func (w *writer) remove(one *write) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := slices.Index(w.queue, one)
	if at < 0 {
		return false
	}
	w.queue = slices.Delete(w.queue, at, at+1)
	return true
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // it has not woken from the last one
	}
}

// close makes what is waiting, and ends the goroutine.
func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	w.signal()
	w.mu.Unlock()
	<-w.done
}

func (w *writer) run() {
	defer close(w.done)
	for range w.wake {
		batch, closed := w.take()
		if len(batch) > 0 {
			w.make(batch)
		}
		if closed {
			return
		}
	}
}

func (w *writer) take() (batch []*write, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	batch, w.queue = w.queue, nil
	return batch, w.closed
}

// make makes a batch in one transaction, and tells those who wait.
func (w *writer) make(batch []*write) {
	verdicts := make([]verdict, len(batch))
	err := w.commit(batch, verdicts)
	for i, one := range batch {
		if err != nil && verdicts[i].err == nil {
			verdicts[i] = verdict{err: err}
		}
		if verdicts[i].err == nil {
			w.feed.Changed(one.key)
		}
		one.told <- verdicts[i]
	}
}

// commit returns why the writes of a batch that have no error of their own are not made,
// or are not known to be.
func (w *writer) commit(batch []*write, verdicts []verdict) (err error) {
	begun := false
	defer func() {
		if recover() != nil { // bbolt panics where a page of the file is damaged
			err = fmt.Errorf("%w: the file is damaged", store.ErrUnknown)
		}
	}()
	err = w.db.Update(func(tx *bbolt.Tx) error {
		begun = true
		b := tx.Bucket(sessions)
		for i, one := range batch {
			verdicts[i] = one.put(b)
		}
		return nil
	})
	if err == nil {
		return nil
	}
	if !begun {
		return closedOr(err)
	}
	return fmt.Errorf("%w: %w", store.ErrUnknown, err)
}

// put makes one write of a transaction.
func (one *write) put(b *bbolt.Bucket) verdict {
	now, err := entryOf(one.key, b.Get([]byte(one.key)))
	switch {
	case err != nil:
		return verdict{err: err}
	case one.op != store.OpID{} && one.op == now.Op:
		return verdict{rev: now.Rev}
	case one.prev != now.Rev:
		return verdict{err: store.ErrConflict}
	}
	if err := b.Put([]byte(one.key), one.row); err != nil {
		return verdict{err: fmt.Errorf("%w: %w", store.ErrUnavailable, err)}
	}
	return verdict{rev: one.prev + 1}
}
