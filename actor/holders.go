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
	h.mu.Lock()
	defer h.mu.Unlock()
	if holder, ok := h.by[messages.DigestOf(refresh)]; ok && holder != key {
		return false
	}
	h.put(key, refresh)
	return true
}

// exchange says that a session has other refresh tokens than before. Empty ones
// are none.
func (h *holders) exchange(key string, from, to []messages.Secret) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, refresh := range from {
		if digest := messages.DigestOf(refresh); h.by[digest] == key {
			delete(h.by, digest)
		}
	}
	for _, refresh := range to {
		h.put(key, refresh)
	}
}

func (h *holders) put(key string, refresh messages.Secret) {
	if refresh == "" {
		return
	}
	if h.by == nil {
		h.by = make(map[messages.Digest]string)
	}
	h.by[messages.DigestOf(refresh)] = key
}
