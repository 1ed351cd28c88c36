package machine

import "github.com/holdfast-go/holdfast/messages"

// advance makes the transitions that are due by now.
func (s *step) advance() {
	s.rebase()
	s.expire()
	s.exchanges.rebase(s.now)
	s.endLateLeaf()
	s.tireHeld()
	s.tireLogins()
	s.advanceFlights()
}

// expire is what time alone does to the states.
func (s *step) expire() {
	switch s.state {
	case Fresh:
		if !s.now.Before(s.pair.expiredAt) {
			s.state = Expired
		}
	case Stale:
		if !s.now.Before(s.pair.expiredAt) {
			s.lapse()
		}
	case Ending:
		if !s.now.Before(s.pair.expiredAt) {
			s.state = Dead
		}
	case Cooling:
		if !s.now.Before(s.due) {
			s.state = Expired
		}
	case Empty, Acquiring, Expired, Dead, Revoked, Closed:
	}
}

// lapse is the end of a token that a renewal may be replacing. An endpoint that
// has asked to be left alone is left alone all the same.
func (s *step) lapse() {
	switch until := s.failedAt.Add(retryAfter(s.cause.failure)); {
	case s.run.purpose == renew, s.run.purpose == install:
		s.state = Acquiring
	case s.failures > 0 && s.now.Before(until):
		s.state, s.due = Cooling, until
	default:
		s.state = Expired
	}
}

// endLateLeaf gives up a wait that was limited, and a leaf that has ignored its
// deadline: what it brings after that is late (see late).
func (s *step) endLateLeaf() {
	at := s.run.wake(s.settings)
	if !s.run.active() || at.IsZero() || s.now.Before(at) {
		return
	}
	switch s.run.stage {
	case queued:
		s.overloaded()
	case pausing, watching:
		s.resume()
	case loading, claiming, minting, saving, revoking:
		s.timedOut()
	case resting:
	}
}

// tireHeld tells those who have been held too long. They are in the order of
// their arrival, so the first who may stay ends the look.
func (s *step) tireHeld() {
	for len(s.held) > 0 {
		c := s.held[0]
		if c.left {
			s.shift()
			continue
		}
		limit := s.limitOf(c)
		if limit.IsZero() || s.now.Before(limit) {
			return
		}
		s.shift()
		s.answer(c, messages.Reply{Err: s.tired()})
	}
}

// tired is what is said to somebody who was held too long: the way to the next
// try is known where another's claim is waited for.
func (s *step) tired() error {
	f := messages.Failure{Reason: "no token within the time that a caller is held"}
	if s.run.stage == watching {
		f.Reason = "another process is renewing"
		return messages.Later(messages.ErrUnavailable, s.takeoverIn(), f)
	}
	return messages.Later(messages.ErrUnavailable, refreshPause, f)
}
