package store

import (
	"fmt"
	"io"

	"github.com/holdfast-go/holdfast/internal/local"
)

// Memory keeps records in this process, for one Manager at a time. Use [NewMemory].
//
// A record takes its value, its key and some 150 bytes. Tombstones stay until
// Close. An operation is recognised when it is sent again for as long as no other
// write has followed it; after that the answer is ErrConflict. A watch has no gaps,
// and no value is too large.
type Memory struct {
	keeper
	owner
}

var (
	_ Store     = (*Memory)(nil)
	_ Lister    = (*Memory)(nil)
	_ Exclusive = (*Memory)(nil)
)

// NewMemory returns an empty store that belongs to one Manager. What it holds is
// gone with the process: sessions whose grant came from a human do not survive a
// restart.
func NewMemory() *Memory {
	m := new(Memory)
	m.feed = local.NewFeed(ErrClosed)
	return m
}

// Format names the store, whatever the verb: the records hold tokens.
func (*Memory) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "memory store") }

// Caps returns that nobody shares the store and that nothing survives the process.
func (*Memory) Caps() Caps { return Caps{Tombstones: Forever} }

// SharedMemory keeps records in this process for several Managers, which then
// behave as if each were a process of its own: for tests. Use [NewSharedMemory]. In
// all else it is a [Memory].
type SharedMemory struct{ keeper }

var (
	_ Store  = (*SharedMemory)(nil)
	_ Lister = (*SharedMemory)(nil)
)

// NewSharedMemory returns an empty store for several Managers of one process.
func NewSharedMemory() *SharedMemory {
	m := new(SharedMemory)
	m.feed = local.NewFeed(ErrClosed)
	return m
}

// Format names the store, whatever the verb: the records hold tokens.
func (*SharedMemory) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "shared memory store") }

// Caps returns that the store is shared, so that Managers write claims and watch
// each other. It is not Durable and has no Failover: what ends the process ends it
// as well, although a Manager that is closed and opened again finds its records.
func (*SharedMemory) Caps() Caps { return Caps{Shared: true, Tombstones: Forever} }
