package sealed

import (
	"context"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/holdfast-go/holdfast/store"
)

// Open returns a store that keeps sealed records in inner, which it closes when it is
// closed. It is a store.Lister and store.Exclusive if inner is. An operation that is sent
// again is sealed again, to other bytes: inner must know it by its name alone. Records in
// inner that were written without Open are foreign, and so is each write if inner looks
// into values, as that of store.Adapt does.
//
// The error says what is wrong with the ring, or that inner takes no value of use. The
// caller keeps inner then, as it was.
func Open(inner store.Store, ring *keyset.Handle) (store.Store, error) {
	r, err := newRing(ring)
	if err != nil {
		return nil, fmt.Errorf("sealed: open: %w", err)
	}
	if most := inner.Caps().MaxValue; most > 0 && most <= r.overhead {
		return nil, fmt.Errorf("sealed: open: %w: the inner store takes values of %d bytes, and sealing adds %d",
			store.ErrTooLarge, most, r.overhead)
	}
	s := &sealed{inner: inner, ring: r}
	lister, lists := inner.(store.Lister)
	exclusive, owns := inner.(store.Exclusive)
	switch {
	case lists && owns:
		return listedAndOwned{s, lister, exclusive}, nil
	case lists:
		return listed{s, lister}, nil
	case owns:
		return owned{s, exclusive}, nil
	}
	return s, nil
}

// sealed is the store of Open, without what only some inner stores can do.
type sealed struct {
	inner store.Store
	ring  *ring
}

// Those that can do more. The inner store lists by what the covers show.
type (
	listed struct {
		*sealed
		store.Lister
	}
	owned struct {
		*sealed
		store.Exclusive
	}
	listedAndOwned struct {
		*sealed
		store.Lister
		store.Exclusive
	}
)

// Format names the store, whatever the verb: it holds the keys.
func (*sealed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "sealed store") }

// Load returns the record of key. See [store.Store].
func (s *sealed) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	e, err := s.inner.Load(ctx, key, min)
	if err != nil {
		return store.Entry{}, err
	}
	if e.Value, err = s.ring.open(e); err != nil {
		return store.Entry{}, err
	}
	return e, nil
}

// Swap writes the record of key. See [store.Store].
func (s *sealed) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	value, err := s.ring.seal(key, value, gone)
	if err != nil {
		return 0, err
	}
	return s.inner.Swap(ctx, key, prev, value, gone, op)
}

// Watch reports changes. See [store.Store].
func (s *sealed) Watch(ctx context.Context, fn func(store.Change)) error {
	return s.inner.Watch(ctx, func(c store.Change) {
		if c.Kind == store.Changed {
			c.Entry = s.told(c.Entry)
		}
		fn(c)
	})
}

// told is what a watcher is told of an entry. That there is one he must hear in any
// case. One that does not open he gets without what an attacker may have written.
func (s *sealed) told(e store.Entry) store.Entry {
	value, err := s.ring.open(e)
	if err != nil {
		return store.Entry{Key: e.Key, Rev: e.Rev, Op: e.Op}
	}
	e.Value = value
	return e
}

// Caps returns those of the inner store, whose longest value is shorter here.
func (s *sealed) Caps() store.Caps {
	caps := s.inner.Caps()
	if caps.MaxValue > 0 {
		caps.MaxValue -= s.ring.overhead
	}
	return caps
}

// Close closes the inner store. See [store.Store].
func (s *sealed) Close() error { return s.inner.Close() }
