package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
)

// watched is a Watch that is under way.
type watched struct {
	t       *testing.T
	changes chan store.Change
}

// watches begins a Watch, which ends with the test, and returns when it has said Synced.
func watches(t *testing.T, s store.Store) *watched {
	t.Helper()
	w := &watched{t: t, changes: make(chan store.Change)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- s.Watch(ctx, func(c store.Change) {
			select {
			case w.changes <- c:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch: %v", err)
		}
	})
	if c := w.next(); c.Kind != store.Synced {
		t.Fatalf("the first change is %v", c)
	}
	return w
}

func (w *watched) next() store.Change {
	w.t.Helper()
	select {
	case c := <-w.changes:
		return c
	case <-time.After(10 * time.Second):
		w.t.Fatal("nothing came for ten seconds")
	}
	panic("BUG: Fatal returned")
}

// sees reads changes until key is at rev.
func (w *watched) sees(key string, rev store.Rev) {
	w.t.Helper()
	for {
		c := w.next()
		if c.Kind != store.Changed {
			w.t.Fatalf("change is %v", c)
		}
		if c.Entry.Key == key && c.Entry.Rev == rev {
			return
		}
	}
}

// seesAll reads changes until each key is at its revision.
func (w *watched) seesAll(left map[string]store.Rev) {
	w.t.Helper()
	for len(left) > 0 {
		if c := w.next(); left[c.Entry.Key] == c.Entry.Rev {
			delete(left, c.Entry.Key)
		}
	}
}

// Transactions are numbered when they begin to write, and are seen when they commit.
func TestTransactionThatCommitsLateIsNotMissed(t *testing.T) {
	schema := newTables(t)
	s := opens(t, address, pgstore.Options{Schema: schema})
	late := connects(t)
	does := func(sql string) {
		t.Helper()
		if _, err := late.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	write := func(key string) string {
		return fmt.Sprintf(`INSERT INTO %s.sessions VALUES ('%s', 1, NULL, false, '', pg_current_xact_id())`, schema, key)
	}
	does("BEGIN")
	does(write("before")) // the watch begins
	w := watches(t, s)
	w.sees("early", swaps(t, s, "early", 0))
	does("NOTIFY " + schema)
	does("COMMIT")
	w.sees("before", 1)

	does("BEGIN")
	does(write("amid")) // others write
	for n := range 3 {
		key := fmt.Sprint("early ", n)
		w.sees(key, swaps(t, s, key, 0))
	}
	does("NOTIFY " + schema)
	does("COMMIT")
	w.sees("amid", 1)
}

// As long as another transaction is under way, what came behind it is told once all the
// same.
func TestLongTransactionDoesNotRepeatChanges(t *testing.T) {
	s := opens(t, address, pgstore.Options{Schema: newTables(t)})
	long := connects(t)
	if _, err := long.Exec(t.Context(), `BEGIN; SELECT pg_current_xact_id()`); err != nil {
		t.Fatal(err)
	}
	w := watches(t, s)
	for n := range 10 {
		key := fmt.Sprint(n)
		rev := swaps(t, s, key, 0)
		if c := w.next(); c.Entry.Key != key || c.Entry.Rev != rev {
			t.Fatalf("change %d is %v", n, c)
		}
	}
}

func TestSwapNotifies(t *testing.T) {
	schema := newTables(t)
	s := opens(t, address, pgstore.Options{Schema: schema})
	listener := connects(t)
	if _, err := listener.Exec(t.Context(), `LISTEN `+schema); err != nil {
		t.Fatal(err)
	}
	swaps(t, s, "k", 0)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if n, err := listener.WaitForNotification(ctx); err != nil || n.Payload != "" {
		t.Errorf("notified %v, %v", n, err)
	}
}
