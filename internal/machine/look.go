package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// loaded takes what the store has.
func (s *step) loaded(o Outcome) {
	switch o := o.(type) {
	case Found:
		s.found(o)
	case NotFound:
		if s.rev > 0 {
			s.unread("answered with an old revision")
			return
		}
		s.looked = true
		s.afterLook(nil)
	case Foreign:
		s.foreign()
	case Unread:
		s.unread(o.Reason)
	case TimedOut:
		s.unread("no answer in time")
	case Granted, Written, Conflict, Unwritten, Minted, Ended, Failed:
		panic("BUG: not an outcome of Load")
	}
}

func (s *step) found(o Found) {
	switch {
	case o.Rev < s.rev:
		s.unread("answered with an old revision")
	case !s.owns(o.Record):
		s.foreign()
	case s.installs() && s.takesGiven(&o.Record):
		s.rev, s.run.claimed = o.Rev, false
		s.looked = true
		s.afterLook(&o.Record)
	default:
		s.absorb(o.Rev, o.Record)
		s.looked = true
		s.afterLook(&o.Record)
	}
}

// installs reports whether a run that looks at the store may find that the token
// offered is to be installed. What is found is then nobody's cause any more.
func (s *step) installs() bool {
	return s.offered && s.state != Closed &&
		(s.run.purpose == install || s.run.purpose == renew && s.run.minted.generation == 0)
}

// owns reports whether a record is this session's. A store that adapts a
// classic one cannot know identities and leaves them zero.
func (s *step) owns(r messages.Record) bool {
	return r.Identity == s.rules.Identity || r.Identity == messages.Digest{}
}

// foreign is a record that must be neither used nor overwritten.
func (s *step) foreign() {
	f := messages.Failure{Verdict: messages.Hopeless, Reason: "the store's record is another session's"}
	switch {
	case s.run.purpose == revoke:
		s.revokeFailed(f)
	case s.run.minted.generation != 0, s.run.purpose == resave:
		s.keepUnsaved(f, false)
	default:
		s.giveUp(cause{kind: misused, failure: f})
	}
}

// unread is a store that does not say what it has. A grant that can be used
// again is used without it; one that can be used once is not risked.
func (s *step) unread(reason string) {
	s.sight.last = time.Time{}
	f := messages.Failure{Reason: "store: " + reason}
	switch {
	case s.run.purpose == revoke:
		s.tombUnsaved(f)
	case s.run.minted.generation != 0, s.run.purpose == resave:
		s.keepUnsaved(f, false)
	case s.rules.OneTime, s.rules.Human, s.run.purpose == install, s.state == Closed:
		s.mintFailed(f)
	case s.run.slotted:
		s.beginGrant()
		s.mint()
	default:
		s.queue()
	}
}

// absorb takes over what a record has that is newer than what is held. Only a
// higher revision replaces anything.
func (s *step) absorb(rev messages.Rev, r messages.Record) {
	if s.overBuried(r) {
		return
	}
	known := s.looked && rev == s.rev
	s.sights(rev, r.Claim)
	if known {
		return
	}
	s.rev = rev
	s.run.claimed = s.run.claimed && s.owned(r.Claim)
	same := r.Grant == s.pair.grant && r.Generation == s.pair.generation
	had := s.pair.generation
	if had > 0 && (s.unsaved.waiting || s.pair.token.IsZero()) {
		had-- // what was held before the pair was renewed, or before the session slept
	}
	switch {
	case r.Status.Tombstone():
		s.entomb(r)
	case same && s.unsaved.waiting && r.Status == messages.Alive && r.Token.Access == s.pair.token.Access:
		s.unsaved = unsaved{} // the open Save has landed
		s.emit(messages.Saved{Header: s.head()})
	case r.Newer(s.pair.grant, had):
		s.adopt(r)
	case same && r.Status == messages.Dead:
		s.adoptDeath(r)
	case same && s.rules.RenewalRevokes && s.sight.claim.Owner != "":
		s.withholdRevoked()
	case same && s.rules.RenewalRevokes && r.Claim.Owner == "":
		s.restoreWithheld()
	}
}

// overBuried reports whether a record is a new grant over the tombstone behind
// which we are still ending the old one. It is none of that run's business, and
// is looked at when that run has ended.
func (s *step) overBuried(r messages.Record) bool {
	over := s.revoke.wanted && s.revoke.landed && !r.Status.Tombstone()
	s.revoke.over = s.revoke.over || over
	return over
}

// adopt takes a pair that another process, or this one before it slept, has
// saved. It is what is renewed from; it is given out if it is good.
func (s *step) adopt(r messages.Record) {
	woken := !s.looked
	if s.unsaved.waiting && r.Grant != s.pair.grant || s.revoke.wanted && !s.rules.OneTime {
		s.stray(s.pair.token)
	}
	s.pair, s.doubt, s.unsaved = s.restored(r), doubt{}, unsaved{}
	s.failures, s.cause = 0, cause{}
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
	s.showAdopted()
}

// showAdopted gives out an adopted pair that is good, and otherwise takes back
// what was given out before it.
func (s *step) showAdopted() {
	s.settle()
	if s.rules.RenewalRevokes && s.sight.claim.Owner != "" {
		s.state = Expired
	}
	switch {
	case s.state.valid():
		s.publish()
		s.serveHeld()
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
	case s.state == Fresh:
		s.state = Stale
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
	return r.Status == messages.Dead && !s.offered && s.run.purpose != revoke && s.run.minted.generation == 0 &&
		r.Grant == s.pair.grant && r.Generation == s.pair.generation
}

// changed is told by the store's watch of a newer revision.
func (s *step) changed(ev Changed) {
	if ev.Rev <= s.rev || !s.owns(ev.Record) || s.echoes(ev.Record) {
		return
	}
	if s.installs() && s.takesGiven(&ev.Record) { // the run's own look comes to the same
		return
	}
	if s.state == Empty {
		s.note(ev)
		return
	}
	s.absorb(ev.Rev, ev.Record)
	s.looked = true
	if s.sight.rev == ev.Rev && s.sight.claim.Owner != "" {
		s.sight.arrived = s.now
	}
	s.afterChange()
}

// echoes reports whether a record is the pair that is being saved: the store tells
// of it before it answers. It is not another's.
func (s *step) echoes(r messages.Record) bool {
	w := s.run.swap.Record
	return s.run.stage == saving && s.run.write == writePair && r.Status == messages.Alive &&
		r.Grant == w.Grant && r.Generation == w.Generation && r.Token.Access == w.Token.Access
}

// note remembers the place of a record that nobody has asked for yet.
func (s *step) note(ev Changed) {
	s.rev = ev.Rev
	s.pair = pair{grant: ev.Record.Grant, generation: ev.Record.Generation}
	s.revoke.landed = ev.Record.Status.Tombstone()
}

// afterChange lets a run that waits look at what has come instead.
func (s *step) afterChange() {
	switch s.run.stage {
	case queued, pausing:
		if s.run.purpose == renew {
			s.endNeedless()
		}
	case watching:
		s.endNeedless()
		if s.run.active() {
			s.resume()
		}
	case resting, loading, claiming, minting, saving, revoking:
	}
}

// endNeedless ends a renewal that waits for what has come already, or cannot
// come any more.
func (s *step) endNeedless() {
	switch s.state {
	case Fresh, Stale:
		if s.enough() {
			s.finish()
			s.settle()
		}
	case Ending, Dead:
		s.finish()
	case Revoked:
		if s.rules.Human {
			s.finish()
		}
	case Empty, Acquiring, Expired, Cooling, Closed:
	}
}

// afterLook decides how a run goes on; r is the record, nil: there is none.
func (s *step) afterLook(r *messages.Record) {
	if s.offered && s.run.purpose != revoke && !s.takesGiven(r) {
		s.given, s.offered = messages.Token{}, false
	}
	if r != nil && s.staysDead(*r) {
		s.adoptDeath(*r)
	}
	switch {
	case s.run.purpose == revoke:
		s.afterLookRevoke(r)
	case s.run.purpose == resave:
		s.afterLookResave()
	case s.run.purpose == renew && s.run.minted.generation != 0:
		s.reconcile(r)
	case s.state == Closed:
		s.release()
	case s.offered:
		s.installGiven(r)
	case s.run.purpose == install:
		s.endInstall()
	case s.run.denied && !s.moved():
		s.saveDeath()
	default:
		s.afterLookRenew()
	}
}

func (s *step) afterLookRenew() {
	s.run.denied = false
	s.doubtDeadOwner()
	switch {
	case s.state == Revoked && s.rules.Human:
		s.failHeld(messages.ErrRevoked)
		s.finish()
	case s.state == Dead, s.state == Ending:
		s.finish()
	case s.state == Revoked:
		s.state = Acquiring
		s.afterLookRenew()
	case s.enough():
		s.finish()
		s.settle()
	case s.barren():
		s.lost()
	case s.standsBy():
		s.standBy()
	case s.run.slotted:
		s.claimOrMint()
	default:
		s.queue()
	}
}

// enough reports whether the pair held is fresh and all who are held have what
// they want.
func (s *step) enough() bool {
	return s.state.valid() && len(s.held) == s.gone && s.now.Before(s.pair.staleAt)
}

// moved reports whether another pair is held than the one that was spent.
func (s *step) moved() bool {
	return s.state == Revoked ||
		newer(s.pair.grant, s.pair.generation, s.run.spent.grant, s.run.spent.generation)
}

// lost is a kind that needs a human, with nothing to renew from.
func (s *step) lost() {
	s.finish()
	s.settleBarren()
	if s.state == Ending {
		s.publish()
	}
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
	return s.given.Issued.After(r.Token.Issued)
}

// installGiven saves the given token as a new grant.
func (s *step) installGiven(r *messages.Record) {
	grant := s.pair.grant
	if r != nil {
		grant = max(grant, r.Grant)
	}
	s.run.spent = pair{grant: s.pair.grant, generation: s.pair.generation}
	s.run.minted = s.place(s.timed(s.given), grant+1, 1, s.settings.Name)
	s.run.purpose = install
	s.offer() // over a tombstone that is known by now
	s.sendSave()
}

// endInstall is a given token that did not win: the session is again what it was
// before the token was offered.
func (s *step) endInstall() {
	s.finish()
	if s.state != Acquiring {
		return
	}
	switch {
	case s.revoke.landed && s.rules.Human:
		s.state = Revoked
		s.failHeld(messages.ErrRevoked)
	case s.cause.final():
		s.state = Dead
		s.failHeld(s.cause.error(0))
	default:
		s.settle()
	}
}

// afterLookResave writes the pair held again, unless what was found has taken its place.
func (s *step) afterLookResave() {
	if s.unsaved.waiting {
		s.sendSave()
		return
	}
	s.endResave()
}
