package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

// shelf is a kind of store, and the client that a program would keep its records with
// by hand. To measure another store, write its shelf and put it into shelves.
type shelf struct {
	name string // of the store

	// driver is the client, empty where there is none, and module where it comes from. hand
	// names it with how it writes and reads.
	driver, module string
	hand           string

	// tells is how the client's writes are told to others, and alone the reason why those of
	// the store are not; one of them is empty.
	tells, alone string

	// open makes a place, which must be swept. The error is an absence where there is no
	// server.
	open func(context.Context, settings) (place, error)
}

// shelves are all of them, in the order of the tables.
func shelves() []shelf {
	return []shelf{memoryShelf(), boltShelf(), natsShelf(), postgresShelf(), redisShelf()}
}

// told names the client whose writes are told to others; nobody where the store's are not.
func (s shelf) told() []string {
	if s.tells == "" {
		return nil
	}
	return []string{s.tells}
}

// same names the client whose writes do what the store's do.
func (s shelf) same() string { return cmp.Or(s.tells, s.hand) }

const oneProcess = "it belongs to one process"

// place is somewhere to keep records that nobody else has. It is empty when it is made.
type place interface {
	// store opens a store, which has the same records as the others of the place. Its
	// Close is called before sweep.
	store(ctx context.Context) (store.Store, error)

	// client connects a client, which has the same records as the others of the place, and
	// none of a store's.
	client(ctx context.Context) (client, error)

	// sweep removes what is left.
	sweep(ctx context.Context) error
}

// client is a way to write and read records. It is safe for concurrent use.
type client interface {
	// swap writes the record of key if its revision is prev, 0 meaning that there is
	// none, and returns the new revision.
	swap(ctx context.Context, key string, prev uint64, value []byte) (uint64, error)
	load(ctx context.Context, key string) ([]byte, error)
	close() error
}

// teller is a client of which others of its place can hear.
type teller interface {
	// tell is a swap that is told.
	tell(ctx context.Context, key string, prev uint64, value []byte) (uint64, error)

	// hear calls listening when it listens, and from then on heard for whatever is told. It
	// returns nil when ctx is over.
	hear(ctx context.Context, listening, heard func()) error
}

// aloud is a client, which is a teller, all of whose writes are told. Its records are its
// own.
type aloud struct{ client }

func (a aloud) swap(ctx context.Context, key string, prev uint64, value []byte) (uint64, error) {
	return a.client.(teller).tell(ctx, "told."+key, prev, value)
}

func (a aloud) load(ctx context.Context, key string) ([]byte, error) {
	return a.client.load(ctx, "told."+key)
}

// absence is the reason why there is no place.
type absence struct{ reason string }

func (a absence) Error() string { return a.reason }

// reach returns an absence unless somebody answers at the address.
func reach(ctx context.Context, what, address string) error {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return absence{fmt.Sprintf("no %s answers at %s", what, address)}
	}
	return conn.Close()
}

const errConflict = errText("a record has another revision than the one that was written")

// keeping is a store as a client.
type keeping struct{ store.Store }

var operations atomic.Uint64

// newOp returns a name that no other operation of this process has.
func newOp() (op store.OpID) {
	binary.BigEndian.PutUint64(op[:], operations.Add(1))
	return op
}

func (k keeping) swap(ctx context.Context, key string, prev uint64, value []byte) (uint64, error) {
	rev, err := k.Swap(ctx, key, store.Rev(prev), value, false, newOp())
	return uint64(rev), err
}

func (k keeping) load(ctx context.Context, key string) ([]byte, error) {
	e, err := k.Load(ctx, key, 0)
	return e.Value, err
}

func (k keeping) close() error { return k.Close() }

// recordLength is that of a record with two tokens of the usual length.
const recordLength = 1_500

// newRecord returns a record that no store can make shorter.
func newRecord() []byte {
	value := make([]byte, recordLength)
	_, _ = rand.Read(value)
	return value
}
