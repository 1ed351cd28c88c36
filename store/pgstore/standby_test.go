package pgstore_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
)

func TestStandbyThatTakesOverHasAllThatWasAcknowledged(t *testing.T) {
	primary := newPrimary(t)
	standby := primary.newStandby()
	both := at(primary.address()+","+standby.address()) + "&target_session_attrs=read-write"
	if err := pgstore.Migrate(t.Context(), both, pgstore.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := pgstore.Open(t.Context(), at(standby.address()), pgstore.Options{}); !errors.Is(err, store.ErrUnavailable) ||
		!strings.Contains(err.Error(), "target_session_attrs=read-write") {
		t.Errorf("Open of a standby: %v", err)
	}
	s, err := pgstore.Open(t.Context(), both, pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if !s.Caps().Failover {
		t.Error("a store whose server waits for a standby has no Failover")
	}
	w := watches(t, s)
	writers := make([]writer, 8)
	var writing, begun sync.WaitGroup
	for i := range writers {
		writers[i] = writer{t: t, store: s, key: fmt.Sprint("k", i)}
		begun.Add(1)
		writing.Go(func() { writers[i].writesUntilItFails(begun.Done) })
	}
	begun.Wait()
	primary.dies()
	writing.Wait()
	standby.takesOver()
	left := map[string]store.Rev{}
	for i := range writers {
		writers[i].sendsAgain()
		left[writers[i].key] = writers[i].acknowledged
	}
	w.seesAll(left)
}

// writer writes one record again and again.
type writer struct {
	t            *testing.T
	store        store.Store
	key          string
	acknowledged store.Rev  // the last one
	open         store.OpID // the write behind it, which may have landed
}

// writesUntilItFails calls begun when a hundred writes were acknowledged.
func (w *writer) writesUntilItFails(begun func()) {
	for n := 1; ; n++ {
		w.open = store.OpID{w.key[1], byte(n), byte(n >> 8)}
		rev, err := w.store.Swap(w.t.Context(), w.key, w.acknowledged, []byte("value"), false, w.open)
		if err != nil {
			if n <= 100 {
				w.t.Errorf("write %d of %s: %v", n, w.key, err)
				begun()
			}
			return
		}
		w.acknowledged = rev
		if n == 100 {
			begun()
		}
	}
}

// sendsAgain sends the open write until it is answered: each connection of the pool may
// be one to the server that has died.
func (w *writer) sendsAgain() {
	for range 20 {
		rev, err := w.store.Swap(w.t.Context(), w.key, w.acknowledged, []byte("value"), false, w.open)
		switch {
		case errors.Is(err, store.ErrUnknown), errors.Is(err, store.ErrUnavailable):
			continue
		case err != nil, rev != w.acknowledged+1:
			w.t.Errorf("%s was acknowledged at revision %d, and the write behind it is answered with %d, %v", w.key, w.acknowledged, rev, err)
		}
		w.acknowledged = rev
		return
	}
	w.t.Errorf("nobody answers the write of %s", w.key)
}
