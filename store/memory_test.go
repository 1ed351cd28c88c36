package store_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/store"
)

func TestSharedMemoryBelongsToNobody(t *testing.T) {
	var s store.Store = store.NewSharedMemory()
	if _, ok := s.(store.Exclusive); ok {
		t.Error("a shared store can be owned")
	}
	if !s.Caps().Shared || store.NewMemory().Caps().Shared {
		t.Error("Caps do not tell the two memories apart")
	}
}

func TestMemoryForgetsAnOperationThatWasOverwritten(t *testing.T) {
	m := store.NewMemory()
	op := newOp()
	rev, err := m.Swap(t.Context(), key, 0, alive(1), false, op)
	if err != nil {
		t.Fatal(err)
	}
	swaps(t, m, key, rev, alive(2), false)
	_, err = m.Swap(t.Context(), key, 0, alive(1), false, op)
	fails(t, store.ErrConflict, err)
}

func TestSlowWatcherGetsOneChangeAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := store.NewMemory()
		w := watches(t, m)
		rev := swaps(t, m, "first", 0, alive(1), false)
		synctest.Wait() // it is now told of that, and nobody listens
		for n := range uint64(100) {
			rev = swaps(t, m, "first", rev, alive(n+1), false)
		}
		swaps(t, m, "second", 0, alive(1), false)
		var got []string
		for range 3 {
			got = append(got, w.next().Entry.String())
		}
		n := len(alive(1))
		want := []string{
			fmt.Sprintf(`entry key="first" rev=1 gone=false value=%d bytes`, n),
			fmt.Sprintf(`entry key="first" rev=101 gone=false value=%d bytes`, len(alive(100))),
			fmt.Sprintf(`entry key="second" rev=1 gone=false value=%d bytes`, n),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		w.stop()
	})
}

func TestKeysHaveOneOrder(t *testing.T) {
	order := func() (keys []string) {
		m := store.NewMemory()
		for n := range 1000 {
			swaps(t, m, fmt.Sprint(n), 0, alive(1), false)
		}
		for k, err := range m.Keys(t.Context(), time.Time{}) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, k)
		}
		return keys
	}
	first := order()
	if len(first) != 1000 {
		t.Errorf("%d keys are listed", len(first))
	}
	if diff := cmp.Diff(first, order()); diff != "" {
		t.Errorf("another store lists in another order:\n%s", diff)
	}
}
