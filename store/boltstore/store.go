package boltstore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/holdfast-go/holdfast/internal/local"
	"github.com/holdfast-go/holdfast/store"
)

// maxValue is the longest value taken. A record of two tokens of the longest kind that
// an endpoint may send has a tenth of that.
const maxValue = 1 << 20

// Store keeps sessions in a file. Use [Open]. Its methods are safe for concurrent use.
//
// An operation is recognised when it is sent again for as long as no other write has
// followed it, also after the file was closed and opened again; after that the answer
// is ErrConflict. A watch has no gaps, and a key may have 32 KiB. A Load reads memory
// that is mapped from the file, and waits for the disk whatever its context says.
type Store struct {
	db     *bbolt.DB
	feed   *local.Feed
	owner  local.Owner
	writer *writer
}

var (
	_ store.Store     = (*Store)(nil)
	_ store.Lister    = (*Store)(nil)
	_ store.Exclusive = (*Store)(nil)
)

// Format names the store, whatever the verb: the records hold tokens.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "bolt store") }

// Load returns the record of key. See [store.Store].
func (s *Store) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	if ctx.Err() != nil {
		return store.Entry{}, fmt.Errorf("%w: %w", store.ErrUnavailable, ctx.Err())
	}
	e, err := s.read(key)
	switch {
	case err != nil:
		return store.Entry{}, err
	case e.Rev < min:
		return store.Entry{}, fmt.Errorf("%w: revision %d is the newest", store.ErrUnavailable, e.Rev)
	case e.Rev == 0:
		return store.Entry{}, store.ErrNotFound
	}
	return e, nil
}

// read returns the record of key; zero: there is none.
func (s *Store) read(key string) (e store.Entry, err error) {
	viewed := s.db.View(func(tx *bbolt.Tx) error {
		e, err = entryOf(key, tx.Bucket(sessions).Get([]byte(key)))
		return nil
	})
	if viewed != nil {
		return store.Entry{}, closedOr(viewed)
	}
	return e, err
}

// closedOr is what a transaction that could not be begun means.
func closedOr(err error) error {
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return store.ErrClosed
	}
	return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
}

// Swap writes the record of key. See [store.Store].
func (s *Store) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	switch {
	case ctx.Err() != nil:
		return 0, fmt.Errorf("%w: %w", store.ErrUnavailable, ctx.Err())
	case len(value) > maxValue:
		return 0, fmt.Errorf("%w: the value has %d bytes, the longest %d", store.ErrTooLarge, len(value), maxValue)
	case len(key) > bbolt.MaxKeySize:
		return 0, fmt.Errorf("%w: the key has %d bytes, the longest %d", store.ErrTooLarge, len(key), bbolt.MaxKeySize)
	}
	return s.writer.write(ctx, newWrite(key, prev, value, gone, op))
}

// Watch reports changes. See [store.Store].
func (s *Store) Watch(ctx context.Context, fn func(store.Change)) error {
	return s.feed.Watch(ctx, func() { fn(store.Change{Kind: store.Synced}) }, func(key string) {
		if e, err := s.read(key); err == nil {
			fn(store.Change{Kind: store.Changed, Entry: e})
		}
	})
}

// Caps returns that the store is Durable, and belongs to one process.
func (*Store) Caps() store.Caps {
	return store.Caps{Durable: true, Tombstones: store.Forever, MaxValue: maxValue}
}

// Own takes the store for one Manager. See [store.Exclusive].
func (s *Store) Own() (release func(), err error) {
	release, ok := s.owner.Take()
	if !ok {
		return nil, store.ErrOwned
	}
	return release, nil
}

// Close waits for the transaction under way, makes the writes that wait for it, and
// lets go of the file. See [store.Store].
func (s *Store) Close() error {
	s.feed.Close()
	s.writer.close()
	return s.db.Close()
}
