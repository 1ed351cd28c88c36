package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// mint asks the endpoint for a token.
func (s *step) mint() {
	s.run.attempt++
	s.run.spent = pair{grant: s.pair.grant, generation: s.pair.generation}
	if s.rules.RenewalRevokes && s.state == Stale {
		s.state = Acquiring
		s.do(Withdraw{})
	}
	m := Mint{Attempt: s.run.attempt, ClientIP: s.run.ip}
	if s.rules.OneTime {
		m.Refresh = s.pair.token.Refresh
	}
	m.Leaf = s.send(minting, s.mintDeadline())
	s.do(m)
}

func (s *step) mintDeadline() time.Duration {
	if s.run.claimed {
		return min(s.settings.LeafTimeout, s.claimLength()/2)
	}
	return s.settings.LeafTimeout
}

func (s *step) mintedBy(o Outcome) {
	s.run.slotted = s.run.purpose == revoke
	switch o := o.(type) {
	case Minted:
		s.minted(o.Token)
	case Failed:
		s.mintFailed(o.Failure)
	case TimedOut:
		s.remember()
		s.mintFailed(messages.Failure{Verdict: messages.Doubtful, Reason: "no answer in time"})
	case Granted, Found, NotFound, Foreign, Written, Conflict, Unwritten, Unread, Ended:
		panic("BUG: not an outcome of Mint")
	}
}

// minted takes a new token. The commit guard: one that comes after a Revoke, or for another
// grant than the one held by now, is ended at the server; one that has been
// overtaken by a newer one of its own grant is only dropped, since many servers
// end the whole family with one of its tokens.
func (s *step) minted(t messages.Token) {
	overtaken := s.pair.generation != s.run.spent.generation
	switch {
	case s.run.purpose == revoke:
		s.revokeMinted(s.inherit(t))
	case s.run.purpose == establish:
		s.loggedIn(t)
	case s.buried(), s.pair.grant != s.run.spent.grant:
		s.stray(t)
		s.endOvertaken()
	case overtaken, s.state == Closed && !s.rules.OneTime:
		s.endOvertaken()
	default:
		s.commit(s.inherit(t))
	}
}

// inherit fills in what an answer leaves out.
func (s *step) inherit(t messages.Token) messages.Token {
	// "The authorization server MAY issue a new refresh token, in which case
	// the client MUST discard the old refresh token [...]"
	// https://www.rfc-editor.org/rfc/rfc6749#section-6
	if s.rules.OneTime && t.Refresh == "" {
		t.Refresh, t.RefreshExpiry = s.pair.token.Refresh, s.pair.token.RefreshExpiry
	}
	return s.told(t)
}

// told is timed for an answer, and says so.
func (s *step) told(t messages.Token) messages.Token {
	if t.Expiry.IsZero() {
		t = s.timed(t)
		s.emit(messages.LifetimeMissing{Header: s.head(), Assumed: assumedLife})
	}
	return t
}

// commit saves a new pair; only then is anybody told of it.
func (s *step) commit(t messages.Token) {
	s.doubt = doubt{}
	s.run.minted = s.place(t, s.run.spent.grant, s.run.spent.generation+1, s.settings.Name)
	s.sendSave()
}

// endOvertaken drops what was minted: a newer pair of the same grant is held.
func (s *step) endOvertaken() {
	s.finish()
	if s.state == Stale || s.state == Acquiring {
		s.settle()
		s.serveHeld()
	}
}

// stray notes a pair that must not live.
func (s *step) stray(t messages.Token) {
	if s.rules.Revocable && !t.IsZero() {
		s.revoke.strays = append(s.revoke.strays, t)
	}
}

// late is an answer that is not waited for any more. A pair that comes after its leaf was
// given up is not lost as long as the token that it was renewed from is held and
// nobody is spending that again.
func (s *step) late(ev Done) {
	m, ok := ev.Outcome.(Minted)
	if !ok || ev.Leaf == 0 || s.endLost(ev.Leaf, m.Token) {
		return
	}
	if s.givenUp.proofs && ev.Leaf == s.givenUp.leaf {
		s.lateLogin(m.Token)
		return
	}
	if ev.Leaf != s.doubt.leaf {
		return
	}
	s.doubt.leaf = 0
	if s.run.stage.binding() {
		return
	}
	if s.state == Revoked {
		s.stray(m.Token)
		return
	}
	s.putOff()
	s.finish()
	s.start(renew)
	s.run.spent = pair{grant: s.pair.grant, generation: s.pair.generation}
	s.minted(m.Token)
}

// remember notes a Mint that is given up: its answer may come all the same.
func (s *step) remember() {
	s.givenUp = givenUp{leaf: s.run.leaf, grant: s.run.spent.grant, proofs: s.run.purpose == establish}
}

// endLost reports whether a Mint that was given up has brought what must not
// live: after a Revoke, or for another grant than the one held by now.
func (s *step) endLost(leaf uint64, t messages.Token) bool {
	kept := !s.givenUp.buried && s.state != Revoked && s.pair.grant == s.givenUp.grant
	if leaf != s.givenUp.leaf || kept {
		return false
	}
	s.givenUp = givenUp{}
	s.stray(t)
	return true
}

// mintFailed is a renewal that brought no token: from the endpoint, or before it
// from the store.
func (s *step) mintFailed(f messages.Failure) {
	f.Attempt = s.run.attempt
	if s.run.purpose == revoke {
		s.revokeMintFailed(f)
		return
	}
	if s.run.purpose == establish {
		s.loginFailed(f)
		return
	}
	if s.rules.OneTime && f.Verdict == messages.Doubtful {
		s.becomeDoubtful(f)
	}
	switch {
	case s.rules.OneTime && f.Verdict == messages.GrantDenied:
		s.denied(f)
	case s.retries(f):
		s.run.tries++
		s.pause(pausing, max(retryAfter(f), s.retryIn()))
	default:
		s.giveUp(cause{failure: f})
	}
}

// becomeDoubtful remembers that the refresh token may be spent: the one that was
// sent, unless a newer one is held by now.
func (s *step) becomeDoubtful(f messages.Failure) {
	if s.overtaken() {
		return
	}
	sent := s.run.since
	if s.doubted() { // the first request that may have spent it counts
		sent = s.doubt.sent
	}
	s.doubt = doubt{sent: sent, deadline: s.run.deadline, leaf: s.run.leaf}
	s.emit(messages.Doubted{Header: s.head(), Cause: f})
}

// retries reports whether the same renewal tries again: only while somebody
// waits and there is nothing else to give him.
func (s *step) retries(f messages.Failure) bool {
	switch f.Verdict {
	case messages.Hopeless, messages.GrantDenied:
		return false
	case messages.Transient, messages.Doubtful:
	}
	return s.state == Acquiring && len(s.held) > s.gone &&
		s.run.tries < s.settings.Retries &&
		retryAfter(f) <= retryMax &&
		!s.revivable(f)
}

// revivable reports whether a token that was withdrawn for the Mint is still
// good, since the server has definitely not renewed it.
func (s *step) revivable(f messages.Failure) bool {
	return s.state == Acquiring && f.Verdict != messages.Doubtful && !s.doubted() &&
		s.run.attempt > 0 && s.pair.serves(s.now)
}

// mayTryAgainAt returns when a doubtful refresh token may be sent again: while
// the server forgives reuse, or when nothing valid is held.
func (s *step) mayTryAgainAt() time.Time {
	if !s.doubted() || !s.pair.lives(s.now) || s.rules.RenewalRevokes {
		return s.now
	}
	if s.now.Before(s.doubt.sent.Add(s.rules.ReuseGrace - s.doubt.deadline)) {
		return s.now
	}
	return s.pair.expiredAt
}
