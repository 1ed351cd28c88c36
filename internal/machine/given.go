package machine

import (
	"github.com/holdfast-go/holdfast/messages"
)

// none is the given token of a session that was given none. Nothing is ever
// written to it.
var none = &messages.Token{}

// installs reports whether a run that looks at the store may find that the token
// offered is to be installed. What is found is then nobody's cause any more.
func (s *step) installs() bool {
	return s.offered && s.state != Closed &&
		(s.run.purpose == install || s.run.purpose == renew && s.run.minted.generation == 0)
}

// takesGiven reports whether the token that was given wins over the record: it
// does where there is none, where it was issued later, and over a revoked or dead one
// only if it was issued after that was written, so that a restart with an old
// configured token undoes no Revoke.
func (s *step) takesGiven(r *messages.Record) bool {
	if r == nil {
		return true
	}
	if r.Status != messages.Alive {
		return s.given.Issued.After(r.Written)
	}
	if s.rules.OneTime && s.given.Refresh == r.Token.Refresh { // a clock that was set tells two times of one token
		return false
	}
	return s.rules.later(*s.given, r.Token)
}

// holdBack takes the token held back if it may be good no longer by a newer record, over
// which a given token is to be saved.
func (s *step) holdBack(r messages.Record) {
	renewed := r.Generation != s.pair.generation || r.Claim.Owner != ""
	if r.Status.Tombstone() || r.Grant != s.pair.grant || s.rules.RenewalRevokes && renewed {
		s.unseen()
	}
}

// installGiven saves the given token as a new grant.
func (s *step) installGiven(r *messages.Record) {
	grant := s.pair.grant
	if r != nil {
		grant = max(grant, r.Grant)
	}
	s.run.spent = pair{grant: s.pair.grant, generation: s.pair.generation}
	s.run.minted = s.place(s.timed(*s.given), grant+1, 1, s.settings.Name)
	s.run.purpose = install
	s.offer() // over a tombstone that is known by now
	s.sendSave()
}

// endInstall is a given token that did not win: the session is again what it was
// before the token was offered.
func (s *step) endInstall() {
	s.finish()
	s.standDown()
}
