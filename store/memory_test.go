package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	keepsTheContract(t, func() store.Store { return store.NewMemory() })
}

func TestSharedMemoryKeepsTheContract(t *testing.T) {
	keepsTheContract(t, func() store.Store { return store.NewSharedMemory() })
}

func TestMemoryBelongsToOneManagerAtATime(t *testing.T) {
	m := store.NewMemory()
	release, err := m.Own()
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Own()
	fails(t, store.ErrOwned, err)
	release()
	if _, err = m.Own(); err != nil {
		t.Errorf("Own after release: %v", err)
	}
	release() // of the first owner: it must not free the second one's
	_, err = m.Own()
	fails(t, store.ErrOwned, err)
}

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

func TestMissingRecordIsNeverRecentEnough(t *testing.T) {
	_, err := store.NewMemory().Load(t.Context(), key, 1)
	fails(t, store.ErrUnavailable, err)
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

// ending is the value of a record whose refresh token ends at that time.
func ending(at time.Time) []byte {
	return record.Encode(messages.Record{Token: messages.Token{Refresh: "rt", RefreshExpiry: at}})
}

func listed(t *testing.T, l store.Lister, due time.Time) []string {
	t.Helper()
	var keys []string
	for k, err := range l.Keys(t.Context(), due) {
		if err != nil {
			t.Fatalf("Keys at %q: %v", k, err)
		}
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func TestKeysListsWhatIsLiveAndDue(t *testing.T) {
	m := store.NewSharedMemory()
	for k, value := range map[string][]byte{
		"soon":    ending(noon.Add(time.Hour)),
		"now":     ending(noon),
		"unknown": ending(time.Time{}),
	} {
		swaps(t, m, k, 0, value, false)
	}
	swaps(t, m, "revoked", swaps(t, m, "revoked", 0, ending(noon), false), tombstone(), true)

	for _, test := range []struct {
		due  time.Time
		want []string
	}{
		{time.Time{}, []string{"now", "soon", "unknown"}},
		{noon.Add(-1), nil},
		{noon, []string{"now"}},
		{noon.Add(time.Hour), []string{"now", "soon"}},
	} {
		if diff := cmp.Diff(test.want, listed(t, m, test.due)); diff != "" {
			t.Errorf("due %v (-want +got):\n%s", test.due, diff)
		}
	}
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

func TestKeysGoesOnAfterAForeignRecord(t *testing.T) {
	m := store.NewMemory()
	swaps(t, m, "due", 0, ending(noon), false)
	swaps(t, m, "foreign", 0, []byte("sealed"), false)
	got := map[string]error{}
	for k, err := range m.Keys(t.Context(), noon) {
		got[k] = err
	}
	if want := []string{"due", "foreign"}; !slices.Equal(want, slices.Sorted(maps.Keys(got))) {
		t.Errorf("listed %v, want %v", got, want)
	}
	fails(t, store.ErrForeign, got["foreign"])
	if got["due"] != nil {
		t.Errorf("error of the other is %v", got["due"])
	}
}

func TestKeysEndsWithContextLoopAndStore(t *testing.T) {
	m := store.NewMemory()
	for n := range 100 {
		swaps(t, m, fmt.Sprint(n), 0, alive(1), false)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	n := 0
	for _, err := range m.Keys(ctx, time.Time{}) {
		n, last = n+1, err
		cancel()
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("after cancel the list had %d keys and ended with %v", n, last)
	}
	for k, err := range m.Keys(t.Context(), time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		swaps(t, m, k, 1, alive(2), false) // the loop may call the store
		break
	}
	_ = m.Close()
	for k, err := range m.Keys(t.Context(), time.Time{}) {
		fails(t, store.ErrClosed, err)
		if k != "" {
			t.Errorf("a closed store lists %q", k)
		}
	}
}
