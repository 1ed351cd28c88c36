package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/store"
)

var optionalRules = []rule{
	{
		name:  "MissingRecordIsNeverRecentEnough",
		says:  "Load answers ErrUnavailable if there is no record and min says that there was one",
		check: missingRecordIsNeverRecentEnough,
		// An adapted store, which is none of these, learns from ErrNotFound that
		// somebody has removed a token.
		asked: func(t *trial) bool { return t.isShared() || t.isDurable() || t.isLister() },
	},
	{
		name:  "RecordsOutliveTheStore",
		says:  "what a Durable store has acknowledged is there when it is opened again, its op and its revision too",
		check: recordsOutliveTheStore,
		asked: (*trial).isDurable,
	},
	{
		name:  "OthersWritesAreSeen",
		says:  "two stores that are Shared read, watch and swap the same records",
		check: othersWritesAreSeen,
		asked: (*trial).isShared,
	},
	{
		name:  "LongestValueIsTaken",
		says:  "a value of Caps.MaxValue is kept, and a longer one answers ErrTooLarge and writes nothing",
		check: longestValueIsTaken,
		asked: func(t *trial) bool { return t.store.Caps().MaxValue > 0 },
	},
	{
		name:  "KeysListsWhatIsLiveAndDue",
		says:  "Keys lists the keys that have no tombstone and whose refresh token ends by due, each once",
		check: keysListsWhatIsLiveAndDue,
		asked: (*trial).isLister,
	},
	{
		name:  "KeysGoesOnAfterAForeignRecord",
		says:  "Keys answers ErrForeign with the key of a record that cannot be read, and goes on",
		check: keysGoesOnAfterAForeignRecord,
		asked: (*trial).isLister,
	},
	{
		name:  "KeysEndsWithLoopContextAndStore",
		says:  "Keys ends with the loop, whose body may call the store, with its context, and with the store",
		check: keysEndsWithLoopContextAndStore,
		asked: (*trial).isLister,
	},
	{
		name:  "StoreBelongsToOneManagerAtATime",
		says:  "a store that is not Shared is Exclusive, and Own answers ErrOwned until release is called",
		check: storeBelongsToOneManagerAtATime,
		asked: func(t *trial) bool { return !t.isShared() },
	},
}

func (t *trial) isShared() bool  { return t.store.Caps().Shared }
func (t *trial) isDurable() bool { return t.store.Caps().Durable }

func (t *trial) isLister() bool {
	_, ok := t.store.(store.Lister)
	return ok
}

func missingRecordIsNeverRecentEnough(t *trial) {
	_, err := t.store.Load(t.Context(), key, 1)
	t.fails(store.ErrUnavailable, err)
}

func recordsOutliveTheStore(t *trial) {
	last := write{key, t.swaps(t.store, key, 0, alive(1), false), alive(2), false, newOp()}
	rev := t.lands(t.store, last)
	grave := t.swaps(t.store, "revoked", t.swaps(t.store, "revoked", 0, alive(1), false), tombstone(), true)
	before := []store.Entry{t.loads(t.store, key, 0), t.loads(t.store, "revoked", 0)}
	t.closes()
	t.store = t.opens()
	t.same(before[0], t.loads(t.store, key, rev))
	t.same(before[1], t.loads(t.store, "revoked", grave))
	if again := t.lands(t.store, last); again != rev {
		t.Errorf("landed as %d, sent again after the store was opened again as %d", rev, again)
	}
	t.conflicts(t.store, write{"revoked", 0, alive(1), false, newOp()})
	if next := t.swaps(t.store, "revoked", grave, alive(1), false); next <= grave {
		t.Errorf("revision %d follows %d", next, grave)
	}
}

func othersWritesAreSeen(t *trial) {
	other := t.opens()
	w := t.watches(other)
	last := write{key, t.swaps(t.store, key, 0, alive(1), false), alive(2), false, newOp()}
	rev := t.lands(t.store, last)
	t.same(t.loads(t.store, key, 0), t.loads(other, key, rev))
	t.same(t.loads(t.store, key, 0), w.sees(key, rev))
	if again := t.lands(other, last); again != rev {
		t.Errorf("landed as %d, sent again by another store as %d", rev, again)
	}
	t.conflicts(other, write{key, 0, alive(3), false, newOp()})
	grave := t.swaps(other, key, rev, tombstone(), true)
	t.conflicts(t.store, write{key, rev, alive(3), false, newOp()})
	t.same(t.loads(other, key, grave), t.loads(t.store, key, grave))
	w.sees(key, grave)
	w.stops()
}

func longestValueIsTaken(t *trial) {
	value := bytes.Repeat([]byte("v"), t.store.Caps().MaxValue)
	rev := t.swaps(t.store, key, 0, value, false)
	if got := t.loads(t.store, key, rev); !bytes.Equal(value, got.Value) {
		t.Errorf("the longest value comes back as %v", got)
	}
	_, err := write{key, rev, append(value, 'v'), false, newOp()}.send(t.Context(), t.store)
	t.fails(store.ErrTooLarge, err)
	if got := t.loads(t.store, key, 0).Rev; got != rev {
		t.Errorf("a value that is too long moved revision %d to %d", rev, got)
	}
}

func keysListsWhatIsLiveAndDue(t *trial) {
	for k, at := range map[string]time.Time{"soon": noon.Add(time.Hour), "now": noon, "unknown": {}} {
		t.swaps(t.store, k, 0, ending(at), false)
	}
	t.swaps(t.store, "revoked", t.swaps(t.store, "revoked", 0, ending(noon), false), tombstone(), true)

	for _, list := range []struct {
		due  time.Time
		want []string
	}{
		{time.Time{}, []string{"now", "soon", "unknown"}},
		{noon.Add(-1), nil},
		{noon, []string{"now"}},
		{noon.Add(time.Hour), []string{"now", "soon"}},
	} {
		if diff := cmp.Diff(list.want, t.listed(list.due)); diff != "" {
			t.Errorf("keys due by %v (-want +got):\n%s", list.due, diff)
		}
	}
}

// listed returns the keys that are due, in order.
func (t *trial) listed(due time.Time) []string {
	t.Helper()
	var keys []string
	for k, err := range t.store.(store.Lister).Keys(t.Context(), due) {
		if err != nil {
			t.Fatalf("Keys at %q: %v", k, err)
		}
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func keysGoesOnAfterAForeignRecord(t *trial) {
	t.swaps(t.store, "a", 0, ending(noon), false)
	t.swaps(t.store, "b", 0, []byte("sealed"), false)
	t.swaps(t.store, "c", 0, ending(noon), false)
	got := map[string]error{}
	for k, err := range t.store.(store.Lister).Keys(t.Context(), noon) {
		got[k] = err
	}
	if got["a"] != nil || got["c"] != nil || len(got) != 3 {
		t.Errorf("listed %v", got)
	}
	t.fails(store.ErrForeign, got["b"])
}

func keysEndsWithLoopContextAndStore(t *trial) {
	lister := t.store.(store.Lister)
	for n := range 3 {
		t.swaps(t.store, fmt.Sprint(n), 0, alive(1), false)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	n := 0
	for _, err := range lister.Keys(ctx, time.Time{}) {
		n, last = n+1, err
		cancel()
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("after cancel the list had %d keys and ended with %v", n, last)
	}
	for k, err := range lister.Keys(t.Context(), time.Time{}) {
		t.fails(nil, err)
		t.swaps(t.store, k, t.loads(t.store, k, 0).Rev, alive(2), false)
		break
	}
	if err := t.store.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	for k, err := range lister.Keys(t.Context(), time.Time{}) {
		t.fails(store.ErrClosed, err)
		if k != "" {
			t.Errorf("a closed store lists %q", k)
		}
	}
}

func storeBelongsToOneManagerAtATime(t *trial) {
	exclusive, ok := t.store.(store.Exclusive)
	if !ok {
		t.Fatalf("it cannot be owned")
	}
	release, err := exclusive.Own()
	t.fails(nil, err)
	_, err = exclusive.Own()
	t.fails(store.ErrOwned, err)
	release()
	_, err = exclusive.Own()
	t.fails(nil, err)
	release() // of the first owner: it must not free the second one's
	_, err = exclusive.Own()
	t.fails(store.ErrOwned, err)
}
