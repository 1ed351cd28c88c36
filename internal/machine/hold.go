package machine

import (
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// hold keeps a caller until a renewal ends. It is the only place that does, and
// what it leaves behind makes next start a renewal if none is under way, so
// nobody waits for nothing.
func (s *step) hold(c caller) {
	s.wait()
	if room := max(0, s.settings.HoldAtMost-s.waiting()); room <= c.more {
		s.tooMany(c.after(room))
		if room == 0 {
			return
		}
		c.more = room - 1
	}
	if c.since.IsZero() {
		c.since = s.now
	}
	if c.id != 0 {
		s.held = inserted(s.held, c)
		s.crowd += c.more
	}
}

// after is a crowd without the first n of it.
func (c caller) after(n int) caller {
	c.id += Caller(n)
	c.more -= n
	return c
}

func (s *step) tooMany(c caller) {
	s.answer(c, messages.Reply{Err: messages.Later(messages.ErrOverloaded, refreshPause,
		messages.Failure{Reason: "too many callers wait for this session"})})
}

// wait turns a state that has no token and no renewal into one that wants a
// renewal.
func (s *step) wait() {
	switch s.state {
	case Empty, Expired, Cooling:
		s.state = Acquiring
	case Fresh:
		s.state = Stale
		s.due = s.now
	case Stale:
		s.due = s.now
	case Acquiring, Ending, Dead, Revoked, Closed:
	}
}

// shift removes the first of those who are held.
func (s *step) shift() {
	first := s.held[0]
	if first.left {
		s.gone--
	}
	s.crowd -= first.more - first.away
	s.held = s.held[1:]
	if len(s.held) == 0 {
		s.held = nil
	}
}

// leave removes a caller who waits no longer.
func (s *step) leave(id Caller) {
	if id == 0 {
		return
	}
	s.leaveLogin(id)
	s.revoke.askers = without(s.revoke.askers, id)
	s.revoke.behind = without(s.revoke.behind, id)
	s.leaveFlight(id)
	c := held(s.held, id)
	if c == nil || c.left {
		return
	}
	if c.away < c.more {
		c.away++
		s.crowd--
		return
	}
	c.left = true
	s.gone++
	if s.gone > len(s.held)/2 {
		s.held = slices.DeleteFunc(s.held, func(c caller) bool { return c.left })
		s.gone = 0
	}
}

func without(list []Caller, id Caller) []Caller {
	return slices.DeleteFunc(list, func(c Caller) bool { return c == id })
}

// held finds the caller of this number, or the one who stands for his crowd; nil: he
// is not in the list.
func held(list []caller, id Caller) *caller {
	i, found := slices.BinarySearchFunc(list, id, byNumber)
	if !found {
		i--
	}
	if i < 0 || id > list[i].id+Caller(list[i].more) {
		return nil
	}
	return &list[i]
}

// holdLimit returns when the first of those who are held has waited too long.
func (s *Session) holdLimit() time.Time {
	if len(s.held) == 0 {
		return time.Time{}
	}
	return s.limitOf(s.held[0])
}

// limitOf returns until when a caller is held; the zero time while the renewal
// still waits for its first slot, which QueueFor limits.
func (s *Session) limitOf(c caller) time.Time {
	if s.run.stage == queued && s.run.slotAt.IsZero() {
		return time.Time{}
	}
	from := c.since
	if s.run.slotAt.After(from) {
		from = s.run.slotAt
	}
	return from.Add(s.settings.HoldFor)
}

// tellHeld answers all who are held for whom answer has something to say, and
// keeps the others. Who is told of the token gets what he has asked for.
func (s *step) tellHeld(answer func(caller) (messages.Reply, bool)) {
	held, kept := s.held, s.held[:0]
	s.held, s.gone, s.crowd = nil, 0, 0 // who is served may wait elsewhere
	for _, c := range held {
		if c.left {
			continue
		}
		switch r, ok := answer(c); {
		case !ok:
			kept = append(kept, c)
			s.crowd += c.more - c.away
		case r.Err != nil:
			s.answer(c, r)
		default:
			s.serve(c)
		}
	}
	clear(held[len(kept):])
	s.held = kept
	if len(kept) == 0 {
		s.held = nil
	}
}

// failHeld tells all who are held the same error.
func (s *step) failHeld(err error) {
	s.tellHeld(func(caller) (messages.Reply, bool) { return messages.Reply{Err: err}, true })
}

// serveHeld answers those who are held whom the pair satisfies.
func (s *step) serveHeld() {
	if !s.pair.serves(s.now) {
		return
	}
	s.tellHeld(func(c caller) (messages.Reply, bool) {
		return messages.Reply{Token: s.pair.token}, s.satisfies(c)
	})
}

// satisfies reports whether the token held is what this caller waits for.
func (s *step) satisfies(c caller) bool {
	if c.newer && !newer(s.pair.grant, s.pair.generation, c.grant, c.generation) {
		return false
	}
	return s.left() >= c.min
}

// left is how much of its real life the token held has left.
func (s *step) left() time.Duration {
	if s.pair.token.Expiry.IsZero() {
		return endless
	}
	return s.pair.token.Expiry.Sub(s.now)
}

// settleHeld answers all who are held after a renewal has brought a token: there
// is nothing better to wait for.
func (s *step) settleHeld() {
	s.tellHeld(func(c caller) (messages.Reply, bool) {
		if s.left() < c.min {
			s.short = s.pair.generation
			return messages.Reply{Err: s.tooShort()}, true
		}
		return messages.Reply{Token: s.pair.token}, true
	})
}

func (s *step) tooShort() error {
	return messages.Invalid("MinValidity", fmt.Sprintf("is longer than a new token lives (%s)", s.pair.token.Lifetime()))
}
