package simulate

import (
	"fmt"
	"time"
)

// books are what a server has seen and done. The server's mu guards them.
type books struct {
	requests int            // to the token endpoint
	renewals map[string]int // by subject
	reused   int
	most     int // refreshes of one grant under way at once

	concurrent, reuse error // the first there was; nil: none
}

// enter notes a refresh that is under way.
func (b *books) enter(g *grant, now time.Time) {
	g.under++
	b.most = max(b.most, g.under)
	if g.under > 1 && b.concurrent == nil {
		b.concurrent = fmt.Errorf("%d refreshes of one grant of %q were under way at once at %s",
			g.under, g.subject, now.Format(time.DateTime))
	}
}

// again notes that a refresh token has been shown that had long been spent.
func (b *books) again(p *pair, now time.Time) {
	b.reused++
	if b.reuse == nil {
		b.reuse = fmt.Errorf("refresh token %d of %q was used again at %s, %s after it was spent",
			p.number, p.grant.subject, now.Format(time.DateTime), now.Sub(p.spent))
	}
}

// Requests returns how many token requests have arrived, whatever became of them.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books.requests
}

// Renewals returns how many tokens the server has granted for a subject on request:
// all but those of its logins, and those that were exchanged for others.
func (s *Server) Renewals(subject string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books.renewals[subject]
}

// Reused returns how many times a refresh token was shown that had been spent, and had no
// grace left.
func (s *Server) Reused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books.reused
}

// MostAtOnce returns the largest number of refreshes of one grant that have been under
// way at once: that had arrived, and had not been answered.
func (s *Server) MostAtOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books.most
}

// NoConcurrentRefresh returns nil as long as never two refreshes of one grant have been
// under way at once, and then an error about the first time.
func (s *Server) NoConcurrentRefresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books.concurrent
}

// NoReuse returns nil as long as [Server.Reused] is zero, and then an error about the
// first time. It is not for a network that loses answers, unless there is a [Grace]: a
// client that has heard nothing has to show its token once more to learn whether it was
// spent.
func (s *Server) NoReuse() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.books.reuse
}
