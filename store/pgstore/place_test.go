package pgstore_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
	"github.com/holdfast-go/holdfast/store/storetest"
)

// address is where the server of the tests is expected, with the user postgres and
// without a password.
const address = "127.0.0.1:5432"

func at(address string) string {
	return "postgres://postgres@" + address + "/postgres?sslmode=disable"
}

// needsServer skips a test where there is no server, unless the environment wants one.
func needsServer(t *testing.T) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		_ = conn.Close()
		return
	}
	if os.Getenv("HOLDFAST_NEED_SERVERS") != "" {
		t.Fatalf("HOLDFAST_NEED_SERVERS is set, and there is no PostgreSQL: %v", err)
	}
	t.Skipf("left out, as everything that needs PostgreSQL on %s: %v", address, err)
}

// newSchema returns the name of a schema that is not there, and is not after the test.
func newSchema(t *testing.T) string {
	t.Helper()
	needsServer(t)
	name := "test_" + strings.ToLower(rand.Text())
	t.Cleanup(func() { does(t, `DROP SCHEMA IF EXISTS `+name+` CASCADE`) })
	return name
}

// newTables returns the name of a schema with the tables of a store.
func newTables(t *testing.T) string {
	t.Helper()
	name := newSchema(t)
	if err := pgstore.Migrate(t.Context(), at(address), pgstore.Options{Schema: name}); err != nil {
		t.Fatal(err)
	}
	return name
}

// connects returns a connection of the test's own.
func connects(t *testing.T) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(context.Background(), at(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	return db
}

// does runs statements, the last one's first column and row being the result.
func does(t *testing.T, sql string) (result string) {
	t.Helper()
	db := connects(t)
	all, err := db.PgConn().Exec(context.Background(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if last := all[len(all)-1]; len(last.Rows) > 0 {
		result = string(last.Rows[0][0])
	}
	return result
}

// opens opens a store that is there until the end of the test.
func opens(t *testing.T, address string, o pgstore.Options) *pgstore.Store {
	t.Helper()
	s, err := pgstore.Open(t.Context(), at(address), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// opensOverALine opens a store that reaches its server over a line.
func opensOverALine(t *testing.T, o pgstore.Options) (*pgstore.Store, *storetest.Line) {
	t.Helper()
	line := storetest.NewLine(t, address)
	return opens(t, line.Address(), o), line
}

var lastOp byte

func newOp() store.OpID {
	lastOp++
	return store.OpID{lastOp}
}

// swaps writes a record, which must succeed.
func swaps(t *testing.T, s store.Store, key string, prev store.Rev) store.Rev {
	t.Helper()
	rev, err := s.Swap(t.Context(), key, prev, fmt.Append(nil, "after ", prev), false, newOp())
	if err != nil {
		t.Fatalf("Swap of %q on %d: %v", key, prev, err)
	}
	return rev
}
