package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"

	"go.etcd.io/bbolt"

	"github.com/holdfast-go/holdfast/store"
)

// opens opens a store, and returns a writer for its file that only the test drives.
func opens(t *testing.T) (*Store, *writer) {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "sessions.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, &writer{db: s.db, feed: s.feed, wake: make(chan struct{}, 1)}
}

func first(key string) *write { return newWrite(key, 0, []byte(key), false, store.OpID{1}) }

func TestWriteWhoseCallerLeavesIsOpenOnlyOnceItHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &writer{wake: make(chan struct{}, 1)}
		ctx, leave := context.WithCancel(t.Context())
		begun, waits := make(chan error, 1), make(chan error, 1)
		go func() { _, err := w.write(ctx, first("begun")); begun <- err }()
		synctest.Wait()
		if batch, _ := w.take(); len(batch) != 1 {
			t.Fatalf("%d writes are to be made", len(batch))
		}
		go func() { _, err := w.write(ctx, first("waits")); waits <- err }()
		synctest.Wait()
		leave()
		if err := <-begun; !errors.Is(err, store.ErrUnknown) || !errors.Is(err, context.Canceled) {
			t.Errorf("the write that was begun: %v", err)
		}
		if err := <-waits; !errors.Is(err, store.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("the write that was not: %v", err)
		}
		if batch, _ := w.take(); len(batch) != 0 {
			t.Error("it is made all the same")
		}
	})
}

func TestWritesThatWaitAreOneTransaction(t *testing.T) {
	s, w := opens(t)
	before := lastTransaction(t, s)
	var sent []*write
	for n := range 100 {
		sent = append(sent, first(fmt.Sprint(n%99))) // two are one, sent twice
		w.add(sent[n])
	}
	batch, _ := w.take()
	w.make(batch)
	for _, one := range sent {
		if v := <-one.told; v.err != nil || v.rev != 1 {
			t.Fatalf("%q: revision %d, %v", one.key, v.rev, v.err)
		}
	}
	if n := lastTransaction(t, s) - before; n != 1 {
		t.Errorf("100 writes were %d transactions", n)
	}
}

func lastTransaction(t *testing.T, s *Store) (id int) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestCloseMakesTheWritesThatWait(t *testing.T) {
	s, w := opens(t)
	w.done = make(chan struct{})
	one := first("k")
	w.add(one)
	go w.run()
	w.close()
	select {
	case v := <-one.told:
		if v.err != nil {
			t.Errorf("the write that waited: %v", v.err)
		}
	default:
		t.Error("it is not made")
	}
	if w.add(first("late")) {
		t.Error("a write comes after Close")
	}
	if _, err := s.Load(t.Context(), "k", 1); err != nil {
		t.Errorf("Load: %v", err)
	}
}

func TestWriteOfATransactionThatFailsIsOpen(t *testing.T) {
	s, _ := opens(t)
	s.db.MaxSize = 1 // the disk is full
	_, err := s.Swap(t.Context(), "k", 0, bytes.Repeat([]byte("v"), maxValue), false, store.OpID{1})
	if !errors.Is(err, store.ErrUnknown) {
		t.Errorf("Swap: %v", err)
	}
	_, err = s.Swap(t.Context(), "k", 7, []byte("v"), false, store.OpID{2})
	if !errors.Is(err, store.ErrConflict) {
		t.Errorf("Swap of another revision in a transaction of its own: %v", err)
	}
	s.db.MaxSize = 0
	rev, err := s.Swap(t.Context(), "k", 0, []byte("v"), false, store.OpID{1})
	if err != nil || rev != 1 {
		t.Errorf("sent again: revision %d, %v", rev, err)
	}
}
