package main

import (
	"strconv"
	"sync"
)

// keyOf is the key of a session.
func keyOf(session int) string { return "tenant-" + strconv.Itoa(session) }

// handles are the sessions of a rival that has no registry of its own. They are kept
// as its users keep them: whoever holds a handle has it, the others look it up in a sync.Map.
type handles[H any] struct {
	all   []H
	byKey sync.Map // key → H
}

// newHandles makes n sessions.
func newHandles[H any](n int, make func(session int) (H, error)) (*handles[H], error) {
	h := &handles[H]{}
	for i := range n {
		one, err := make(i)
		if err != nil {
			return nil, err
		}
		h.all = append(h.all, one)
		h.byKey.Store(keyOf(i), one)
	}
	return h, nil
}

func (h *handles[H]) find(key string) H {
	v, _ := h.byKey.Load(key)
	return v.(H)
}

// close does nothing: these keepers hold nothing but memory.
func (h *handles[H]) close() error { return nil }
