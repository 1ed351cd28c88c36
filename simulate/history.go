package simulate

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Call is what one call of a session was, for checks of whole histories.
type Call struct {
	Caller, Process, Session string

	// Ask is one of "get", "refresh", "exchange", "revoke", "establish" and "reject".
	Ask string

	// Begun and Ended are places in the one order of all beginnings and ends; no two are
	// alike. Ended is zero if the call has not ended.
	Begun, Ended uint64

	// At is when it began.
	At time.Time

	// Token is what came back, if anything did; Err is why nothing did.
	Token messages.Token
	Err   error
}

// History returns the calls of all sessions so far, in the order in which they began.
func (s *Sim) History() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *Sim) begins(c Call) (number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order++
	c.Begun = s.order
	s.calls = append(s.calls, c)
	return len(s.calls) - 1
}

func (s *Sim) ends(number int, r *messages.Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order++
	c := &s.calls[number]
	c.Ended, c.Token, c.Err = s.order, r.Token, r.Err
}
