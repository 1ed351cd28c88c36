package store_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/storetest"
)

const key = "tenant-42"

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestMemoryKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Place { return over(store.NewMemory()) })
}

func TestSharedMemoryKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Place { return over(store.NewSharedMemory()) })
}

func TestAdaptKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Place { return over(shelf()) })
}

// over is the place of a store in memory: the store itself.
func over(s store.Store) storetest.Place {
	return storetest.Place{Open: func() (store.Store, error) { return s, nil }}
}

// alive is the value of a record with the n-th token.
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

func tombstone() []byte {
	return record.Encode(messages.Record{Grant: 1, Generation: 1, Status: messages.Gone, Written: noon})
}

var lastOp atomic.Uint64

func newOp() (op store.OpID) {
	binary.BigEndian.PutUint64(op[:], lastOp.Add(1))
	return op
}

// swaps writes under a new operation and expects that to succeed.
func swaps(t *testing.T, s store.Store, key string, prev store.Rev, value []byte, gone bool) store.Rev {
	t.Helper()
	rev, err := s.Swap(t.Context(), key, prev, value, gone, newOp())
	if err != nil {
		t.Fatalf("Swap on revision %d: %v", prev, err)
	}
	return rev
}

func loads(t *testing.T, s store.Store, key string, min store.Rev) store.Entry {
	t.Helper()
	e, err := s.Load(t.Context(), key, min)
	if err != nil {
		t.Fatalf("Load with min %d: %v", min, err)
	}
	return e
}

func fails(t *testing.T, want, err error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

// same compares entries field by field: an Entry prints no value, so cmp would not
// show where two differ.
func same(t *testing.T, want, got store.Entry) {
	t.Helper()
	type fields store.Entry
	if diff := cmp.Diff(fields(want), fields(got)); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
}
