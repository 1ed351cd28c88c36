package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// revocation is how far the end of a session's tokens has come.
type revocation struct {
	wanted bool     // somebody asked, and it has not come to an end
	askers []Caller // who wait for it

	landed  bool      // the store has a tombstone
	at      time.Time // landed: when the session was revoked, by the wall clock of who did it
	ended   bool      // the server has confirmed
	doubted bool      // the refresh token may be spent: it is used once before it is ended
	unsaved bool      // a tombstone is still to be written
	over    bool      // somebody has begun a new grant over our tombstone
	tries   int

	strays []messages.Token // pairs that must not live, and are held nowhere
}

// revokeAsked begins, or resumes, the end of the session's tokens. No call that
// begins after it gets one. A Mint of our own that is under way is waited for:
// what it brings is ended too.
func (s *step) revokeAsked(c Caller) {
	if s.state == Closed {
		s.tell(c, messages.Reply{Err: messages.ErrClosed})
		return
	}
	if !s.rules.Revocable {
		s.tell(c, messages.Reply{Err: messages.ErrNotSupported})
		return
	}
	if s.state == Revoked && s.revoke.ended && !s.revoke.wanted {
		s.tell(c, messages.Reply{})
		return
	}
	if s.state != Revoked {
		s.state, s.cause = Revoked, cause{}
		s.do(Withdraw{})
		s.failHeld(messages.ErrRevoked)
		s.emit(messages.Revoked{Header: s.head()})
		if !s.revoke.wanted && !s.begun() {
			s.revoke = revocation{strays: s.revoke.strays}
		}
	}
	s.revoke.wanted = true
	if c != 0 {
		s.revoke.askers = append(s.revoke.askers, c)
	}
	s.endOffered()
	s.abandonWaiting()
}

// endOffered has a token that was offered before the Revoke ended with the rest.
// Where the store has not been looked at, that look decides about it.
func (s *step) endOffered() {
	if s.offered && s.looked {
		s.stray(s.given)
		s.given, s.offered = messages.Token{}, false
	}
}

// begun reports whether a new grant is to be begun over a tombstone behind which
// there is nothing left to end.
func (s *step) begun() bool {
	return s.revoke.landed && s.looked && s.pair.token.IsZero() && s.run.purpose == renew && s.run.minted.generation == 0
}

// abandonWaiting ends a run that is not ours any more, where no leaf is under way
// whose outcome matters.
func (s *step) abandonWaiting() {
	if s.run.purpose == revoke || s.run.purpose == discard {
		return
	}
	switch s.run.stage {
	case queued, pausing, watching:
		s.finish()
	case resting, loading, claiming, minting, saving, revoking:
	}
}

// cutShort ends a run whose leaf a Revoke has waited for. A pair that it
// brought is what is to be revoked now.
func (s *step) cutShort(at stage, o Outcome) {
	newest := s.run.minted
	switch o := o.(type) {
	case Minted:
		newest = s.place(s.inherit(o.Token), s.run.spent.grant, s.run.spent.generation+1, s.settings.Name)
		s.doubt = doubt{}
	case Written:
		s.written(o.Rev)
	case Failed:
		s.noteDoubt(at, o.Failure)
	case TimedOut:
		if at == minting {
			s.givenUp = givenUp{leaf: s.run.leaf, grant: s.run.spent.grant}
		}
		s.noteDoubt(at, messages.Failure{Verdict: messages.Doubtful, Reason: "no answer in time"})
	case Granted, Found, NotFound, Foreign, Conflict, Unwritten, Unread, Ended:
	}
	s.finish()
	s.takeOver(newest)
}

// takeOver makes a pair that came after a Revoke the one that is to be ended.
// Where a renewal leaves the old token alone, that one is ended beside it.
func (s *step) takeOver(p pair) {
	if !newer(p.grant, p.generation, s.pair.grant, s.pair.generation) {
		return
	}
	if !s.rules.OneTime && !s.pair.token.IsZero() {
		s.stray(s.pair.token)
	}
	p.dropped = true
	s.pair = p
}

func (s *step) noteDoubt(at stage, f messages.Failure) {
	if at == minting && s.rules.OneTime && f.Verdict == messages.Doubtful {
		s.becomeDoubtful(f)
	}
}

// beginRevocation looks at the store first if it has not been looked at.
func (s *step) beginRevocation() {
	if !s.looked {
		s.load()
		return
	}
	s.unsaved = unsaved{}
	s.bury()
}

// afterLookRevoke knows the newest record: it may hold a newer pair than ours,
// or another's tombstone.
func (s *step) afterLookRevoke(r *messages.Record) {
	if r != nil && s.overBuried(*r) {
		s.endRevocation()
		return
	}
	if s.offered && s.takesGiven(r) {
		s.pair.token = s.given
		s.pair.grant++
		s.revoke.landed, s.revoke.ended, s.revoke.doubted = false, false, false // a tombstone of before is of another grant
	}
	s.given, s.offered, s.unsaved = messages.Token{}, false, unsaved{}
	s.bury()
}

// bury writes the tombstone that keeps what is to be ended, or goes on behind it.
func (s *step) bury() {
	switch {
	case s.revoke.landed && len(s.revoke.strays) > 0:
		s.queue()
	case s.revoke.ended && s.revoke.unsaved:
		s.saveGone()
	case s.revoke.ended:
		s.endRevocation()
	case s.revoke.landed:
		s.queue()
	case s.pair.token.IsZero():
		s.state, s.looked = Empty, false
		s.endRevocation()
	default:
		s.saveTomb()
	}
}

func (s *step) saveTomb() {
	s.run.write = writeTomb
	if s.unsaved.open {
		s.sendSwap(s.unsaved.swap)
		return
	}
	r := s.record(messages.Revoking)
	r.Doubted = s.rules.OneTime && (s.doubted() || s.sight.claim.Owner != "" && s.sight.rev == s.rev)
	s.sendSwap(s.swapOf(r))
}

func (s *step) tombSaved(o Outcome) {
	switch o := o.(type) {
	case Written:
		s.unsaved = unsaved{}
		if !s.written(o.Rev) {
			s.tombOvertaken()
			return
		}
		s.revoke.landed, s.revoke.unsaved = true, false
		s.revoke.doubted, s.revoke.at = s.run.swap.Record.Doubted, s.run.swap.Record.Written
		s.doubt, s.sight = doubt{}, sighting{}
		s.queue()
	case Conflict:
		s.unsaved = unsaved{}
		s.load()
	case Unwritten:
		s.unsaved.swap, s.unsaved.open = s.run.swap, o.Open
		s.tombUnsaved(messages.Failure{Reason: "store: " + o.Reason})
	case TimedOut:
		s.unsaved.swap, s.unsaved.open = s.run.swap, true
		s.tombUnsaved(messages.Failure{Reason: "store: no answer in time"})
	case Granted, Found, NotFound, Foreign, Unread, Minted, Ended, Failed:
		panic("BUG: not an outcome of Save")
	}
}

// tombOvertaken is a tombstone that has landed, and over which something has
// been written that is known already. A new grant is none of our business: what
// the tombstone is about is ended all the same.
func (s *step) tombOvertaken() {
	r := s.run.swap.Record
	if s.pair.grant <= r.Grant {
		s.load()
		return
	}
	s.pair.token = r.Token
	s.revoke.landed, s.revoke.over, s.revoke.unsaved = true, true, false
	s.revoke.doubted = r.Doubted
	s.queue()
}

// tombUnsaved tells those who wait and keeps trying: others must learn of it.
func (s *step) tombUnsaved(f messages.Failure) {
	s.revoke.unsaved = true
	s.revoke.tries++
	wait := s.againIn(saltSave, s.revoke.tries)
	s.tellAskers(messages.Later(messages.ErrUnavailable, wait, f))
	s.pause(pausing, wait)
}

// endNext has a slot: it ends the refresh token, then the access token. A
// refresh token that may have been spent by a Mint whose answer nobody has is
// used once before: the pair that comes is ended instead, and a denial means
// that the server has ended the family.
func (s *step) endNext() {
	t, ended := s.toEnd()
	switch {
	case s.run.purpose == revoke && s.revoke.doubted:
		s.do(Mint{Leaf: s.send(minting, s.settings.LeafTimeout), Refresh: t.Refresh, Attempt: s.countAttempt(), ClientIP: s.run.ip})
	case t.Refresh != "" && !ended:
		s.end(t.Refresh, true)
	case t.Access != "" && s.now.Before(t.Expiry):
		s.end(t.Access, false)
	default:
		s.allEnded()
	}
}

func (s *step) countAttempt() int {
	s.run.attempt++
	return s.run.attempt
}

// toEnd is the pair that the run ends, and whether its refresh token has been ended.
func (s *step) toEnd() (messages.Token, bool) {
	if s.run.purpose == discard {
		return s.revoke.strays[0], s.run.ended
	}
	return s.pair.token, s.run.ended
}

func (s *step) end(t messages.Secret, refresh bool) {
	s.do(RevokeToken{
		Leaf:     s.send(revoking, s.settings.LeafTimeout),
		Token:    t,
		Refresh:  refresh,
		Attempt:  s.countAttempt(),
		ClientIP: s.run.ip,
	})
	s.run.ending = refresh
}

func (s *step) endedBy(o Outcome) {
	switch o := o.(type) {
	case Ended:
		s.tokenEnded()
	case Failed:
		s.tokenNotEnded(o.Failure)
	case TimedOut:
		s.tokenNotEnded(messages.Failure{Verdict: messages.Doubtful, Reason: "no answer in time"})
	case Granted, Found, NotFound, Foreign, Written, Conflict, Unwritten, Unread, Minted:
		panic("BUG: not an outcome of RevokeToken")
	}
}

func (s *step) tokenEnded() {
	if s.run.ending {
		s.run.ended = true
		s.endNext()
		return
	}
	s.allEnded()
}

// tokenNotEnded does not mind a server that cannot end access tokens by
// themselves (RFC 7009, section 2.2.1) once it has ended the refresh token.
func (s *step) tokenNotEnded(f messages.Failure) {
	if s.run.ended && !s.run.ending && f.Code == "unsupported_token_type" {
		s.allEnded()
		return
	}
	f.Attempt = s.run.attempt
	s.revokeFailed(f)
}

func (s *step) revokeMinted(t messages.Token) {
	s.pair.token, s.revoke.doubted = t, false
	s.endNext()
}

func (s *step) revokeMintFailed(f messages.Failure) {
	if f.Verdict == messages.GrantDenied {
		s.revoke.doubted = false
		s.allEnded()
		return
	}
	s.revokeFailed(f)
}

// revokeFailed tries again while somebody waits, and then says that the server
// has not confirmed. The session stays revoked; another Revoke resumes.
func (s *step) revokeFailed(f messages.Failure) {
	wait := s.retryIn()
	again := f.Verdict == messages.Transient || f.Verdict == messages.Doubtful
	if again && s.run.tries < s.settings.Retries && (len(s.revoke.askers) > 0 || s.run.purpose == discard) {
		s.run.tries++
		s.pause(pausing, max(wait, retryAfter(f)))
		return
	}
	if s.run.purpose == discard {
		s.endDiscard()
		return
	}
	s.tellAskers(messages.Later(messages.ErrUnavailable, max(refreshPause, retryAfter(f)), f))
	s.revoke.wanted = false
	s.finish()
	if s.revoke.over {
		s.lookAgain()
	}
}

// resumeRevocation goes on after a pause.
func (s *step) resumeRevocation() {
	if s.run.purpose == discard {
		s.queue()
		return
	}
	if !s.looked {
		s.load()
		return
	}
	s.bury()
}

// allEnded has the server's confirmation.
func (s *step) allEnded() {
	if s.run.purpose == discard {
		s.endDiscard()
		return
	}
	if len(s.revoke.strays) > 0 {
		s.pair.token, s.revoke.strays = s.revoke.strays[0], s.revoke.strays[1:]
		s.run.ended, s.revoke.doubted = false, false
		s.endNext()
		return
	}
	s.revoke.ended = true
	if s.revoke.over && s.pair.grant > s.run.swap.Record.Grant { // nothing is written over a grant that is known
		s.endRevocation()
		return
	}
	s.saveGone()
}

func (s *step) endDiscard() {
	s.revoke.strays = s.revoke.strays[1:]
	s.finish()
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
		s.endRevocation()
	case Conflict:
		s.tellAskers(nil)
		s.load()
	case Unwritten, TimedOut:
		s.tellAskers(nil)
		s.revoke.unsaved = true
		s.revoke.tries++
		s.pause(pausing, s.againIn(saltSave, s.revoke.tries))
	case Granted, Found, NotFound, Foreign, Unread, Minted, Ended, Failed:
		panic("BUG: not an outcome of Save")
	}
}

// endRevocation has nothing left to do. In Empty there was nothing to revoke.
func (s *step) endRevocation() {
	s.tellAskers(nil)
	revoked := s.state != Empty
	over := s.revoke.over
	s.revoke = revocation{ended: revoked, landed: revoked, strays: s.revoke.strays}
	s.finish()
	if over {
		s.lookAgain()
	}
}

// lookAgain has the next ask look at the store, where a new grant is.
func (s *step) lookAgain() {
	s.state, s.looked = Empty, false
	s.pair = pair{grant: s.pair.grant, generation: s.pair.generation}
	s.revoke = revocation{strays: s.revoke.strays}
}

func (s *step) tellAskers(err error) {
	for _, c := range s.revoke.askers {
		s.tell(c, messages.Reply{Err: err})
	}
	s.revoke.askers = nil
}

// entomb is a record that says that the session was revoked.
func (s *step) entomb(r messages.Record) {
	s.disown()
	s.pair = pair{token: r.Token, grant: r.Grant, generation: r.Generation, dropped: true}
	s.revoke.landed, s.revoke.ended = true, r.Status == messages.Gone
	s.revoke.doubted, s.revoke.at = r.Doubted, r.Written
	s.doubt, s.cause = doubt{}, cause{}
	if s.state == Revoked || s.state == Closed {
		return
	}
	s.state = Revoked
	s.do(Withdraw{})
	s.emit(messages.Revoked{Header: s.head(), Elsewhere: true})
	if s.rules.Human {
		s.failHeld(messages.ErrRevoked)
	}
}

// disown is a pair that was given out unsaved, and that a tombstone has overtaken.
func (s *step) disown() {
	if s.unsaved.waiting {
		s.stray(s.pair.token)
	}
	s.unsaved = unsaved{}
}

// close lets go of the session. Callers are told at once; what must not be lost
// is waited for.
func (s *step) close() {
	if s.state == Closed {
		return
	}
	s.state = Closed
	s.do(Withdraw{})
	s.failHeld(messages.ErrClosed)
	s.tellAskers(messages.ErrClosed)
	s.unsaved.due = s.now
	s.closeRun()
}

// closeRun gives up what can be given up: everything but a write, a claim that may
// have landed, a refresh token that is being spent, and the end of a token.
func (s *step) closeRun() {
	switch s.run.stage {
	case resting:
	case queued, watching, loading:
		s.letGo()
	case pausing:
		s.closePausing()
	case minting:
		if !s.rules.OneTime {
			s.release()
		}
	case claiming, saving, revoking:
	}
}

func (s *step) closePausing() {
	if s.revoke.unsaved {
		s.run.until = s.now
		return
	}
	s.letGo()
}

// letGo ends a run that has nothing in flight that matters.
func (s *step) letGo() {
	s.revoke.wanted = s.revoke.wanted && s.revoke.unsaved
	if s.run.minted.generation != 0 {
		s.pair = s.run.minted
		s.unsaved = unsaved{waiting: true, due: s.now}
	}
	s.release()
}
