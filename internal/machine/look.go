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
		if s.rev > 0 && s.settings.Store.Shared {
			s.unread("answered with an old revision")
			return
		}
		// Where nobody else writes, somebody has removed the record.
		s.see()
		s.looked, s.rev, s.run.claimed = true, 0, false
		s.showSeen()
		s.afterLook(nil)
	case Foreign:
		s.foreign("the store's record cannot be read: a newer version may have written it, and must go on with it, or it is sealed by a key that this process does not have")
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
		s.foreign("the store's record is another session's")
	case s.installs() && s.takesGiven(&o.Record):
		s.holdBack(o.Record)
		s.rev, s.run.claimed = o.Rev, false
		s.looked = true
		s.afterLook(&o.Record)
	default:
		s.see()
		s.absorb(o.Rev, o.Record)
		s.looked = true
		s.showSeen()
		s.afterLook(&o.Record)
	}
}

// owns reports whether a record is this session's. A store that adapts a
// classic one cannot know identities and leaves them zero.
func (s *step) owns(r messages.Record) bool {
	return r.Identity == s.rules.Identity || r.Identity == messages.Digest{}
}

// foreign is a record that must be neither used nor overwritten.
func (s *step) foreign(why string) {
	f := messages.Failure{Verdict: messages.Hopeless, Reason: why}
	switch {
	case s.run.purpose == revoke:
		s.looked = false // what is held is revoked, though no tombstone says so
		if s.revoke.given {
			s.stray(*s.given)
			s.given, s.offered, s.revoke.given = none, false, false
		}
		s.revokeFailed(f)
	case s.run.minted.generation != 0, s.run.purpose == resave:
		s.keepUnsaved(f, false)
	case s.run.purpose == establish:
		s.endLogin(cause{kind: misused, failure: f}.error(0))
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
	case s.rules.OneTime, s.rules.Human, s.run.purpose == install, s.run.purpose == establish, s.state == Closed:
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
		if rev > s.revoke.over.rev {
			s.revoke.over = successor{rev, r.Grant, r.Generation, r.Status.Tombstone()}
		}
		return
	}
	known := s.looked && rev == s.rev
	s.sights(rev, r.Claim)
	if known {
		return
	}
	s.rev = rev
	if s.run.claimed {
		s.run.claimed = s.owned(r.Claim)
	}
	same := r.Grant == s.pair.grant && r.Generation == s.pair.generation
	other := r.Token.Access != s.pair.token.Access
	had := s.pair.generation
	if had > 0 && (other && (s.unsaved.waiting || s.revoke.alone) || s.pair.token.IsZero()) {
		had-- // what was held before the pair was renewed, or before the session slept
	}
	switch {
	case r.Status.Tombstone():
		s.entomb(r)
	case same && s.unsaved.waiting && !other:
		s.unsaved = unsaved{} // the open Save has landed
		s.emit(messages.Saved{Header: s.head()})
		if r.Status == messages.Dead {
			s.adoptDeath(r)
		}
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

// overBuried reports whether a record is of a new grant over the tombstone behind which we
// are still ending the old one, though that grant has been revoked, too. It is none of that
// run's business, and is looked at when that run has ended.
func (s *step) overBuried(r messages.Record) bool {
	over := r.Grant > s.pair.grant || s.revoke.over.rev > 0 && r.Grant >= s.revoke.over.grant
	return s.revoke.wanted && s.revoke.landed && (over || !r.Status.Tombstone())
}

// afterLook decides how a run goes on; r is the record, nil: there is none.
func (s *step) afterLook(r *messages.Record) {
	if s.offered && s.run.purpose != revoke && !s.takesGiven(r) {
		s.given, s.offered = none, false
	}
	if r != nil && s.staysDead(*r) {
		s.adoptDeath(*r)
	}
	switch {
	case s.run.purpose == revoke:
		s.afterLookRevoke(r)
	case s.run.purpose == resave:
		s.afterLookResave()
	case s.run.purpose == establish:
		s.afterLookLogin(r)
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
	case s.seen && s.backsOff():
		s.finish()
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
func (s *step) moved() bool { return s.state == Revoked || s.overtaken() }

// overtaken reports whether a newer pair is held than the one that was spent.
func (s *step) overtaken() bool {
	return newer(s.pair.grant, s.pair.generation, s.run.spent.grant, s.run.spent.generation)
}

// lost is a kind that needs a human, with nothing to renew from.
func (s *step) lost() {
	s.finish()
	s.settleBarren()
	if s.state == Ending {
		s.publish()
	}
	if s.refreshOver() {
		s.emit(messages.Denied{Header: s.head(), Cause: s.cause.failure})
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
