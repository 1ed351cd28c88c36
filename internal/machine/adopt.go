package machine

import (
	"github.com/holdfast-go/holdfast/messages"
)

// adopt takes a pair that another process, or this one before it slept, has
// saved. It is what is renewed from; it is given out if it is good.
func (s *step) adopt(r messages.Record) {
	woken := !s.looked
	if s.unsaved.waiting && r.Grant != s.pair.grant || s.revoke.alone || s.revoke.wanted && (!s.rules.OneTime || r.Grant != s.pair.grant) {
		s.stray(s.pair.token)
	}
	s.revoke.alone = false
	s.takeUp(s.restored(r))
	s.doubt, s.unsaved = doubt{}, unsaved{}
	if !woken || !s.now.Before(s.failedAt.Add(retryAfter(s.cause.failure))) { // what it finds when it wakes was there before
		s.failures, s.cause = 0, cause{}
	}
	switch {
	case s.state == Closed, s.revoke.wanted:
		return
	case woken && r.Generation > 0:
		s.emit(messages.Woke{Header: s.head()})
	case r.Generation > 0:
		s.emit(messages.Renewed{Header: s.head(), Expiry: s.pair.token.Expiry, Adopted: true})
	}
	s.revoke = revocation{strays: s.revoke.strays}
	if r.Status == messages.Dead {
		s.adoptDeath(r)
		return
	}
	s.show()
}

// show gives out a pair that the store has, if it is good, and otherwise takes back
// what was given out before it.
func (s *step) show() {
	s.settle()
	if s.rules.RenewalRevokes && s.sight.claim.Owner != "" {
		s.state = Expired
	}
	switch {
	case s.state.valid():
		s.standByFailure()
		s.publish()
		s.serveHeld()
	case s.state == Expired:
		s.lapse()
		s.do(Withdraw{})
	default:
		s.do(Withdraw{})
	}
	s.keepAcquiring()
}

// keepAcquiring restores Acquiring after settle while a renewal is under way.
func (s *step) keepAcquiring() {
	switch {
	case s.run.purpose != renew:
	case s.state == Expired:
		s.state = Acquiring
	case s.state == Fresh: // the renewal may end without a word on when it is due again
		s.state, s.due = Stale, s.pair.staleAt
	}
}

// withholdRevoked stops giving out a token that another process may be killing
// at this moment by renewing it.
func (s *step) withholdRevoked() {
	switch s.state {
	case Fresh, Stale:
		s.lapse()
		s.do(Withdraw{})
	case Empty, Acquiring, Ending, Expired, Cooling, Dead, Revoked, Closed:
	}
}

// restoreWithheld gives a token out again that another process has not renewed
// after all.
func (s *step) restoreWithheld() {
	switch s.state {
	case Expired, Cooling:
		if s.pair.serves(s.now) && !s.doubted() && !s.run.active() {
			s.settle()
			s.standByFailure()
			s.publish()
		}
	case Empty, Acquiring, Fresh, Stale, Ending, Dead, Revoked, Closed:
	}
}

// standByFailure leaves the endpoint alone for as long as it has asked for.
func (s *step) standByFailure() {
	if until := s.failedAt.Add(max(refreshPause, retryAfter(s.cause.failure))); s.failures > 0 && until.After(s.pair.staleAt) {
		s.state, s.due = Stale, until
	}
}

// adoptDeath is a grant that another process has seen denied.
func (s *step) adoptDeath(r messages.Record) {
	if s.rules.Human && s.state != Closed && !s.revoke.wanted {
		s.die(r.Cause, r.Doubted)
	}
}

// staysDead reports whether a record repeats a death that was forgotten for a
// token that was offered in vain.
func (s *step) staysDead(r messages.Record) bool {
	switch s.state {
	case Ending, Dead, Revoked, Closed:
		return false
	case Empty, Acquiring, Fresh, Stale, Expired, Cooling:
	}
	return r.Status == messages.Dead && !s.offered && s.run.purpose != revoke && s.run.purpose != establish && s.run.minted.generation == 0 &&
		r.Grant == s.pair.grant && r.Generation == s.pair.generation
}
