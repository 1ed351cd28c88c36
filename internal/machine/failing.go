package machine

import (
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// causeKind says which of a caller's questions a cause answers.
type causeKind uint8

const (
	unavailable causeKind = iota
	overloaded
	misused
	loginRequired
	notEstablished
	outcomeUnknown
)

// cause is why there is no token.
type cause struct {
	kind    causeKind
	failure messages.Failure
}

// error is what a caller is told; after is when to come back.
func (c cause) error(after time.Duration) error {
	switch c.kind {
	case unavailable:
		return messages.Later(messages.ErrUnavailable, after, c.failure)
	case overloaded:
		return messages.Later(messages.ErrOverloaded, after, c.failure)
	case misused:
		return fmt.Errorf("%w: %w", messages.ErrInvalid, c.failure)
	case loginRequired:
		return because(messages.ErrLoginRequired, c.failure)
	case notEstablished:
		return messages.ErrNotEstablished
	case outcomeUnknown:
		return because(messages.ErrOutcomeUnknown, c.failure)
	}
	panic("BUG: unknown cause")
}

func because(kind error, f messages.Failure) error {
	if f == (messages.Failure{}) {
		return kind
	}
	return fmt.Errorf("%w: %w", kind, f)
}

// final reports whether nothing but a human mends it.
func (c cause) final() bool { return c.kind >= loginRequired }

// overloaded is a renewal that has waited too long for a slot.
func (s *step) overloaded() {
	f := messages.Failure{Reason: "no slot at the token endpoint in time"}
	s.run.stage = resting
	if s.run.purpose == renew {
		s.giveUp(cause{kind: overloaded, failure: f})
		return
	}
	if s.run.purpose == establish {
		s.endLogin(messages.Later(messages.ErrOverloaded, refreshPause, f))
		return
	}
	s.revokeFailed(f)
}

// giveUp ends a renewal that has failed. All who are held are told the same; the
// failure is remembered, so that the endpoint is asked at a bounded rate
// however many ask.
func (s *step) giveUp(c cause) {
	if s.revivable(c.failure) {
		s.state = Stale
		s.serveHeld()
	}
	switch s.state {
	case Ending, Dead, Revoked, Closed: // decided meanwhile: this failure changes nothing
		s.endFailed(c.failure)
		return
	case Empty, Acquiring, Fresh, Stale, Expired, Cooling:
	}
	s.failures++
	s.failedAt, s.cause = s.now, c
	switch s.state {
	case Acquiring, Empty:
		s.state = Cooling
		s.due = s.now.Add(s.settings.coolDown(s.failures, c.failure))
	case Stale:
		s.due = s.dueAgain(c.failure)
		s.publish()
	case Fresh, Ending, Expired, Cooling, Dead, Revoked, Closed:
	}
	s.failHeld(c.error(s.dueIn()))
	s.emit(messages.Failing{Header: s.head(), Cause: c.failure, NextTry: s.due})
	s.endFailed(c.failure)
}

// endFailed ends a run that has failed. A token that was offered is still wanted.
func (s *step) endFailed(f messages.Failure) {
	if s.run.purpose == install && s.state != Closed {
		s.pause(pausing, s.settings.coolDown(s.failures, f))
		return
	}
	s.release()
}

// dueAgain is when a renewal behind a valid token is tried again.
func (s *step) dueAgain(f messages.Failure) time.Time {
	pause := s.againIn(saltAgain, s.failures)
	switch {
	case f.RetryAfter > 0:
		pause = retryAfter(f)
	case f.Verdict == messages.Hopeless, f.Verdict == messages.GrantDenied:
		pause = s.settings.coolDown(s.failures, f)
	}
	due := s.now.Add(pause)
	if at := s.mayTryAgainAt(); at.After(due) {
		return at
	}
	return due
}

// denied is the server's word that a one-time grant is no longer good. It is
// believed after another look: by compare-and-swap on our own claim, or by a
// Load where there are no claims.
func (s *step) denied(f messages.Failure) {
	s.run.denied, s.run.why = true, f
	if s.run.claimed {
		s.saveDeath()
		return
	}
	s.load()
}

// saveDeath writes the denial. A store that is not shared need not agree.
func (s *step) saveDeath() {
	if !s.run.claimed && s.settings.Store.Shared {
		s.giveUp(cause{failure: messages.Failure{Reason: "another process is renewing"}})
		return
	}
	r := s.record(messages.Dead)
	r.Cause, r.Doubted = s.run.why, s.doubted()
	s.run.write = writeDeath
	s.sendSwap(s.swapOf(r))
}

func (s *step) deathSaved(o Outcome) {
	switch o := o.(type) {
	case Written:
		if o.Rev < s.rev { // it has landed, and was overtaken
			s.run.claimed = false
			s.load()
			return
		}
		s.written(o.Rev)
		s.unsaved = unsaved{} // the record of a death has the pair too
		s.dieNow()
	case Conflict:
		s.run.claimed = false
		s.load()
	case Unwritten, TimedOut:
		if s.settings.Store.Shared {
			s.giveUp(cause{failure: messages.Failure{Reason: "store: a denial could not be written"}})
			return
		}
		s.dieNow()
	case Granted, Found, NotFound, Foreign, Unread, Minted, Ended, Failed:
		panic("BUG: not an outcome of Save")
	}
}

func (s *step) dieNow() {
	f := s.run.why
	doubted := s.doubted()
	s.finish()
	s.die(f, doubted)
}

// die ends a grant. A token that is still valid is given out to its end, unless a
// renewal may have ended it.
func (s *step) die(f messages.Failure, doubted bool) {
	s.cause = cause{kind: loginRequired, failure: f}
	if doubted {
		s.cause.kind = outcomeUnknown
	}
	killed := s.mayBeKilled(doubted || s.doubted())
	s.doubt = doubt{}
	if s.state == Closed {
		return
	}
	if !killed {
		s.settle()
	}
	if killed || !s.state.valid() {
		s.state = Dead
		s.do(Withdraw{})
	} else {
		s.state = Ending
		s.publish()
		s.serveHeld()
	}
	s.failHeld(s.cause.error(0))
	s.emit(messages.Denied{Header: s.head(), Cause: f})
}

// mayBeKilled reports whether the access token held may have been ended by a
// renewal: one that was lost, or one under way, which may be why the grant was denied.
func (s *step) mayBeKilled(doubted bool) bool {
	minting := s.run.purpose == renew && s.run.stage == minting && !s.overtaken()
	return s.rules.RenewalRevokes && (doubted || minting)
}
