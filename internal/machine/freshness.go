package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
)

// Salts keep the jitters of one generation apart.
const (
	saltStale uint64 = iota
	saltRetry
	saltAgain
	saltSave
	saltWatch
	saltExchange
)

// place gives a token its moments. The jitter is fixed for a session and a
// generation; who did not renew the token itself waits a while longer, so that
// the last renewer goes first.
func (s *step) place(t messages.Token, grant, generation uint64, renewer string) pair {
	p := pair{token: s.onOurClock(t), grant: grant, generation: generation, renewer: renewer}
	if p.token.Expiry.IsZero() {
		p.expiredAt = s.now.Add(endless)
		p.staleAt = p.expiredAt
		return p
	}
	life := s.life(p.token)
	p.expiredAt = p.token.Expiry.Add(-s.settings.margin(life))
	window := s.settings.window(life)
	jitter := clockutil.Mix(s.seed, grant, generation, saltStale)
	p.staleAt = p.expiredAt.Add(-window)
	if renewer != s.settings.Name {
		p.staleAt = p.staleAt.Add(window/2 + clockutil.Spread(window/4, jitter))
	} else {
		p.staleAt = p.staleAt.Add(clockutil.Spread(window/2, jitter))
	}
	return p
}

// onOurClock has a token's times count from now. Those of a record, or of a
// caller, have no monotonic reading, and would go along when the wall clock is set.
func (s *step) onOurClock(t messages.Token) messages.Token {
	return s.earlier(t, 0)
}

// earlier has a token's times count from now, and be earlier by d. If the machine was
// suspended since they were told, its sleep counts.
func (s *step) earlier(t messages.Token, d time.Duration) messages.Token {
	for _, at := range []*time.Time{&t.Issued, &t.Expiry, &t.RefreshExpiry} {
		if !at.IsZero() {
			*at = s.now.Add(clockutil.Left(s.now, *at) - d)
		}
	}
	return t
}

// rebase has the moments of what is held go along with the clocks: a token's life is
// counted by the wall clock or by the monotonic one, whichever goes on for longer, since a
// machine may have been suspended.
func (s *step) rebase() {
	s.pair.rebase(s.now)
	if m := &s.run.minted; m.generation != 0 {
		m.rebase(s.now)
	}
}

// rebase looks at one moment for all: those of a pair were taken from the same clocks.
func (p *pair) rebase(now time.Time) {
	if !p.expiredAt.IsZero() && clockutil.Agree(p.expiredAt, now) {
		return
	}
	rebase(now, &p.staleAt, &p.expiredAt, &p.token.Issued, &p.token.Expiry, &p.token.RefreshExpiry)
}

func rebase(now time.Time, moments ...*time.Time) {
	for _, at := range moments {
		*at = clockutil.Rebase(*at, now)
	}
}

// life is how long a token lives: as far as is known, if nobody knows when it was issued.
func (s *step) life(t messages.Token) time.Duration {
	if t.Issued.IsZero() {
		return max(0, t.Expiry.Sub(s.now))
	}
	return t.Lifetime()
}

// restored makes a pair of a record. Its times are by the wall clock of who
// wrote it: one from the future counts from now, and one from further in the
// future than its margin is no token to give out.
func (s *step) restored(r messages.Record) pair {
	t := s.timed(r.Token)
	ahead := t.Issued.Sub(s.now)
	tooFar := ahead > s.settings.margin(s.life(t))
	if ahead > 0 {
		t = s.earlier(t, ahead)
	}
	p := s.place(t, r.Grant, r.Generation, r.Renewer)
	rejected := r.Rejected != (messages.Digest{}) && r.Rejected == messages.DigestOf(t.Access)
	p.dropped = tooFar || t.Access == "" || rejected
	return p
}

// timed gives a token without an expiry the assumed one. One that nothing can take
// the place of is good until it is refused.
func (s *step) timed(t messages.Token) messages.Token {
	if t.Expiry.IsZero() && !s.rules.static() {
		t.Expiry = t.Issued.Add(assumedLife)
	}
	return t
}

// serves reports whether the pair's access token may be given out.
func (p pair) serves(now time.Time) bool { return !p.unseen && p.lives(now) }

// lives reports whether the pair's access token is good, as far as is known here.
func (p pair) lives(now time.Time) bool {
	return !p.dropped && p.token.Access != "" && now.Before(p.expiredAt)
}

// settle puts a session that holds a pair, and runs nothing, into the state that
// the pair deserves.
func (s *step) settle() {
	switch {
	case s.state == Closed:
	case s.barren():
		s.settleBarren()
	case !s.pair.serves(s.now):
		s.state = Expired
	case s.now.Before(s.pair.staleAt):
		s.state = Fresh
	default:
		s.state = Stale
		s.due = s.pair.staleAt
	}
}

// barren reports whether a pair is held, or none, that nothing can be renewed from. A
// refresh token that has run out may have been spent in time by another process.
func (s *step) barren() bool {
	return s.rules.Human && (s.pair.token.Refresh == "" || s.refreshOver() && !s.standsBy())
}

// refreshOver reports whether the refresh token held has run out, as far as is known.
func (s *step) refreshOver() bool {
	over := s.pair.token.RefreshExpiry
	return s.pair.token.Refresh != "" && !over.IsZero() && !s.now.Before(over)
}

// settleBarren gives out what there is to its end; then somebody must log in.
func (s *step) settleBarren() {
	s.cause = cause{kind: loginRequired}
	if s.rules.Unborn && s.pair.generation == 0 {
		s.cause.kind = notEstablished
	}
	if s.refreshOver() {
		s.cause.failure.Reason = "the refresh token has run out"
	}
	s.state = Dead
	if s.pair.serves(s.now) {
		s.state = Ending
		s.serveHeld()
	}
	s.failHeld(s.cause.error(0))
}

// publish lets the pair be given out without asking.
func (s *step) publish() {
	staleAt := s.pair.staleAt
	if s.state == Stale && s.due.After(staleAt) {
		staleAt = s.due
	}
	if s.state == Ending {
		staleAt = s.pair.expiredAt
	}
	s.do(Publish{
		Token:      s.pair.token,
		Generation: s.pair.generation,
		StaleAt:    staleAt,
		Until:      s.pair.expiredAt,
		Brief:      s.brief(),
	})
}

// brief reports whether the pair's token needs a precise clock: what a coarse one may
// lag by must lie within its margin.
func (s *step) brief() bool {
	t := s.pair.token
	return !t.Expiry.IsZero() && (s.life(t) < coarseLife || t.Expiry.Sub(s.pair.expiredAt) < coarseError)
}

// newer reports whether (grant, generation) a comes after b.
func newer(aGrant, aGeneration, bGrant, bGeneration uint64) bool {
	return messages.Record{Grant: aGrant, Generation: aGeneration}.Newer(bGrant, bGeneration)
}
