package sessions_test

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/holdfast-go/holdfast/messages"
)

// shelf is a token store as other kits have it.
type shelf struct {
	mu                         sync.Mutex // guards the fields below
	token                      messages.Token
	reading, writing, clearing error // nil: it works
	calls                      []string
}

// errDisk is a trouble of a shelf.
var errDisk = errors.New("no space left on the shelf")

func (s *shelf) Read(context.Context) (messages.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, "read")
	if s.reading != nil {
		return messages.Token{}, s.reading
	}
	return s.token, nil
}

func (s *shelf) Write(_ context.Context, t messages.Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, strings.TrimSpace("write "+t.Access.Reveal()+" "+t.Refresh.Reveal()))
	if s.writing == nil {
		s.token = t
	}
	return s.writing
}

func (s *shelf) Clear(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, "clear")
	if s.clearing == nil {
		s.token = messages.Token{}
	}
	return s.clearing
}

// puts is somebody else who writes a token.
func (s *shelf) puts(t messages.Token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = t
}

// has returns the token that is kept.
func (s *shelf) has() messages.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

// had returns the calls so far: "read, write at-1 rt-1, clear".
func (s *shelf) had() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.calls, ", ")
}

// fails sets what the calls answer from now on; nil: they work.
func (s *shelf) fails(reading, writing, clearing error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading, s.writing, s.clearing = reading, writing, clearing
}
