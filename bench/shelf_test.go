package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// eachPlace tests what is true of every shelf. It leaves out those whose server does not
// run, unless the environment wants them.
func eachPlace(t *testing.T, test func(t *testing.T, one *stand)) {
	for _, s := range shelves() {
		t.Run(s.name, func(t *testing.T) {
			one := &stand{shelf: s}
			err := stands{one}.open(t.Context(), settings{}, func(*stand) error { return nil })
			t.Cleanup(func() {
				if err := (stands{one}).close(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
			switch {
			case err != nil:
				t.Fatal(err)
			case one.reason != "" && os.Getenv("HOLDFAST_NEED_SERVERS") != "":
				t.Fatalf("HOLDFAST_NEED_SERVERS is 1, and %s", one.reason)
			case one.reason != "":
				t.Skip("left out: " + one.reason)
			}
			test(t, one)
		})
	}
}

// Whoever wrote without looking would be measured doing another work.
func TestStoresAndClientsWriteOnlyOverWhatTheyHaveSeen(t *testing.T) {
	eachPlace(t, func(t *testing.T, one *stand) {
		kept, err := one.newStore(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		byHand, err := one.newClient(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]client{one.name: keeping{kept}, one.hand: byHand}
		if one.tells != "" {
			all[one.tells] = aloud{byHand}
		}
		for name, c := range all {
			first, second := newRecord(), newRecord()
			begun, err := c.swap(t.Context(), "alice", 0, first)
			if err != nil {
				t.Fatalf("%s: the first write: %v", name, err)
			}
			if _, err := c.swap(t.Context(), "alice", begun, second); err != nil {
				t.Fatalf("%s: the second write: %v", name, err)
			}
			for _, prev := range []uint64{0, begun} {
				if _, err := c.swap(t.Context(), "alice", prev, first); err == nil {
					t.Errorf("%s: a write over revision %d, which is not the current one, is made", name, prev)
				}
			}
			if got, err := c.load(t.Context(), "alice"); err != nil || !bytes.Equal(got, second) {
				t.Errorf("%s: %d bytes that are not those of the last write, %v", name, len(got), err)
			}
		}
	})
}

func TestAServerThatDoesNotRunIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := settings{quick: true, redis: "redis://user:secret@" + nobody, postgres: "postgres://user:secret@" + nobody + "/db"}
	o, err := storing(s, 1).run(t.Context(), "stores", 1, quiet)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range o.table() {
		if len(row) == 2 {
			got = append(got, strings.Join(row, " "))
		}
	}
	want := []string{
		"pgstore cannot: no PostgreSQL answers at " + nobody,
		postgresShelf().hand + " cannot: no PostgreSQL answers at " + nobody,
		postgresShelf().tells + " cannot: no PostgreSQL answers at " + nobody,
		"redisstore cannot: no Redis answers at " + nobody,
		redisShelf().hand + " cannot: no Redis answers at " + nobody,
		redisShelf().tells + " cannot: no Redis answers at " + nobody,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who cannot (-want +got):\n%s", diff)
	}
	if _, ok := o.figure(memoryStore, "Swap"); !ok {
		t.Error("who can has no figure")
	}
}

func TestAURLThatCannotBeReadIsNotQuoted(t *testing.T) {
	s := settings{redis: "redis://user:secret@:x", postgres: "postgres://user:secret@:x"}
	for _, one := range []shelf{redisShelf(), postgresShelf()} {
		_, err := one.open(t.Context(), s)
		var absent absence
		if !errors.As(err, &absent) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", one.name, err)
		}
	}
}
