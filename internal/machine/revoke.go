package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// revocation is how far the end of a session's tokens has come.
type revocation struct {
	wanted bool      // somebody asked, and it has not come to an end
	askers []Caller  // who wait for it
	behind []Caller  // who have asked since its run began, and wait for the next one
	again  bool      // there is to be a next one
	asked  time.Time // again: the first of them has asked

	landed  bool      // the store has a tombstone, or nothing that one is to be written over
	at      time.Time // when the session was revoked, by the wall clock of who did it
	ended   bool      // the server has confirmed
	doubted bool      // the refresh token may be spent: it is used once before it is ended
	unsaved bool      // a tombstone is still to be written
	over    successor // somebody has begun a new grant over our tombstone
	alone   bool      // what is to be ended is held here and, as far as is known, not in the store
	given   bool      // a token was offered before, and the store has not been looked at: if it wins, it is what is to be ended
	tries   int

	strays []messages.Token // pairs that must not live, and are held nowhere
}

// successor is a record over a tombstone: where the newest grant was when it was seen. The
// zero one is none.
type successor struct {
	rev               messages.Rev
	grant, generation uint64
	revoked           bool // it is a tombstone, too
}

// next is what is left of a Revoke that has come to its end: who waits for another, and what is
// still to be ended.
func (r *revocation) next() revocation {
	return revocation{behind: r.behind, again: r.again, asked: r.asked, strays: r.strays}
}

// revokeAsked begins, or resumes, the end of the session's tokens. No call that
// begins after it gets one. A Mint of our own that is under way is waited for:
// what it brings is ended too.
func (s *step) revokeAsked(c Caller) {
	if s.state == Closed {
		s.tell(c, messages.Reply{Err: messages.ErrClosed})
		return
	}
	if !s.rules.Revocable && !s.rules.Forgets {
		s.tell(c, messages.Reply{Err: messages.ErrNotSupported})
		return
	}
	s.buryGivenUp()
	if s.state == Revoked && s.revoke.ended && !s.revoke.wanted && !s.settings.Store.Shared {
		s.tell(c, messages.Reply{Err: s.confirmation()})
		return
	}
	if s.state != Revoked {
		s.state, s.cause = Revoked, cause{}
		s.pair.unseen = false // no look shows it again
		s.do(Withdraw{})
		s.failHeld(messages.ErrRevoked)
		s.emit(messages.Revoked{Header: s.head()})
		s.beginAnew()
	}
	s.wantRevoked(c)
	s.endOffered()
	s.failLogins(messages.ErrRevoked)
	s.abandonWaiting()
}

// beginAnew forgets the Revokes that have come to their end, unless their tombstone is still the
// newest that is known.
func (s *step) beginAnew() {
	if s.revoke.wanted {
		return
	}
	if !s.revoke.landed || !s.looked {
		s.revoke = revocation{strays: s.revoke.strays}
	}
	s.revoke.at = s.now.Round(0)
}

// buryGivenUp has what a Mint brings that was given up before the Revoke end with the rest.
func (s *step) buryGivenUp() {
	if s.givenUp.leaf != 0 {
		s.givenUp.buried = true
	}
}

// wantRevoked notes who asks. The run under way may have written its tombstone already, or
// have looked at the store: where another can have begun a grant since, it confirms nothing
// about that one, and another run does.
func (s *step) wantRevoked(c Caller) {
	if s.run.purpose == revoke && s.settings.Store.Shared {
		if !s.revoke.again {
			s.revoke.again, s.revoke.asked = true, s.now.Round(0)
		}
		s.revoke.behind = appended(s.revoke.behind, c)
		return
	}
	s.revoke.wanted = true
	s.revoke.askers = appended(s.revoke.askers, c)
}

// appended adds a caller to a list; nobody, the caller zero, does not wait.
func appended(list []Caller, c Caller) []Caller {
	if c == 0 {
		return list
	}
	return append(list, c)
}

// endOffered has a token that was offered before the Revoke ended with the rest.
// Where the store has not been looked at, that look decides about it; one that is being
// saved is what its run brings.
func (s *step) endOffered() {
	switch {
	case !s.offered:
		return
	case !s.looked:
		s.revoke.given = true
		return
	case s.run.purpose != install || s.run.minted.generation == 0:
		s.stray(*s.given)
	}
	s.given, s.offered = none, false
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
		newest = s.mintedLast(o.Token)
		s.doubt = doubt{}
	case Written:
		s.written(o.Rev)
	case Failed:
		s.noteDoubt(at, o.Failure)
	case TimedOut:
		if at == minting {
			s.remember()
			s.givenUp.buried = true
		}
		s.noteDoubt(at, messages.Failure{Verdict: messages.Doubtful, Reason: "no answer in time"})
	case Granted, Found, NotFound, Foreign, Conflict, Unwritten, Unread, Ended:
	}
	s.finish()
	s.takeOver(newest)
}

// mintedLast is the pair of a Mint that a Revoke has waited for.
func (s *step) mintedLast(t messages.Token) pair {
	if s.run.purpose == establish {
		return s.place(s.told(t), s.pair.grant+1, 1, s.settings.Name)
	}
	return s.place(s.inherit(t), s.run.spent.grant, s.run.spent.generation+1, s.settings.Name)
}

// takeOver makes a pair that came after a Revoke the one that is to be ended.
// Where a renewal leaves the old token alone, that one is ended beside it.
func (s *step) takeOver(p pair) {
	if !newer(p.grant, p.generation, s.pair.grant, s.pair.generation) {
		if p.token.Access != s.pair.token.Access {
			s.stray(p.token)
		}
		return
	}
	if (!s.rules.OneTime || p.grant != s.pair.grant) && !s.pair.token.IsZero() {
		s.stray(s.pair.token)
		s.doubt, s.sight = doubt{}, sighting{} // they are about that one
	}
	p.dropped = true
	s.revoke.landed = s.revoke.landed && p.grant == s.pair.grant // a tombstone of before is of another grant
	s.revoke.alone, s.revoke.ended, s.revoke.doubted = true, false, false
	s.pair = p
}

func (s *step) noteDoubt(at stage, f messages.Failure) {
	if at == minting && s.rules.OneTime && s.run.purpose != establish && f.Verdict == messages.Doubtful {
		s.becomeDoubtful(f)
	}
}

// beginRevocation looks at the store first if it has not been looked at, and where it would
// write no tombstone: somebody may have begun a grant of which only the store knows.
func (s *step) beginRevocation() {
	writes := !s.revoke.landed && !s.pair.token.IsZero()
	s.run.anew = s.looked && !writes && s.settings.Store.Shared && s.state != Closed
	if s.looksFirst() {
		s.load()
		return
	}
	s.takeUnsaved()
	s.bury()
}

// takeUnsaved lets go of the Save of a pair: the tombstone keeps it.
func (s *step) takeUnsaved() {
	s.revoke.alone = s.revoke.alone || s.unsaved.waiting
	s.unsaved = unsaved{}
}

// afterLookRevoke knows the newest record: it may hold a newer pair than ours,
// or another's tombstone.
func (s *step) afterLookRevoke(r *messages.Record) {
	first := s.run.anew
	s.run.anew = false
	if r != nil && s.overBuried(*r) {
		s.foundOver(first)
		return
	}
	if s.revoke.given {
		s.takeOffered(r)
	}
	s.takeUnsaved()
	s.bury()
}

// takeOffered has what was offered before the Revoke ended as the newest grant, if it is.
func (s *step) takeOffered(r *messages.Record) {
	s.revoke.given = false
	if s.takesGiven(r) {
		if !s.revoke.ended {
			s.stray(s.pair.token)
		}
		s.doubt, s.sight = doubt{}, sighting{} // they are about that one
		s.pair.token = *s.given
		s.pair.grant++
		s.revoke.alone = true
		s.revoke.landed, s.revoke.ended, s.revoke.doubted = false, false, false // a tombstone of before is of another grant
	}
	s.given, s.offered = none, false
}

// foundOver is a new grant over the tombstone. Who asked after it had begun asks for it too:
// it is the next to be ended, when what is behind the tombstone has been.
func (s *step) foundOver(first bool) {
	if first {
		s.revoke.again, s.revoke.asked = true, s.revoke.at
		s.revoke.behind = append(s.revoke.askers, s.revoke.behind...)
		s.revoke.askers = nil
	}
	if first && !s.revoke.ended {
		s.bury()
		return
	}
	s.endRevocation()
}

// resumeRevocation goes on after a pause.
func (s *step) resumeRevocation() {
	if s.run.purpose == discard {
		s.queue()
		return
	}
	if s.looksFirst() {
		s.load()
		return
	}
	s.bury()
}

// looksFirst reports whether the store has a say in what is to be ended, and has not said it.
func (s *step) looksFirst() bool { return !s.looked || s.run.anew || s.revoke.given }

// endRevocation has nothing left to do. In Empty there was nothing to revoke.
func (s *step) endRevocation() {
	s.tellAskers(s.confirmation())
	revoked := s.state != Empty
	over := s.revoke.over
	s.revoke = s.revoke.next()
	s.revoke.landed, s.revoke.ended = revoked, revoked
	s.finish()
	s.lookAgain(over)
	s.goOn()
}

// goOn goes on with those who have asked while others were being served, since when nobody has
// been given a token, and otherwise with what was given meanwhile.
func (s *step) goOn() {
	if !s.revoke.again {
		if s.offered && s.state == Empty {
			s.offer()
		}
		return
	}
	s.state = Revoked
	s.revoke.landed = s.revoke.landed && s.looked
	s.revoke.wanted, s.revoke.again, s.revoke.at = true, false, s.revoke.asked
	s.revoke.askers, s.revoke.behind = s.revoke.behind, nil
	if s.offered && !s.revoke.given {
		s.offer()
	}
}

// lookAgain has the next ask look at the store if there is a new grant, and not behind it.
func (s *step) lookAgain(over successor) {
	if over == (successor{}) {
		return
	}
	s.empty()
	if over.rev <= s.rev {
		over = successor{s.rev, s.pair.grant, s.pair.generation, over.revoked}
	}
	s.rev, s.pair = over.rev, pair{grant: over.grant, generation: over.generation}
	s.revoke = s.revoke.next()
	s.revoke.landed = over.revoked
}

// empty has the next ask look at the store. After a Close there is none.
func (s *step) empty() {
	if s.state != Closed {
		s.state, s.looked = Empty, false
	}
}

// confirmation is what is said of a Revoke that has come to its end: nil says that
// the server has ended the tokens.
func (s *step) confirmation() error {
	if !s.rules.Revocable {
		return messages.ErrNotSupported
	}
	return nil
}

func (s *step) tellAskers(err error) {
	for _, c := range s.revoke.askers {
		s.tell(c, messages.Reply{Err: err})
	}
	s.revoke.askers = nil
}

// tellAllAskers tells those too who wait for the next run.
func (s *step) tellAllAskers(err error) {
	s.tellAskers(err)
	s.revoke.askers, s.revoke.behind = s.revoke.behind, nil
	s.tellAskers(err)
}
