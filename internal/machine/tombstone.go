package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// bury writes the tombstone that keeps what is to be ended, or goes on behind it.
func (s *step) bury() {
	switch {
	case len(s.revoke.strays) > 0 && (s.revoke.landed || s.pair.token.IsZero()):
		s.pair.grant, s.revoke.landed = max(s.pair.grant, 1), true // there is a tombstone, or nothing to write one over
		s.endTokens()
	case s.revoke.ended && s.revoke.unsaved:
		s.saveGone()
	case s.revoke.ended:
		s.endRevocation()
	case s.revoke.landed:
		s.endTokens()
	case s.pair.token.IsZero():
		s.empty()
		s.endRevocation()
	default:
		s.saveTomb()
	}
}

func (s *step) saveTomb() {
	s.run.write = writeTomb
	if s.unsaved.open {
		s.sendSwap(*s.unsaved.swap)
		return
	}
	r := s.record(messages.Revoking)
	r.Written = s.revokedAt()
	r.Doubted = s.rules.OneTime && (s.doubted() || s.sight.claim.Owner != "" && s.sight.rev == s.rev)
	s.sendSwap(s.swapOf(r))
}

// revokedAt is what a token has to be later than to be given over the tombstone: when the
// Revoke was asked for, though the store takes its time, and the token that it ends was issued.
func (s *step) revokedAt() time.Time {
	if issued := s.pair.token.Issued.Round(0); issued.After(s.revoke.at) {
		return issued
	}
	return s.revoke.at
}

func (s *step) tombSaved(o Outcome) {
	switch o := o.(type) {
	case Written:
		s.unsaved = unsaved{}
		if !s.written(o.Rev) {
			s.tombOvertaken()
			return
		}
		s.revoke.landed, s.revoke.unsaved, s.revoke.alone = true, false, false
		s.revoke.doubted, s.revoke.at = s.run.swap.Record.Doubted, s.run.swap.Record.Written
		s.doubt, s.sight = doubt{}, sighting{}
		s.endTokens()
	case Conflict:
		s.unsaved = unsaved{}
		s.load()
	case Unwritten:
		s.tombOpen(o.Open)
		s.tombUnsaved(messages.Failure{Reason: "store: " + o.Reason})
	case TimedOut:
		s.tombOpen(true)
		s.tombUnsaved(messages.Failure{Reason: "store: no answer in time"})
	case Granted, Found, NotFound, Foreign, Unread, Minted, Ended, Failed:
		panic("BUG: not an outcome of Save")
	}
}

// tombOpen keeps a tombstone that has not been written; open: it may be all the same.
func (s *step) tombOpen(open bool) {
	swap := s.run.swap
	s.unsaved.swap, s.unsaved.open = &swap, open
}

// tombOvertaken is a tombstone that has landed, and over which something has
// been written that is known already. A new grant is none of our business: what
// the tombstone is about is ended all the same. If that grant has been revoked too, it
// lies behind a tombstone of its own, over which only the next one may be written.
func (s *step) tombOvertaken() {
	r := s.run.swap.Record
	if s.pair.grant <= r.Grant {
		s.load()
		return
	}
	if s.rev > s.revoke.over.rev {
		s.revoke.over = successor{s.rev, s.pair.grant, s.pair.generation, s.revoke.landed}
	}
	s.pair.token = r.Token
	s.revoke.landed, s.revoke.ended, s.revoke.unsaved = true, false, false
	s.revoke.doubted = r.Doubted
	s.endTokens()
}

// endTokens has the server end what the tombstone is about, if it can.
func (s *step) endTokens() {
	if !s.rules.Revocable {
		s.allEnded()
		return
	}
	s.queue()
}

// tombUnsaved tells those who wait and keeps trying: others must learn of it.
func (s *step) tombUnsaved(f messages.Failure) {
	s.revoke.unsaved = s.revoke.unsaved || !s.run.anew
	s.revoke.tries++
	wait := s.againIn(saltSave, s.revoke.tries)
	s.tellAllAskers(messages.Later(messages.ErrUnavailable, wait, f))
	s.pause(pausing, wait)
}

// saveGone replaces the tombstone by one without tokens.
func (s *step) saveGone() {
	s.run.write, s.run.slotted = writeGone, false
	s.pair.token = messages.Token{}
	r := s.record(messages.Gone)
	r.Written = s.revoke.at // what was established since is not revoked
	s.sendSwap(s.swapOf(r))
}

func (s *step) goneSaved(o Outcome) {
	switch o := o.(type) {
	case Written:
		s.written(o.Rev)
		s.revoke.unsaved = false
		s.bury()
	case Conflict:
		s.tellAskers(s.confirmation())
		s.load()
	case Unwritten:
		s.goneUnsaved(messages.Failure{Reason: "store: " + o.Reason})
	case TimedOut:
		s.goneUnsaved(messages.Failure{Reason: "store: no answer in time"})
	case Granted, Found, NotFound, Foreign, Unread, Minted, Ended, Failed:
		panic("BUG: not an outcome of Save")
	}
}

// goneUnsaved is done with what was asked for before its run, and keeps trying.
func (s *step) goneUnsaved(f messages.Failure) {
	s.tellAskers(s.confirmation())
	s.tombUnsaved(f)
}

// entomb is a record that says that the session was revoked.
func (s *step) entomb(r messages.Record) {
	s.disown(r)
	gone := r.Status == messages.Gone
	ended := s.run.write == writeGone && r.Grant == s.pair.grant && r.Generation == s.pair.generation
	s.revoke.unsaved = s.revoke.unsaved || ended && !gone // the tombstone was written again: the run says so again
	s.pair = pair{token: r.Token, grant: r.Grant, generation: r.Generation, dropped: true}
	if !s.revoke.wanted || r.Written.After(s.revoke.at) {
		s.revoke.at = r.Written
	}
	s.revoke.landed = true
	s.revoke.ended, s.revoke.doubted = ended || gone, r.Doubted && !ended
	s.revoke.alone = false
	if s.revoke.over.rev <= s.rev { // a grant that was begun over our own is buried with this one
		s.revoke.over = successor{}
	}
	s.doubt, s.cause = doubt{}, cause{}
	if s.state == Revoked || s.state == Closed || s.knownToLogin(r) {
		return
	}
	s.state = Revoked
	s.do(Withdraw{})
	s.emit(messages.Revoked{Header: s.head(), Elsewhere: true})
	if s.rules.Human {
		s.failHeld(messages.ErrRevoked)
	}
}

// disown is a pair that a tombstone has overtaken which does not know of it: it was given out
// unsaved, or has come after a Revoke of our own.
func (s *step) disown(r messages.Record) {
	other := r.Grant != s.pair.grant || !s.rules.OneTime && r.Generation != s.pair.generation
	if (s.unsaved.waiting || s.revoke.alone || s.revoke.wanted && other) && r.Token.Access != s.pair.token.Access {
		s.stray(s.pair.token)
	}
	s.unsaved = unsaved{}
}
