package pgstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
	"github.com/holdfast-go/holdfast/store/storetest"
)

// The answer is lost between the server and the store.
func TestWriteWhoseAnswerIsLostIsOpen(t *testing.T) {
	o := pgstore.Options{Schema: newTables(t)}
	s, line := opensOverALine(t, o)
	mended, written := make(chan func(), 1), make(chan struct{})
	value := []byte("the value that is sent")
	var sent, came sync.Once
	line.OnSent(func(b []byte) {
		if bytes.Contains(b, value) {
			sent.Do(func() { mended <- line.Cut() })
		}
	})
	line.OnHeld(func(b []byte) {
		if bytes.Contains(b, []byte("SELECT 1")) {
			came.Do(func() { close(written) })
		}
	})
	ctx, leave := context.WithCancel(t.Context())
	op := newOp()
	answer := make(chan error, 1)
	go func() {
		_, err := s.Swap(ctx, "k", 0, value, false, op)
		answer <- err
	}()
	<-written
	leave()
	if err := <-answer; !errors.Is(err, store.ErrUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("Swap: %v", err)
	}
	(<-mended)()
	if rev, err := s.Swap(t.Context(), "k", 0, value, false, op); err != nil || rev != 1 {
		t.Errorf("sent again: revision %d, %v", rev, err)
	}
}

// A write is sent again while its first send has been made and is not committed.
func TestOperationDoesNotConflictWithItself(t *testing.T) {
	schema := newTables(t)
	s, line := opensOverALine(t, pgstore.Options{Schema: schema})
	sent := make(chan struct{})
	var once sync.Once
	line.OnSent(func(b []byte) {
		if bytes.Contains(b, []byte("again")) {
			once.Do(func() { close(sent) })
		}
	})
	swaps(t, s, "k", 0)
	op := newOp()
	first := connects(t)
	does := func(sql string) {
		if _, err := first.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	does("BEGIN")
	does(fmt.Sprintf(`UPDATE %s.sessions SET rev = 2, op = '\x%x', xid = pg_current_xact_id()`, schema, op))
	var rev store.Rev
	var err error
	var again sync.WaitGroup
	again.Go(func() { rev, err = s.Swap(t.Context(), "k", 1, []byte("again"), false, op) })
	<-sent
	does("COMMIT")
	again.Wait()
	if err != nil || rev != 2 {
		t.Errorf("sent again: revision %d, %v", rev, err)
	}
}

func TestWriteThatTheServerRefusesIsNotOpen(t *testing.T) {
	schema := newTables(t)
	s := opens(t, address, pgstore.Options{Schema: schema})
	does(t, `ALTER TABLE `+schema+`.sessions ADD CHECK (value <> 'secret')`)
	_, err := s.Swap(t.Context(), "k", 0, []byte("secret"), false, newOp())
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Swap: %v", err)
	}
	if said := new(pgconn.PgError); errors.As(err, &said) {
		t.Errorf("the error has the row in its details: %s", said.Detail)
	}
	if text := fmt.Sprintf("%+v", err); strings.Contains(text, "secret") || strings.Contains(text, "736563726574") {
		t.Errorf("the error shows the value: %s", text)
	}
}

func TestKeyThatAnIndexCannotHoldIsTooLong(t *testing.T) {
	s := opens(t, address, pgstore.Options{Schema: newTables(t)})
	longest := make([]byte, 2000)
	for i := range longest { // which does not compress
		longest[i] = byte(i * i * 31 >> 3)
	}
	swaps(t, s, string(longest), 0)
	if _, err := s.Swap(t.Context(), string(longest)+"k", 0, nil, false, newOp()); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("Swap: %v", err)
	}
}

// A pooler gives a client another connection for each transaction.
func TestPooledStoreKeepsNothingInAConnection(t *testing.T) {
	o := pgstore.Options{Schema: newTables(t), Pooled: true}
	line := storetest.NewLine(t, address)
	line.OnSent(func(b []byte) {
		// A simple query, the end, or what begins a connection; of those that keep
		// something in it, none.
		if len(b) > 0 && !strings.ContainsRune("QX\x00", rune(b[0])) || bytes.Contains(b, []byte("LISTEN")) {
			t.Errorf("the store sends %q", b)
		}
	})
	s := opens(t, line.Address(), o)
	w := watches(t, s)
	rev := swaps(t, s, "k", swaps(t, s, "k", 0))
	w.sees("k", rev)
	for k, err := range s.Keys(t.Context(), time.Time{}) {
		if k != "k" || err != nil {
			t.Errorf("listed %q, %v", k, err)
		}
	}
}
