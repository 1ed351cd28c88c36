package main

import (
	"bytes"
	"context"
	"sync"

	"github.com/holdfast-go/holdfast/store"
)

const memoryStore = "memory"

// The store of a Manager that is given none, beside the least that keeps records: a map.
func memoryShelf() shelf {
	return shelf{
		name:  memoryStore,
		hand:  "a map behind a mutex",
		alone: oneProcess,
		open:  func(context.Context, settings) (place, error) { return memoryPlace{}, nil },
	}
}

type memoryPlace struct{}

func (memoryPlace) store(context.Context) (store.Store, error) { return store.NewMemory(), nil }
func (memoryPlace) client(context.Context) (client, error) {
	return &lockedMap{rows: map[string]row{}}, nil
}
func (memoryPlace) sweep(context.Context) error { return nil }

type lockedMap struct {
	mu   sync.Mutex // guards rows
	rows map[string]row
}

type row struct {
	rev   uint64
	value []byte
}

// swap keeps a copy: the value belongs to the caller again.
func (m *lockedMap) swap(_ context.Context, key string, prev uint64, value []byte) (uint64, error) {
	value = bytes.Clone(value)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows[key].rev != prev {
		return 0, errConflict
	}
	m.rows[key] = row{prev + 1, value}
	return prev + 1, nil
}

func (m *lockedMap) load(_ context.Context, key string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.rows[key].value), nil
}

func (m *lockedMap) close() error { return nil }
