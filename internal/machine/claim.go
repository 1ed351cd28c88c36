package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
)

// sighting is another's claim, as long as it stands.
type sighting struct {
	rev     messages.Rev
	claim   messages.Claim
	seen    time.Duration // how long it has been seen, while the store answered
	last    time.Time     // the last look at it; zero: the store has failed since
	arrived time.Time     // the watch told of it at this moment; zero: it was found
}

// sights notes the claim that a revision shows.
func (s *step) sights(rev messages.Rev, c messages.Claim) {
	switch {
	case c.Owner == "" || c.Owner == s.settings.Owner:
		s.sight = sighting{}
	case s.sight.rev == rev:
		if !s.sight.last.IsZero() {
			s.sight.seen += min(s.now.Sub(s.sight.last), s.settings.LeafTimeout)
		}
		s.sight.last = s.now
	default:
		s.sight = sighting{rev: rev, claim: c, last: s.now}
	}
}

// owned reports whether a claim is the one of the run under way.
func (s *step) owned(c messages.Claim) bool {
	return c.Owner == s.settings.Owner && c.Number == s.run.number
}

// takeoverIn returns how long another's claim must still be respected; zero or
// less: it may be taken over.
//
// An owner that is silent may have spent the refresh token. Where the grant can be used
// again, 1.25 times the claim is enough; where it can be used once, the access
// token must have entered its margin too, and there must have been time for a
// late answer and a slow save. A server that forgives reuse for a while, and a watch
// that saw the claim arrive, allow it earlier.
func (s *step) takeoverIn() time.Duration {
	c := s.sight.claim
	if !s.settings.Store.Shared {
		return 0 // nobody else lives: the owner is dead
	}
	soon := c.Length*5/4 - s.sight.seen
	if !s.rules.OneTime || soon <= 0 && s.withinGrace(c) {
		return soon
	}
	late := c.Length + s.settings.LeafTimeout + takeoverRoom - s.sight.seen
	if !s.rules.RenewalRevokes && s.pair.lives(s.now) {
		late = max(late, s.pair.expiredAt.Sub(s.now))
	}
	return late
}

// longest is for how long another's claim is respected at most, on its own account.
func (s *Session) longest(c messages.Claim) time.Duration {
	return max(c.Length*5/4, c.Length+s.settings.LeafTimeout+takeoverRoom)
}

func (s *step) withinGrace(c messages.Claim) bool {
	return !s.sight.arrived.IsZero() && !c.Doubt &&
		s.now.Sub(s.sight.arrived) < s.rules.ReuseGrace-c.Length
}

// standsBy reports whether another is renewing.
func (s *step) standsBy() bool {
	return s.sight.claim.Owner != "" && s.takeoverIn() > 0
}

// standBy leaves the renewal to another. Who has callers, or must have a token
// all the same, looks at the store again and again; who has not comes back when
// that claim should have ended.
func (s *step) standBy() {
	if len(s.held) > s.gone || s.rules.KeepAlive && s.state == Acquiring {
		poll := min(max(s.sight.claim.Length/8, 250*time.Millisecond), 2*time.Second)
		s.pause(watching, poll+clockutil.Spread(poll/4, s.jitter(saltWatch)))
		return
	}
	s.finish()
	switch s.state {
	case Acquiring:
		s.state = Expired
	case Stale:
		s.due = s.now.Add(s.sight.claim.Length/2 + clockutil.Spread(s.sight.claim.Length/4, s.jitter(saltWatch)))
		s.publish()
	case Empty, Fresh, Ending, Expired, Cooling, Dead, Revoked, Closed:
	}
}

// claimOrMint has a slot and knows the record. A claim is skipped where nobody
// could see it, and where a second use does no harm.
func (s *step) claimOrMint() {
	s.beginGrant()
	store := s.settings.Store
	switch {
	case s.barren():
		s.lost()
	case s.now.Before(s.mayTryAgainAt()):
		s.leaveDoubt()
	case store.Shared, store.Durable && s.rules.OneTime:
		s.claim()
	case s.unsaved.waiting && s.rules.OneTime: // which a claim would have saved
		s.sendSave()
	default:
		s.mint()
	}
}

// leaveDoubt does not send a refresh token that may be spent.
func (s *step) leaveDoubt() {
	s.giveUp(cause{failure: messages.Failure{Reason: "the refresh token may be spent"}})
}

// beginGrant starts a new grant over a tombstone.
func (s *step) beginGrant() {
	switch {
	case s.revoke.landed:
		if !s.revoke.ended {
			s.stray(s.pair.token)
		}
		s.pair = pair{grant: s.pair.grant + 1}
		s.revoke = revocation{strays: s.revoke.strays}
	case s.pair.grant == 0:
		s.pair.grant = 1
	}
}

// claim writes "I am renewing" into the record. A claim over another's carries
// the doubt whether that one has spent the token.
func (s *step) claim() {
	if s.sight.claim.Owner != "" && s.rules.OneTime && !s.doubted() {
		s.doubt = doubt{sent: s.spentBy()}
	}
	s.run.claimSent = s.now
	w := s.swapOf(s.record(messages.Alive))
	w.Record.Claim = messages.Claim{
		Owner:  s.settings.Owner,
		Number: s.run.number,
		Length: s.claimLength(),
		Doubt:  s.doubted(),
	}
	s.do(Claim{Leaf: s.send(claiming, s.settings.LeafTimeout), Swap: w})
}

// doubtDeadOwner takes over the doubt of a claim in a store that nobody else
// writes: its owner has died, and may have spent the token before.
func (s *step) doubtDeadOwner() {
	if s.sight.claim.Owner != "" && !s.settings.Store.Shared && s.rules.OneTime && !s.doubted() {
		s.doubt = doubt{sent: s.spentBy()}
	}
}

// spentBy is the earliest moment at which the owner of a claim that is taken
// over may have spent the token. Where the watch has not seen the claim arrive, a
// server that forgives reuse for a while may have ceased to.
func (s *step) spentBy() time.Time {
	if s.sight.arrived.IsZero() {
		return s.now.Add(-s.rules.ReuseGrace)
	}
	return s.sight.arrived.Add(-s.sight.claim.Length)
}

func (s *step) claimLength() time.Duration {
	life := s.pair.token.Lifetime()
	if life <= 0 {
		life = time.Hour
	}
	return s.settings.claimFor(life, s.rules.ReuseGrace)
}

// claimedBy takes what became of the claim. An open one may be abandoned: no
// Mint has been sent under it.
func (s *step) claimedBy(o Outcome) {
	switch o := o.(type) {
	case Written:
		if o.Rev < s.rev { // it has landed, and was overtaken
			s.load()
			return
		}
		s.run.claimed = s.written(o.Rev)
		s.mintInTime()
	case Conflict:
		s.load()
	case Unwritten:
		s.unread(o.Reason)
	case TimedOut:
		s.unread("no answer in time")
	case Granted, Found, NotFound, Foreign, Unread, Minted, Ended, Failed:
		panic("BUG: not an outcome of Claim")
	}
}

// mintInTime mints only if less than half the claim has passed since before it
// was sent, and it is known how much has; the call may take the other half. A server that
// forgives reuse for a while may have ceased to meanwhile.
func (s *step) mintInTime() {
	switch {
	case s.state == Closed, s.elapsed(s.run.claimSent) >= s.claimLength()/2:
		s.mintFailed(messages.Failure{Reason: "the claim took too long"})
	case clockutil.SetBack(s.run.claimSent, s.now):
		s.mintFailed(messages.Failure{Reason: "the clock was set back while the claim was written"})
	case s.now.Before(s.mayTryAgainAt()):
		s.leaveDoubt()
	default:
		s.mint()
	}
}

// elapsed is the time since then by the monotonic or the wall clock, whichever
// has moved more: the monotonic one stands still while a machine is suspended.
func (s *step) elapsed(then time.Time) time.Duration {
	return max(s.now.Sub(then), s.now.Round(0).Sub(then.Round(0)))
}

// release ends our own claim after a clean give-up, so that nobody waits for
// it. One that carries a doubt is left standing: it is the doubt.
func (s *step) release() {
	if !s.run.claimed || s.doubted() {
		s.finish()
		return
	}
	s.run = &run{purpose: resave, number: s.run.number, write: writeRelease}
	s.sendSwap(s.swapOf(s.record(messages.Alive)))
}

// doubted reports whether a one-time grant may have been spent.
func (s *step) doubted() bool { return !s.doubt.sent.IsZero() }
