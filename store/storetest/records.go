package storetest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// key is the one that matters, where one is enough.
const key = "tenant-42"

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// alive is the value of a record with the n-th token. Values are records because a
// store may take no others.
func alive(n uint64) []byte {
	return record.Encode(messages.Record{
		Grant:      1,
		Generation: n,
		Token: messages.Token{
			Access:  messages.Secret(fmt.Sprintf("at-%d", n)),
			Refresh: messages.Secret(fmt.Sprintf("rt-%d", n)),
			Issued:  noon,
			Expiry:  noon.Add(time.Hour),
		},
		Written: noon,
	})
}

// ending is the value of a record whose refresh token ends then; zero: nobody knows.
func ending(at time.Time) []byte {
	return record.Encode(messages.Record{Grant: 1, Generation: 1, Token: messages.Token{
		Access: "at", Refresh: "rt", Issued: noon, Expiry: noon.Add(time.Hour), RefreshExpiry: at,
	}})
}

func tombstone() []byte {
	return record.Encode(messages.Record{Grant: 1, Generation: 1, Status: messages.Gone, Written: noon})
}

var lastOp atomic.Uint64

// newOp names a write as no other of this process is named.
func newOp() (op store.OpID) {
	binary.BigEndian.PutUint64(op[:], lastOp.Add(1))
	return op
}

// write is the arguments of a Swap.
type write struct {
	key   string
	prev  store.Rev
	value []byte
	gone  bool
	op    store.OpID
}

func (w write) send(ctx context.Context, s store.Store) (store.Rev, error) {
	return s.Swap(ctx, w.key, w.prev, w.value, w.gone, w.op)
}

// swaps writes under a new operation, which must succeed.
func (t *trial) swaps(s store.Store, key string, prev store.Rev, value []byte, gone bool) store.Rev {
	t.Helper()
	return t.lands(s, write{key, prev, value, gone, newOp()})
}

// lands sends a write, which must succeed.
func (t *trial) lands(s store.Store, w write) store.Rev {
	t.Helper()
	rev, err := w.send(t.Context(), s)
	if err != nil {
		t.Fatalf("Swap of %q on revision %d: %v", w.key, w.prev, err)
	}
	return rev
}

// conflicts sends a write, which must be told that it has not landed.
func (t *trial) conflicts(s store.Store, w write) {
	t.Helper()
	rev, err := w.send(t.Context(), s)
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("Swap of %q on revision %d returns %d, %v; want %v", w.key, w.prev, rev, err, store.ErrConflict)
	}
}

// loads reads a record, which must be there.
func (t *trial) loads(s store.Store, key string, min store.Rev) store.Entry {
	t.Helper()
	e, err := s.Load(t.Context(), key, min)
	if err != nil {
		t.Fatalf("Load of %q with min %d: %v", key, min, err)
	}
	return e
}

// fails checks which error something has returned.
func (t *trial) fails(want, err error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// same compares entries field by field: an Entry prints no value, so cmp would not
// show where two differ.
func (t *trial) same(want, got store.Entry) {
	t.Helper()
	type fields store.Entry
	if diff := cmp.Diff(fields(want), fields(got)); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}
