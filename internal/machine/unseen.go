package machine

// unseen takes the token held back: it may have been revoked elsewhere, and nobody would
// have told. Whoever asks next waits for a look at the store, with all who come meanwhile,
// and not for a slot at the endpoint.
func (s *step) unseen() {
	if !s.pair.serves(s.now) {
		return
	}
	switch s.state {
	case Fresh, Ending:
		s.state = Expired
		s.do(Withdraw{})
	case Stale:
		s.unseenStale()
		s.do(Withdraw{})
	case Acquiring, Expired, Cooling:
		if !s.rules.RenewalRevokes { // else it is withheld while it may be killed, and might be shown again
			return
		}
	case Empty, Dead, Revoked, Closed:
		return
	}
	s.pair.unseen = true
}

// unseenStale leaves a renewal that has a slot to its end. One that has none begins
// anew, with a look.
func (s *step) unseenStale() {
	if s.run.purpose == renew && s.run.stage == queued {
		s.finish()
	}
	s.lapse()
}

// see takes the look of a renewal for what it says about an unseen token, too. One that
// this renewal may have killed stays withheld.
func (s *step) see() {
	killed := s.rules.RenewalRevokes && (s.doubted() || s.run.attempt > 0)
	if s.run.purpose != renew || s.run.minted.generation != 0 || killed {
		return
	}
	s.seen, s.pair.unseen = s.pair.unseen, false
}

// showSeen gives out again what was unseen, unless the look has brought something else.
// The look is no success of the endpoint, which is left alone as before.
func (s *step) showSeen() {
	if !s.seen || s.state != Acquiring || !s.pair.serves(s.now) {
		return
	}
	due := s.due
	s.show()
	switch {
	case s.state == Ending: // why stays said
	case s.state == Stale && s.now.Before(due) && s.due.Before(due):
		s.due = due
		s.publish()
	case !s.now.Before(due) && s.now.Before(s.pair.staleAt):
		s.recover()
	}
}

// backsOff reports whether a renewal has failed and is not due again, and nobody waits
// for it.
func (s *step) backsOff() bool {
	return s.state == Stale && s.failures > 0 && s.now.Before(s.due) && len(s.held) == s.gone
}
