package simulate

import (
	"context"
	"fmt"
	"sync"

	"github.com/holdfast-go/holdfast/store"
)

// Store is a store that the processes of a run share, under the faults of the run. What
// it has written survives every crash. A read or write that is no session's, such as one by the
// test itself, is answered at once, and rightly.
type Store struct {
	sim  *Sim
	kept *store.SharedMemory

	mu     sync.Mutex // guards before
	before map[string]store.Entry
}

var _ store.Store = (*Store)(nil)

// Store returns a new store of the run.
func (s *Sim) Store() *Store {
	return &Store{sim: s, kept: store.NewSharedMemory(), before: make(map[string]store.Entry)}
}

// Load returns the record of key, as store.Store says.
func (t *Store) Load(ctx context.Context, key string, least store.Rev) (store.Entry, error) {
	o, leaf := ctx.Value(opKey{}).(op)
	if !leaf {
		return t.kept.Load(context.Background(), key, least)
	}
	s := t.sim
	e, err := travel(ctx, s, o, func() (store.Entry, error) {
		if s.strikes(s.faults.Unwritten, o.label, saltUnwritten) {
			s.note(o.who, o.what+" is refused")
			return store.Entry{}, store.ErrUnavailable
		}
		if old, is := t.older(key); is && old.Rev >= least && s.strikes(s.faults.Stale, o.label, saltStale) {
			s.note(o.who, o.what+" is answered by a replica that is behind")
			return old, nil
		}
		return t.kept.Load(context.Background(), key, least)
	})
	if ctx.Err() != nil && err != nil {
		err = fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return e, err
}

// Swap writes a record, as store.Store says.
func (t *Store) Swap(ctx context.Context, key string, prev store.Rev, value []byte, gone bool, id store.OpID) (store.Rev, error) {
	o, leaf := ctx.Value(opKey{}).(op)
	if !leaf {
		return t.write(key, prev, value, gone, id)
	}
	s := t.sim
	rev, err := travel(ctx, s, o, func() (store.Rev, error) {
		switch {
		case s.strikes(s.faults.Unwritten, o.label, saltUnwritten):
			s.note(o.who, o.what+" is refused")
			return 0, store.ErrUnavailable
		case s.strikes(s.faults.Conflict, o.label, saltConflict):
			t.touch(key)
		}
		return t.write(key, prev, value, gone, id)
	})
	if ctx.Err() != nil && err != nil {
		err = fmt.Errorf("%w: %w", store.ErrUnknown, err)
	}
	return rev, err
}

func (t *Store) write(key string, prev store.Rev, value []byte, gone bool, id store.OpID) (store.Rev, error) {
	old, err := t.kept.Load(context.Background(), key, 0)
	rev, swapped := t.kept.Swap(context.Background(), key, prev, value, gone, id)
	if err == nil && swapped == nil && rev > old.Rev {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.before[key] = old
	}
	return rev, swapped
}

// touch is somebody who writes what is there once more.
func (t *Store) touch(key string) {
	if e, err := t.kept.Load(context.Background(), key, 0); err == nil {
		t.sim.note("", "somebody has written the record of "+key)
		_, _ = t.write(key, e.Rev, e.Value, e.Gone, store.OpID{})
	}
}

// older returns the record of key as it was before the last write.
func (t *Store) older(key string) (store.Entry, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.before[key]
	return e, ok
}

// Watch tells of changes, as store.Store says.
func (t *Store) Watch(ctx context.Context, fn func(store.Change)) error { return t.kept.Watch(ctx, fn) }

// Caps says that the store is shared and lasts.
func (t *Store) Caps() store.Caps {
	caps := t.kept.Caps()
	caps.Durable = true
	return caps
}

// Close ends every Watch.
func (t *Store) Close() error { return t.kept.Close() }
