package machine

import (
	"slices"

	"github.com/holdfast-go/holdfast/messages"
)

// endNext has a slot: it ends the refresh token, then the access token. A
// refresh token that may have been spent by a Mint whose answer nobody has is
// used once before: the pair that comes is ended instead, and a denial means
// that the server has ended it already, if not the whole family.
func (s *step) endNext() {
	t, ended := s.toEnd()
	switch {
	case s.run.purpose == revoke && s.revoke.doubted:
		s.do(Mint{Leaf: s.send(minting, s.settings.LeafTimeout), Refresh: t.Refresh, Attempt: s.countAttempt(), ClientIP: s.run.ip})
	case t.Refresh != "" && !ended:
		s.end(t.Refresh, true)
	case t.Access != "" && (t.Expiry.IsZero() || s.now.Before(t.Expiry)):
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
	s.pair.token, s.revoke.doubted, s.revoke.alone = t, false, true
	s.endNext()
}

func (s *step) revokeMintFailed(f messages.Failure) {
	if f.Verdict == messages.GrantDenied {
		s.revoke.doubted, s.run.ended = false, true
		s.endNext()
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
	s.lookAgain(s.revoke.over)
	s.goOn()
}

// allEnded has the server's confirmation.
func (s *step) allEnded() {
	if s.run.purpose == discard {
		s.endDiscard()
		return
	}
	is := s.pair.token
	s.revoke.strays = slices.DeleteFunc(s.revoke.strays, func(t messages.Token) bool {
		return t.Access == is.Access && t.Refresh == is.Refresh // given before, and saved since
	})
	if len(s.revoke.strays) > 0 {
		s.pair.token, s.revoke.strays = s.revoke.strays[0], s.revoke.strays[1:]
		s.run.ended, s.revoke.alone = false, true
		s.revoke.ended, s.revoke.doubted = false, false
		s.endNext()
		return
	}
	s.revoke.ended = true
	if s.revoke.over != (successor{}) && s.pair.grant > s.run.swap.Record.Grant { // nothing is written over a grant that is known
		s.endRevocation()
		return
	}
	s.saveGone()
}

func (s *step) endDiscard() {
	s.revoke.strays = s.revoke.strays[1:]
	s.finish()
}
