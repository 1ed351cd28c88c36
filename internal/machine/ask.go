package machine

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func (s *step) ask(a Ask) {
	switch ask := a.Ask.(type) {
	case messages.Get:
		s.ip = ask.ClientIP
		s.get(caller{id: a.Caller, more: a.More, min: ask.MinValidity, ip: ask.ClientIP})
	case messages.Refresh:
		s.ip = ask.ClientIP
		s.refreshAsked(s.wantsNewer(caller{id: a.Caller, more: a.More, min: ask.MinValidity, ip: ask.ClientIP}))
	case messages.Revoke:
		s.ip = ask.ClientIP
		s.revokeAsked(a.Caller)
	case messages.Reject:
		s.tell(a.Caller, messages.Reply{Err: s.reject(ask)})
	case messages.Establish:
		s.establish(a.Caller, ask)
	case messages.Exchange:
		s.exchangeAsked(a.Caller, ask)
	}
}

func (s *step) wantsNewer(c caller) caller {
	c.newer, c.grant, c.generation = true, s.pair.grant, s.pair.generation
	return c
}

// get answers Get. Nobody, the caller zero, is who found a published token stale.
func (s *step) get(c caller) {
	switch s.state {
	case Fresh, Stale, Ending:
		s.getHeld(c)
	case Empty, Acquiring, Expired:
		s.hold(c)
	case Cooling, Dead:
		s.answer(c, messages.Reply{Err: s.cause.error(s.dueIn())})
	case Revoked:
		s.getRevoked(c)
	case Closed:
		s.answer(c, messages.Reply{Err: messages.ErrClosed})
	}
}

// getHeld answers Get while there is a valid token.
func (s *step) getHeld(c caller) {
	if s.left() < c.min {
		s.getLonger(c)
		return
	}
	s.serve(c)
	s.goStale()
}

// goStale has the first ask after staleAt, or after a back-off, start a renewal.
func (s *step) goStale() {
	switch s.state {
	case Fresh:
		if !s.now.Before(s.pair.staleAt) {
			s.begin(renew)
			s.state, s.due = Stale, s.pair.staleAt
		}
	case Stale:
		if !s.now.Before(s.due) {
			s.begin(renew)
		}
	case Empty, Acquiring, Ending, Expired, Cooling, Dead, Revoked, Closed:
	}
}

// getLonger is for who wants more validity than the token held has left: one
// renewal for all who ask, and no more than one a ForceInterval.
func (s *step) getLonger(c caller) {
	pause := s.forcedAt.Add(s.settings.ForceInterval).Sub(s.now)
	switch {
	case s.state == Ending:
		s.answer(c, messages.Reply{Err: s.cause.error(0)})
	case s.short != 0 && s.short == s.pair.generation && s.pair.token.Lifetime() < c.min:
		s.answer(c, messages.Reply{Err: s.tooShort()})
	case s.run.purpose == renew:
		s.hold(s.wantsNewer(c))
	case !s.forcedAt.IsZero() && pause > 0:
		s.answer(c, messages.Reply{Err: messages.Later(messages.ErrUnavailable, pause,
			messages.Failure{Reason: "renewed for more validity a moment ago"})})
	case s.refreshIn() > 0:
		s.answer(c, messages.Reply{Err: s.cause.error(s.refreshIn())})
	default:
		s.forcedAt = s.now
		s.hold(s.wantsNewer(c))
	}
}

// getRevoked answers Get and Refresh after a Revoke. A kind that mints without a
// human begins anew as soon as the revocation has ended.
func (s *step) getRevoked(c caller) {
	if s.rules.Human {
		s.answer(c, messages.Reply{Err: messages.ErrRevoked})
		return
	}
	c.newer = false
	s.hold(c)
}

// refreshAsked answers Refresh, which a kind that can only give out what it was given
// does not know.
func (s *step) refreshAsked(c caller) {
	if s.rules.static() {
		s.answer(c, messages.Reply{Err: messages.ErrNotSupported})
		return
	}
	s.refresh(c)
}

// refresh answers Refresh: a newer token than the one held now.
func (s *step) refresh(c caller) {
	switch s.state {
	case Fresh, Stale:
		s.refreshHeld(c)
	case Empty, Acquiring, Expired:
		s.hold(c)
	case Cooling:
		s.refreshCooling(c)
	case Ending, Dead:
		s.answer(c, messages.Reply{Err: s.cause.error(0)})
	case Revoked:
		s.getRevoked(c)
	case Closed:
		s.answer(c, messages.Reply{Err: messages.ErrClosed})
	}
}

// refreshHeld asks for a newer token while there is a valid one. A renewal that
// failed a moment ago is not tried again for it, and neither is a refresh token
// that may be spent.
func (s *step) refreshHeld(c caller) {
	pause := s.refreshIn()
	if s.run.purpose != renew && pause > 0 {
		s.answer(c, messages.Reply{Err: s.cause.error(pause)})
		return
	}
	s.hold(c)
}

func (s *step) refreshCooling(c caller) {
	if pause := s.refreshIn(); pause > 0 {
		s.answer(c, messages.Reply{Err: s.cause.error(pause)})
		return
	}
	s.hold(c)
}

// refreshIn is how long a Refresh has to leave the endpoint alone after a failure.
func (s *step) refreshIn() time.Duration {
	if s.failures == 0 {
		return 0
	}
	pause := max(refreshPause, retryAfter(s.cause.failure))
	return max(s.failedAt.Add(pause).Sub(s.now), s.mayTryAgainAt().Sub(s.now))
}

// dueIn is how long it is until the next try.
func (s *step) dueIn() time.Duration { return max(0, s.due.Sub(s.now)) }

// reject is told that a resource server refused a token.
func (s *step) reject(r messages.Reject) error {
	if s.state == Closed {
		return messages.ErrClosed
	}
	if x := s.exchanged(r.Token); x != nil && r.Token != s.pair.token.Access {
		return s.rejectExchanged(x, r)
	}
	if s.pair.token.Access == "" && !s.looked {
		s.refuse(r.Token)
		return nil
	}
	if r.Token == s.run.minted.token.Access {
		s.refuse(r.Token)
	}
	if r.Token == "" || s.pair.dropped || s.state == Revoked {
		return nil
	}
	if r.Token != s.pair.token.Access {
		s.forsake(r.Token)
		return nil
	}
	if !s.pair.lives(s.now) {
		s.pair.dropped = true
		s.do(Withdraw{}) // by a clock that is set back it might be given out once more
		return nil
	}
	if pause := s.rejectedAt.Add(s.settings.ForceInterval).Sub(s.now); !s.rejectedAt.IsZero() && pause > 0 {
		return messages.Later(messages.ErrUnavailable, pause,
			messages.Failure{Reason: "another token was rejected a moment ago"})
	}
	s.rejectedAt = s.now
	s.drop()
	s.emit(messages.Rejected{Header: s.head(), Cause: r.Cause})
	return nil
}

// mostRefused is how many tokens are remembered that may be in the store.
const mostRefused = 16

// refuse remembers a token that may be the one in the store, or is being saved. A session
// that sleeps is not looked at for it, and must not give it out when it wakes.
func (s *step) refuse(access messages.Secret) {
	if access == "" || slices.Contains(s.refused, access) {
		return
	}
	newest := s.refused[max(0, len(s.refused)-mostRefused+1):]
	s.refused = append(slices.Clone(newest), access)
}

// takeUp makes a pair the one held. It is no token to give out if it was refused before.
func (s *step) takeUp(p pair) {
	p.dropped = p.dropped || slices.Contains(s.refused, p.token.Access)
	s.pair, s.refused = p, nil
}

// drop forgets the access token held; what it is renewed with stays.
func (s *step) drop() {
	s.pair.dropped = true
	switch s.state {
	case Fresh:
		s.state = Expired
	case Stale:
		s.lapse()
	case Ending:
		s.state = Dead
	case Empty, Acquiring, Expired, Cooling, Dead, Revoked, Closed:
		return
	}
	s.do(Withdraw{})
}

// establish begins a new grant: by proofs, or with a token that somebody else obtained.
func (s *step) establish(c Caller, e messages.Establish) {
	switch {
	case s.state == Closed:
		s.tell(c, messages.Reply{Err: messages.ErrClosed})
	case !e.Token.IsZero():
		s.accept(e.Token)
		s.tell(c, messages.Reply{})
	case !s.rules.Proofs:
		s.tell(c, messages.Reply{Err: messages.ErrNotSupported})
	default:
		s.prove(c, e)
	}
}

// accept has a token that somebody else obtained saved as a new grant. One that
// is not newer than what is held changes nothing.
func (s *step) accept(t messages.Token) {
	if !s.rules.later(t, s.pair.token) || !s.rules.later(t, *s.given) {
		return
	}
	if s.revoke.given {
		s.stray(*s.given)
	}
	s.given, s.offered, s.revoke.given = &t, true, false
	s.offer()
}

// offer lets a session that has nothing to give out wait for the token that it
// was offered. Where there is a token it is served until the new one is saved.
func (s *step) offer() {
	switch s.state {
	case Empty, Expired, Cooling, Dead, Revoked:
		s.state = Acquiring
	case Acquiring, Fresh, Stale, Ending, Closed:
	}
}
