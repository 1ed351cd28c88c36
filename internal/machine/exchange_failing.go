package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// exchangeFailed is an exchange that brought no token. Whatever it was, it does
// not change what the session is.
func (s *step) exchangeFailed(x *exchange, f messages.Failure) {
	f.Attempt = x.flight.attempt
	switch {
	case refusesSubject(f):
		s.subjectRefused(x, f)
	case s.retriesExchange(x.flight, f):
		x.cause = cause{failure: f}
		x.flight.tries++
		x.flight.leg = backingOff
		x.flight.until = s.now.Add(max(retryAfter(f), s.backOff(x.flight)))
	default:
		s.failExchange(x, cause{kind: blameOf(f), failure: f})
	}
}

// refusesSubject reports whether the failure may be the subject token's.
//
// "If either the "subject_token" or "actor_token" are invalid for any reason, or
// are unacceptable based on policy, the authorization server MUST construct an
// error response [...]. The value of the "error" parameter MUST be the
// "invalid_request" error code."
// https://www.rfc-editor.org/rfc/rfc8693#section-2.2.2
//
// Others say invalid_grant, or invalid_token as a resource server does.
func refusesSubject(f messages.Failure) bool {
	return f.Verdict == messages.GrantDenied ||
		f.Verdict == messages.Hopeless && (f.Code == "invalid_request" || f.Code == "invalid_token")
}

func (s *step) retriesExchange(f *flight, why messages.Failure) bool {
	again := why.Verdict == messages.Transient || why.Verdict == messages.Doubtful
	return again && !f.askers.none() && f.tries < s.settings.Retries && retryAfter(why) <= retryMax
}

// subjectRefused has the askers go on with the newer token that is held by now, or
// is to come anyway; otherwise it renews the refused one, once for each caller and
// not more often than a ForceInterval.
func (s *step) subjectRefused(x *exchange, f messages.Failure) {
	refused := x.flight.subject
	switch {
	case newer(s.pair.grant, s.pair.generation, refused.grant, refused.generation), !s.state.valid():
		s.turnBack(x)
	case s.renewsRefused(x.flight):
		s.renewRefused(x)
	default:
		s.failExchange(x, cause{kind: blameOf(f), failure: f})
		x.refused = pair{grant: refused.grant, generation: refused.generation}
	}
}

// renewsRefused reports whether a renewal may mend that the subject was refused.
// To join one that is under way costs nothing.
func (s *step) renewsRefused(f *flight) bool {
	if f.askers.tried() || s.state == Ending {
		return false
	}
	forced := s.forcedAt.IsZero() || !s.now.Before(s.forcedAt.Add(s.settings.ForceInterval))
	return s.run.purpose == renew || forced && s.refreshIn() <= 0
}

// renewRefused has the askers wait for a newer token, as those do who ask for
// one. It is renewed even if they have left: it is known to be of no use.
func (s *step) renewRefused(x *exchange) {
	if s.run.purpose != renew {
		s.forcedAt = s.now
	}
	all := x.endFlight()
	s.wait()
	s.goStale()
	for _, c := range all {
		c.tried = true
		s.refresh(s.wantsNewer(c))
	}
}

// blameOf says whose question an exchange's failure answers: what was asked for may
// be wrong.
func blameOf(f messages.Failure) causeKind {
	if f.Verdict != messages.Hopeless {
		return unavailable
	}
	switch f.Code {
	case "invalid_scope", "invalid_target", "invalid_request":
		return misused
	}
	return unavailable
}

// failExchange ends a flight that has failed. All its askers are told the same;
// the failure is remembered, so that the endpoint is asked at a bounded rate
// however many ask.
func (s *step) failExchange(x *exchange, c cause) {
	x.failures++
	x.cause, x.refused = c, pair{}
	x.due = s.now.Add(s.settings.coolDown(x.failures, c.failure))
	s.tellAll(x.endFlight(), messages.Reply{Err: c.error(x.due.Sub(s.now))})
}

// sever lets go of what was exchanged for a token that is not the session's any
// more. After a Revoke those who wait are told, otherwise they wait for the next
// token.
func (s *step) sever() {
	e := s.exchanges
	if e == nil {
		return
	}
	if !s.severed() {
		e.grant, e.generation = s.pair.grant, s.pair.generation
		return
	}
	s.exchanges = nil
	for _, x := range e.inOrder() {
		s.dismiss(x.endFlight())
	}
}

// severed reports whether the token that was exchanged has been rejected, revoked
// or replaced by that of another grant. Where a renewal kills the old token,
// nothing that was exchanged for that is given out either.
func (s *step) severed() bool {
	e := s.exchanges
	switch {
	case s.state == Revoked, s.state == Closed:
		return true
	case s.pair.dropped, s.pair.token.Access == "", s.pair.grant != e.grant:
		return true
	}
	return s.rules.RenewalRevokes && (s.pair.generation != e.generation || !s.state.valid())
}

func (s *step) dismiss(all []caller) {
	switch s.state {
	case Revoked:
		s.tellAll(all, messages.Reply{Err: messages.ErrRevoked})
	case Closed:
		s.tellAll(all, messages.Reply{Err: messages.ErrClosed})
	case Empty, Acquiring, Fresh, Stale, Ending, Expired, Cooling, Dead:
		for _, c := range all {
			s.get(c)
		}
	}
}

// wake returns when a flight has something to do; the zero time: never.
func (e *exchanges) wake(set *Settings) time.Time {
	var at time.Time
	for _, x := range e.all() {
		if x.flight != nil {
			at = sooner(at, x.flight.wake(set))
		}
	}
	return at
}
