package machine

import (
	"net/netip"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// login is an Establish by proofs. Each is a grant of its own, so they do not
// share a request, and one after another has its run.
type login struct {
	caller Caller // zero: nobody waits
	proofs []messages.Secret
	ip     netip.Addr
	since  time.Time
}

// loginsAtMost bounds how many wait for their run.
const loginsAtMost = 16

// prove has a new grant begun by proofs as soon as what is under way has ended.
// A renewal that waits for a slot, or for another process, is not waited for: the new
// grant makes it needless, and our claim on the old one too. One that backs off is: its
// next try is near.
func (s *step) prove(c Caller, e messages.Establish) {
	if len(s.logins) >= loginsAtMost {
		s.tell(c, messages.Reply{Err: messages.Later(messages.ErrOverloaded, refreshPause,
			messages.Failure{Reason: "too many logins wait for this session"})})
		return
	}
	s.logins = append(s.logins, login{caller: c, proofs: e.Proofs, ip: e.ClientIP, since: s.now})
	if s.run.purpose == renew && (s.run.stage == queued || s.run.stage == watching) {
		s.release()
	}
}

// beginLogin takes the first who waits. The record is known before the proofs are
// sent: a tombstone that comes after that is a Revoke of the new grant.
func (s *step) beginLogin() {
	l := s.logins[0]
	s.logins = slices.Clone(s.logins[1:])
	s.run.login, s.run.ip = &l, l.ip
	s.offer()
	s.resumeLogin()
}

func (s *step) resumeLogin() {
	if !s.looked {
		s.load()
		return
	}
	s.queue()
}

// mintProofs asks the endpoint for the first token of a new grant.
func (s *step) mintProofs() {
	s.offer()
	s.run.attempt++
	s.run.spent = pair{grant: s.pair.grant, generation: s.pair.generation}
	s.run.overTomb = s.revoke.landed
	s.do(Mint{
		Leaf:     s.send(minting, s.settings.LeafTimeout),
		Proofs:   s.run.login.proofs,
		Attempt:  s.run.attempt,
		ClientIP: s.run.ip,
	})
}

// afterLookLogin knows the record that the proofs are sent over, or that the new grant has to
// be written over after all.
func (s *step) afterLookLogin(r *messages.Record) {
	switch {
	case s.run.minted.generation != 0:
		s.reconcileLogin(r)
	case s.state == Closed:
		s.finish()
	case s.run.slotted:
		s.mintProofs()
	default:
		s.queue()
	}
}

// knownToLogin reports whether a tombstone is of the Revoke that the proofs were sent after.
func (s *step) knownToLogin(r messages.Record) bool {
	return s.run.purpose == establish && s.run.overTomb && r.Grant == s.run.spent.grant
}

// loggedIn saves the first token of a new grant.
func (s *step) loggedIn(t messages.Token) {
	if s.buried() {
		s.endBuriedLogin(t)
		return
	}
	s.run.minted = s.place(s.told(t), s.pair.grant+1, 1, s.settings.Name)
	s.sendSave()
}

// reconcileLogin writes the new grant over whatever has been written since the
// store was looked at, but for the end of the session and a login that began after
// this one, for which the server has ended it.
func (s *step) reconcileLogin(r *messages.Record) {
	t := s.run.minted.token
	switch {
	case s.buried():
		s.endBuriedLogin(t)
	case r != nil && r.Grant > s.run.spent.grant && r.Token.Issued.After(t.Issued):
		s.stray(t)
		s.endLogin(nil)
	default:
		if r != nil {
			s.run.minted.grant = max(s.run.minted.grant, r.Grant+1)
		}
		s.sendSave()
	}
}

// endBuriedLogin is a login that a Revoke has overtaken.
func (s *step) endBuriedLogin(t messages.Token) {
	s.stray(t)
	s.endLogin(messages.ErrRevoked)
}

// loginFailed tries again what the server has certainly not used. What was there
// before stays.
func (s *step) loginFailed(f messages.Failure) {
	l := s.run.login
	if f.Verdict == messages.Transient && l != nil && l.caller != 0 &&
		s.run.tries < s.settings.Retries && retryAfter(f) <= retryMax {
		s.run.tries++
		s.pause(pausing, max(retryAfter(f), s.retryIn()))
		return
	}
	if f.Verdict == messages.GrantDenied {
		s.endLogin(because(messages.ErrLoginRequired, f))
		return
	}
	s.endLogin(messages.Later(messages.ErrUnavailable, max(refreshPause, retryAfter(f)), f))
}

// endLogin ends a login that has brought nothing.
func (s *step) endLogin(err error) {
	s.tellLogin(err)
	s.finish()
	s.standDown()
	if s.state == Stale { // who found it stale meanwhile has had no effect
		s.publish()
	}
}

func (s *step) tellLogin(err error) {
	if s.run.login != nil {
		s.tell(s.run.login.caller, messages.Reply{Err: err})
		s.run.login = nil
	}
}

// failLogins tells all who want to log in.
func (s *step) failLogins(err error) {
	s.tellLogin(err)
	for _, l := range s.logins {
		s.tell(l.caller, messages.Reply{Err: err})
	}
	s.logins = nil
}

// leaveLogin removes a caller whose proofs have not been taken, and forgets him if they have.
func (s *step) leaveLogin(id Caller) {
	if l := s.run.login; l != nil && l.caller == id {
		left := *l
		left.caller = 0
		s.run.login = &left
	}
	s.logins = slices.DeleteFunc(s.logins, func(l login) bool { return l.caller == id })
}

// tireLogins tells those who have waited too long for their run.
// putOff has a login begin again whose proofs have not been sent, when its run gives way.
func (s *step) putOff() {
	if l := s.run.login; l != nil {
		s.logins = append([]login{*l}, s.logins...)
	}
}

func (s *step) tireLogins() {
	for len(s.logins) > 0 && !s.now.Before(s.loginLimit()) {
		s.tell(s.logins[0].caller, messages.Reply{Err: s.tired()})
		s.logins = slices.Clone(s.logins[1:])
	}
}

// loginLimit returns when the first login has waited too long for its run; the
// zero time: none waits.
func (s *Session) loginLimit() time.Time {
	if len(s.logins) == 0 {
		return time.Time{}
	}
	return s.logins[0].since.Add(s.settings.HoldFor)
}

// lateLogin is a pair that proofs have brought after they were given up: the
// server has begun that grant, and may have ended the one held for it.
func (s *step) lateLogin(t messages.Token) {
	grant := s.givenUp.grant
	s.givenUp = givenUp{}
	if s.run.stage.binding() || s.run.active() && s.run.purpose != renew || s.state == Closed {
		s.stray(t)
		return
	}
	s.finish()
	s.start(establish)
	s.run.spent = pair{grant: grant}
	s.loggedIn(t)
}

// standDown puts a session that was to wait for a new grant back to where it was
// before.
func (s *step) standDown() {
	if s.state != Acquiring {
		return
	}
	switch until := s.coolsUntil(); {
	case s.revoke.landed && s.rules.Human:
		s.state = Revoked
		s.failHeld(messages.ErrRevoked)
	case s.cause.final():
		s.state = Dead
		s.failHeld(s.cause.error(0))
	case !s.looked:
		s.state = Empty
	case s.now.Before(until):
		s.state, s.due = Cooling, until
		s.failHeld(s.cause.error(s.dueIn()))
	default:
		s.settle()
	}
}

// coolsUntil returns until when the endpoint is left alone after the last failure; the
// zero time: there was none.
func (s *step) coolsUntil() time.Time {
	if s.failures == 0 {
		return time.Time{}
	}
	return s.failedAt.Add(s.settings.coolDown(s.failures, s.cause.failure))
}
