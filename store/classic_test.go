package store_test

import (
	"context"
	"sync"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// slot is a classic store in memory. A test puts a function in a field to have that
// method do something else.
type slot struct {
	mu     sync.Mutex // guards the fields below
	token  messages.Token
	writes int
	clears int
	inside int // calls that are running
	most   int // calls that were running at once

	onRead, onWrite, onClear func(context.Context) error
}

func (s *slot) Read(ctx context.Context) (messages.Token, error) {
	err := s.call(ctx, s.onRead)
	return s.has(), err
}

func (s *slot) Write(ctx context.Context, t messages.Token) error {
	err := s.call(ctx, s.onWrite)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = t
	s.writes++
	return err
}

func (s *slot) Clear(ctx context.Context) error {
	err := s.call(ctx, s.onClear)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = messages.Token{}
	s.clears++
	return err
}

func (s *slot) call(ctx context.Context, on func(context.Context) error) error {
	s.count(+1)
	defer s.count(-1)
	if on == nil {
		return nil
	}
	return on(ctx)
}

func (s *slot) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inside += n
	s.most = max(s.most, s.inside)
}

// puts is what somebody else does to the classic store.
func (s *slot) puts(t messages.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = t
}

func (s *slot) has() messages.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

// shelf returns an adapted store over slots, each made at its first use.
func shelf() store.Store {
	var mu sync.Mutex
	slots := map[string]*slot{}
	return store.Adapt(func(key string) store.Classic {
		mu.Lock()
		defer mu.Unlock()
		if slots[key] == nil {
			slots[key] = new(slot)
		}
		return slots[key]
	})
}

// adapts returns an adapted store with one slot.
func adapts(s *slot) store.Store {
	return store.Adapt(func(string) store.Classic { return s })
}
