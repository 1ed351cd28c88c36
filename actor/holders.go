package actor

import (
	"sync"

	"github.com/holdfast-go/holdfast/messages"
)

// holders knows which session holds which refresh token: two that hold one would
// spend it twice.
type holders struct {
	mu sync.Mutex
	by map[messages.Digest]string // the session's key
}

// take gives a refresh token to a session, and reports false if another has it.
func (h *holders) take(key string, refresh messages.Secret) bool {
	if refresh == "" {
		return true
	}
	digest := messages.DigestOf(refresh)
	h.mu.Lock()
	defer h.mu.Unlock()
	if holder, ok := h.by[digest]; ok && holder != key {
		return false
	}
	h.put(digest, key)
	return true
}

// move says that a session holds another refresh token than before; empty: none.
func (h *holders) move(key string, from, to messages.Secret) {
	old, next := messages.DigestOf(from), messages.DigestOf(to)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by[old] == key {
		delete(h.by, old)
	}
	if to != "" {
		h.put(next, key)
	}
}

func (h *holders) put(digest messages.Digest, key string) {
	if h.by == nil {
		h.by = make(map[messages.Digest]string)
	}
	h.by[digest] = key
}
