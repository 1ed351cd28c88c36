package pgstore_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/pgstore"
)

// refused expects an error of a kind that has these words.
func refused(t *testing.T, err, want error, words string) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(fmt.Sprint(err), words) {
		t.Errorf("error is %v; want %v, and the words %q", err, want, words)
	}
}

func TestTablesThatAreNotOursAreLeftAsTheyAre(t *testing.T) {
	for name, test := range map[string]struct {
		sql      string // what is there; %s is the schema
		open     error
		words    string
		migrates bool
	}{
		"nothing":           {"SELECT", store.ErrUnavailable, "run pgstore.Migrate", true},
		"an empty schema":   {"CREATE SCHEMA %s", store.ErrUnavailable, "run pgstore.Migrate", true},
		"another program's": {"CREATE SCHEMA %[1]s; CREATE TABLE %[1]s.users (n integer)", store.ErrUnavailable, "run pgstore.Migrate", false},
		"of the same names": {
			"CREATE SCHEMA %[1]s; CREATE TABLE %[1]s.format (n integer); CREATE TABLE %[1]s.sessions (n integer)",
			store.ErrForeign, "give another schema", false,
		},
		"almost of the same": {
			"CREATE SCHEMA %[1]s; CREATE TABLE %[1]s.format (version text); INSERT INTO %[1]s.format VALUES ('x'); CREATE TABLE %[1]s.sessions (n integer)",
			store.ErrForeign, "give another schema", false,
		},
		"a newer version's": {
			"CREATE SCHEMA %[1]s; CREATE TABLE %[1]s.format AS SELECT 7 AS version; CREATE TABLE %[1]s.sessions (n integer)",
			store.ErrForeign, "its format is 7 and this program knows 1", false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := pgstore.Options{Schema: newSchema(t)}
			if strings.Contains(test.sql, "%") {
				does(t, fmt.Sprintf(test.sql, o.Schema))
			}
			was := columns(t, o.Schema)
			_, err := pgstore.Open(t.Context(), at(address), o)
			refused(t, err, test.open, test.words)
			if now := columns(t, o.Schema); now != was {
				t.Errorf("Open made %q of %q", now, was)
			}
			err = pgstore.Migrate(t.Context(), at(address), o)
			if test.migrates {
				if err != nil {
					t.Errorf("Migrate: %v", err)
				}
				opens(t, address, o)
				return
			}
			refused(t, err, store.ErrForeign, "")
			if now := columns(t, o.Schema); now != was {
				t.Errorf("Migrate made %q of %q", now, was)
			}
		})
	}
}

// columns lists what the tables of a schema are made of.
func columns(t *testing.T, schema string) string {
	t.Helper()
	return does(t, `SELECT coalesce(string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name, column_name), '')
		FROM information_schema.columns WHERE table_schema = '`+schema+`'`)
}

func TestOlderTablesAreRefused(t *testing.T) {
	o := pgstore.Options{Schema: newTables(t)}
	does(t, `UPDATE `+o.Schema+`.format SET version = 0`)
	_, err := pgstore.Open(t.Context(), at(address), o)
	refused(t, err, store.ErrForeign, "its format is 0 and this program writes 1; run pgstore.Migrate")
}

func TestProgramsMigrateAtOnce(t *testing.T) {
	o := pgstore.Options{Schema: newSchema(t)}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := pgstore.Migrate(t.Context(), at(address), o); err != nil {
				t.Errorf("Migrate: %v", err)
			}
		})
	}
	all.Wait()
	swaps(t, opens(t, address, o), "k", 0)
	if err := pgstore.Migrate(t.Context(), at(address), pgstore.Options{Schema: o.Schema, Pooled: true}); err != nil {
		t.Errorf("Migrate of what is there: %v", err)
	}
	if n := does(t, `SELECT count(*) FROM `+o.Schema+`.sessions`); n != "1" {
		t.Errorf("%s rows are left", n)
	}
}

func TestServerThatCannotBeUsedIsRefused(t *testing.T) {
	o := pgstore.Options{Schema: newTables(t)}
	for name, test := range map[string]struct{ conn, words string }{
		"no such user":     {strings.Replace(at(address), "postgres@", "nobody_here:hunter2@", 1), "give a user that may log in"},
		"no such database": {strings.Replace(at(address), "/postgres?", "/not_there?", 1), "make the database"},
		"no rights":        {at(address) + "&options=-c%20role%3Dpg_monitor", "grant the user"},
		"no sync":          {at(address) + "&options=-c%20synchronous_commit%3Doff", "AcceptUnsynced"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pgstore.Open(t.Context(), test.conn, o)
			refused(t, err, store.ErrUnavailable, test.words)
			if strings.Contains(fmt.Sprint(err), "hunter2") {
				t.Error("the error shows the password")
			}
		})
	}
}

func TestUnsyncedServerIsNotDurable(t *testing.T) {
	o := pgstore.Options{Schema: newTables(t), AcceptUnsynced: true}
	s, err := pgstore.Open(t.Context(), at(address)+"&options=-c%20synchronous_commit%3Doff", o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if s.Caps().Durable || !opens(t, address, o).Caps().Durable {
		t.Error("Caps do not tell the two apart")
	}
}

func TestServerThatIsNotThereIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	conn := "postgres://postgres:hunter2@" + l.Addr().String() + "/postgres?sslmode=disable"
	_, err = pgstore.Open(t.Context(), conn, pgstore.Options{})
	refused(t, err, store.ErrUnavailable, "see that the server runs there")
	if strings.Contains(fmt.Sprint(err), "hunter2") {
		t.Errorf("the error shows the password: %v", err)
	}
}

func TestConnectionStringIsNotQuoted(t *testing.T) {
	for _, conn := range []string{
		"postgres://user:hunter2@host:port/database",
		"postgres://user:hunter2%zz@host/database",
		"user=postgres password='hunter2 hunter2' port=x",
		`user=postgres password=hunter2\ hunter2 port=x`,
		"hunter2",
	} {
		for what, err := range map[string]error{
			"Open":    second(pgstore.Open(t.Context(), conn, pgstore.Options{})),
			"Migrate": pgstore.Migrate(t.Context(), conn, pgstore.Options{}),
		} {
			refused(t, err, store.ErrUnavailable, "the connection string cannot be read")
			if strings.Contains(fmt.Sprintf("%+v", err), "hunter2") {
				t.Errorf("the error of %s shows the password: %v", what, err)
			}
		}
	}
}

func second(_ *pgstore.Store, err error) error { return err }
