package store

import (
	"strings"
	"sync"
)

// shard is one of the maps of a keeper.
type shard struct {
	mu     sync.Mutex // guards the two fields below
	kept   map[string]kept
	closed bool
}

// kept is a record. Its value is a string because nobody can change one: who reads
// it takes it out of the lock and copies it there.
type kept struct {
	value string
	rev   Rev
	op    OpID
	gone  bool
}

func (r kept) entry(key string) Entry {
	return Entry{Key: key, Value: []byte(r.value), Rev: r.rev, Op: r.op, Gone: r.gone}
}

func (s *shard) load(key string) (kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return kept{}, ErrClosed
	}
	return s.kept[key], nil
}

func (s *shard) swap(key string, prev Rev, next kept) (Rev, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.kept[key]
	switch {
	case s.closed:
		return 0, ErrClosed
	case next.op != OpID{} && next.op == now.op:
		return now.rev, nil
	case now.rev != prev:
		return 0, ErrConflict
	}
	if s.kept == nil {
		s.kept = map[string]kept{}
	}
	if prev == 0 {
		key = strings.Clone(key) // which may be a piece of something large
	}
	next.rev = prev + 1
	s.kept[key] = next
	return next.rev, nil
}

func (s *shard) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.kept = true, nil
}
