package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
)

// write says what a Save of a run is for.
type write uint8

const (
	writePair    write = iota // a new pair, or again the one held
	writeDeath                // a denial
	writeRelease              // the end of our own claim
	writeTomb                 // a tombstone with what is to be ended
	writeGone                 // a tombstone without
)

// record is what the store should have of the pair held.
func (s *step) record(status messages.Status) messages.Record { return s.recordOf(s.pair, status) }

func (s *step) recordOf(p pair, status messages.Status) messages.Record {
	r := messages.Record{
		Identity:   s.rules.Identity,
		Grant:      p.grant,
		Generation: p.generation,
		Token:      p.token,
		Status:     status,
		Written:    s.now.Round(0),
		Renewer:    p.renewer,
	}
	if p.dropped {
		r.Rejected = messages.DigestOf(p.token.Access)
	}
	return r
}

func (s *step) swapOf(r messages.Record) Swap {
	return Swap{Prev: s.rev, Record: r, Op: s.newOp()}
}

// written notes that a write of ours has landed, and reports whether it is still
// the newest that is known: the watch may have told of what came after it.
func (s *step) written(rev messages.Rev) bool {
	if rev < s.rev {
		return false
	}
	s.rev, s.sight = rev, sighting{}
	return true
}

func (s *step) sendSwap(w Swap) {
	s.run.swap = w
	s.do(Save{Leaf: s.send(saving, s.settings.SaveTimeout), Swap: w})
}

// sendSave writes the pair that was minted, or again the one held. An open write
// is resent as it was: only that, or a later one, closes it.
func (s *step) sendSave() {
	s.run.write, s.run.slotted = writePair, false
	switch {
	case s.run.minted.generation != 0:
		s.sendSwap(s.swapOf(s.recordOf(s.run.minted, messages.Alive)))
	case s.unsaved.open:
		s.sendSwap(*s.unsaved.swap)
	default:
		s.sendSwap(s.swapOf(s.record(messages.Alive)))
	}
}

func (s *step) savedBy(o Outcome) {
	switch s.run.write {
	case writePair:
		s.pairSaved(o)
	case writeDeath:
		s.deathSaved(o)
	case writeRelease:
		s.released(o)
	case writeTomb:
		s.tombSaved(o)
	case writeGone:
		s.goneSaved(o)
	}
}

// released does not mind: a claim that still stands is waited for and taken over.
func (s *step) released(o Outcome) {
	if w, ok := o.(Written); ok {
		s.written(w.Rev)
	}
	s.finish()
}

func (s *step) pairSaved(o Outcome) {
	switch o := o.(type) {
	case Written:
		s.written(o.Rev)
		s.pairKept()
	case Conflict:
		s.unsaved.open, s.run.claimed = false, false
		s.load()
	case Unwritten:
		s.keepUnsaved(messages.Failure{Reason: "store: " + o.Reason}, o.Open)
	case TimedOut:
		s.keepUnsaved(messages.Failure{Reason: "store: no answer in time"}, true)
	case Granted, Found, NotFound, Foreign, Unread, Minted, Ended, Failed:
		panic("BUG: not an outcome of Save")
	}
}

// pairKept goes on after a pair has been saved.
func (s *step) pairKept() {
	if s.unsaved.waiting {
		s.unsaved = unsaved{}
		s.emit(messages.Saved{Header: s.head()})
	}
	switch {
	case s.run.minted.generation != 0:
		s.installMinted()
	case s.run.purpose == renew:
		s.queue()
	default:
		s.endResave()
	}
}

// endResave ends a run that only saved. Whoever found the token stale meanwhile
// has had no effect, so the next one counts again.
func (s *step) endResave() {
	s.finish()
	if s.state == Stale {
		s.publish()
	}
}

// keepUnsaved gives a new pair out though the store does not have it: the old
// one may be spent. Saving is tried again until it succeeds.
func (s *step) keepUnsaved(f messages.Failure, open bool) {
	first := s.run.minted.generation != 0
	if first && s.superseded() {
		s.endSuperseded()
		return
	}
	if !first && !s.unsaved.waiting { // what the store has was adopted instead
		s.pairKept()
		return
	}
	again := s.run.purpose == renew && !first
	swap := s.run.swap
	s.unsaved.waiting, s.unsaved.swap, s.unsaved.open = true, &swap, open
	s.unsaved.tries++
	s.unsaved.due = s.now.Add(s.resaveIn())
	switch {
	case first:
		s.unsaved.tries = 1
		s.installMinted()
		s.emit(messages.Unsaved{Header: s.head(), Cause: f})
	case again:
		s.mintFailed(f)
	default:
		s.endResave()
	}
}

// resaveIn is the back-off before a pair that could not be saved is tried again. Where
// another may spend the token that it was renewed from, it stays below the room that such a one
// leaves for a slow Save: it counts on from when the store answers again.
func (s *step) resaveIn() time.Duration {
	most := s.settings.BackoffMax
	if s.rules.OneTime && s.settings.Store.Shared {
		most = min(most, takeoverRoom)
	}
	return clockutil.Backoff(againBase, most, s.unsaved.tries-1, s.jitter(saltSave<<32|uint64(s.unsaved.tries)))
}

// reconcile is the generation rule: after a conflict a minted pair is written
// whenever the record still has the (grant, generation) that was spent, even if
// our claim has been lost meanwhile. If it has moved on, the pair is dropped; if it is of
// another grant or revoked, the pair is ended at the server.
func (s *step) reconcile(r *messages.Record) {
	m := s.run.minted
	switch {
	case r == nil:
		s.sendSave()
	case r.Status.Tombstone(), s.rules.OneTime && r.Grant > m.grant:
		s.stray(m.token)
		s.endOvertaken()
	case !r.Newer(m.grant, m.generation-1):
		s.sendSave()
	case s.rules.OneTime || s.pair.serves(s.now):
		s.endOvertaken()
	default: // the grant can be used again, and what was found is of no use
		s.run.minted.grant, s.run.minted.generation = r.Grant, r.Generation+1
		s.sendSave()
	}
}

// installMinted makes the minted pair the one held and tells all who wait. It is
// behind the same guard as minted: the watch may have told of something newer
// while the pair was being saved.
func (s *step) installMinted() {
	given := s.run.purpose == install
	login := s.run.login
	if s.superseded() {
		s.endSuperseded()
		return
	}
	if s.run.purpose == establish {
		s.stray(s.pair.token) // where the server has not ended it
		s.doubt = doubt{}
	}
	s.takeUp(s.run.minted)
	s.finish()
	if given || login != nil && !s.rules.later(*s.given, s.pair.token) {
		s.given, s.offered = none, false
	}
	if s.state == Closed {
		return
	}
	s.announce()
	s.revoke = revocation{strays: s.revoke.strays}
	s.showInstalled(given)
	if login != nil {
		s.tell(login.caller, messages.Reply{})
	}
}

// showInstalled gives out the new pair, if it is good.
func (s *step) showInstalled(given bool) {
	switch {
	case s.pair.serves(s.now):
		s.recover()
		s.settle()
		s.publish()
		s.settleHeld()
	case given, s.pair.dropped:
		s.recover()
		s.state = Expired
		s.do(Withdraw{})
	default:
		s.giveOnce()
	}
}

// superseded reports whether the pair that was minted may not be held any more.
func (s *step) superseded() bool {
	m := s.run.minted
	return s.buried() || !newer(m.grant, m.generation, s.pair.grant, s.pair.generation)
}

// buried reports whether the grant that the run has renewed, or was to install, was
// revoked meanwhile.
func (s *step) buried() bool {
	switch s.run.purpose {
	case renew:
		return s.state == Revoked || s.revoke.landed && s.run.spent.grant <= s.pair.grant
	case install:
		return s.state == Revoked || s.revoke.landed && s.run.minted.grant <= s.pair.grant
	case establish:
		return s.state == Revoked || s.revoke.landed && !s.run.overTomb
	case nothing, resave, revoke, discard:
	}
	return s.state == Revoked
}

// endSuperseded ends at the server what belongs to another grant than the
// one held by now, and drops what has been overtaken.
func (s *step) endSuperseded() {
	m := s.run.minted
	buried := s.buried()
	if s.run.purpose != install && (buried || s.pair.grant != m.grant) {
		s.stray(m.token)
	}
	if buried {
		s.tellLogin(messages.ErrRevoked)
	}
	s.tellLogin(nil) // a newer one is there
	s.endOvertaken()
}

// announce tells what a new pair means.
func (s *step) announce() {
	expiry := s.pair.token.Expiry
	if s.pair.generation == 1 {
		s.emit(messages.Acquired{Header: s.head(), Expiry: expiry})
	} else {
		s.emit(messages.Renewed{Header: s.head(), Expiry: expiry})
	}
}

// recover ends a series of failures.
func (s *step) recover() {
	if s.failures > 0 {
		s.emit(messages.Recovered{Header: s.head(), Failures: s.failures})
	}
	s.failures, s.cause = 0, cause{}
}

// giveOnce is a new token that is already within its margin: those who wait get
// it, if it lives at all, and the endpoint is left alone for a while, as after a
// failure.
func (s *step) giveOnce() {
	s.do(Withdraw{})
	s.failures++
	s.failedAt = s.now
	s.cause = cause{failure: messages.Failure{Reason: "the token endpoint gives tokens that have run out when they arrive"}}
	s.due = s.now.Add(s.settings.coolDown(s.failures, s.cause.failure))
	s.state = Cooling
	if s.left() > 0 {
		s.settleHeld()
	}
	s.failHeld(s.cause.error(s.dueIn()))
}
