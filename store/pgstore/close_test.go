package pgstore_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
)

// A call without a deadline waits for a server that has fallen silent.
func TestCloseCutsOffWhoWaitsForASilentServer(t *testing.T) {
	s, line := opensOverALine(t, pgstore.Options{Schema: newTables(t)})
	cut := make(chan func(), 1)
	var once sync.Once
	line.OnSent(func(b []byte) {
		if bytes.Contains(b, []byte("never answered")) {
			once.Do(func() { cut <- line.Cut() })
		}
	})
	answer := make(chan error, 1)
	go func() {
		_, err := s.Swap(t.Context(), "k", 0, []byte("never answered"), false, newOp())
		answer <- err
	}()
	mend := <-cut
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-answer:
		if !errors.Is(err, store.ErrUnknown) {
			t.Errorf("Swap: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Swap still waits")
	}
	mend()
	if err := <-closed; err != nil {
		t.Errorf("Close: %v", err)
	}
}
