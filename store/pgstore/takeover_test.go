package pgstore

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/rewatch"
	"github.com/holdfast-go/holdfast/store"
)

// A standby that takes over, or a server that starts again, may give numbers of
// transactions a second time that the watch takes for seen.
func TestAnotherServerIsReadWhole(t *testing.T) {
	const conn = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"
	o := Options{Schema: "test_" + strings.ToLower(rand.Text())}
	if err := Migrate(t.Context(), conn, o); err != nil {
		if os.Getenv("HOLDFAST_NEED_SERVERS") != "" {
			t.Fatal(err)
		}
		t.Skipf("left out, as everything that needs PostgreSQL: %v", err)
	}
	s, err := Open(t.Context(), conn, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_, _ = s.pool.Exec(context.Background(), `DROP SCHEMA `+o.Schema+` CASCADE`)
		_ = s.Close()
	}()
	if _, err := s.Swap(t.Context(), "k", 0, nil, false, store.OpID{1}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var told []string
	hears := func(c store.Change) {
		if told = append(told, fmt.Sprint(c.Kind, " ", c.Entry.Key)); c.Kind == store.Synced && len(told) > 1 {
			cancel()
		}
	}
	w := &watch{Watch: rewatch.New(hears), store: s, fn: hears}
	w.Sync()
	if err := s.pool.QueryRow(ctx, s.sql.now).Scan(&w.seen, &w.server); err != nil {
		t.Fatal(err)
	}
	w.server = "the one before"
	_ = w.Run(ctx, s.closed, nil, w.follow)
	if diff := cmp.Diff([]string{"synced ", "gap ", "changed k", "synced "}, told); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}
