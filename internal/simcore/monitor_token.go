package simcore

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// publishes is a token that anybody may take from now on.
func (s *look) publishes(e machine.Publish) {
	w := s.by.world
	s.published, s.snapshot, s.until = true, e, s.by.line.Of(e.Until, s.now)
	s.checkToken(e.Token, "published")
	if e.Until.After(e.Token.Expiry) || !e.Until.After(s.now) {
		w.breaks("expired", "a%d is published beyond its end, or for no time", numberOf(e.Token.Access))
	}
}

// checkOwn: nobody gets a foreign or expired token.
func (s *seat) checkOwn(t messages.Token, how string) *pair {
	w := s.by.world
	p := w.server.pair(t.Access)
	if p == nil || t.Access[0] != 'a' || p.session != s.index {
		w.breaks("foreign", "%q is %s in session %d", t.Access.Reveal(), how, s.index)
		return nil
	}
	if over := w.now - p.expiry; over >= w.tolerance(p) || !s.by.Now().Before(t.Expiry) {
		w.breaks("expired", "%s is %s %v after its end", t.Access.Reveal(), how, over)
	}
	return p
}

// checkToken: nobody gets an expired, revoked, rejected or foreign token.
func (s *seat) checkToken(t messages.Token, how string) {
	w, n := s.by.world, numberOf(t.Access)
	p := s.checkOwn(t, how)
	if p == nil {
		return
	}
	s.checkWatched(n, how)
	s.checkInForce(n, how)
	if slices.Contains(s.barredPairs, n) && !w.comesAgain(n) {
		w.breaks("rejected", "a%d is %s after it was rejected", n, how)
	}
	right := !w.known[s.index].misdated // else what was given at first comes again
	mine := p.by == s.by && p.leaf <= s.barredLeaf
	if right && (mine || slices.Contains(s.barredFamilies, p.family)) {
		w.breaks("revoked", "a%d is %s after it was revoked", n, how)
	}
	seen := w.now - w.tolerance(p) // of its end checkOwn has taken care
	if w.script.Terms.Processes == 1 && !w.known[s.index].loose() && !w.server.alive(t.Access, seen) {
		w.breaks("dead", "a%d is %s, and the server does not take it", n, how)
	}
}

// comesAgain reports whether a pair may be held again that was rejected: what somebody has
// brought takes the place of a record that looks older than that, because a clock was wrong.
// The record of the Reject went with the one that is replaced. What a process has minted
// itself, and what was exchanged before the Reject, never comes again.
func (w *World) comesAgain(n int) bool {
	p := &w.server.pairs[n-1]
	return p.by == nil && w.known[p.session].misdated
}

// loose reports whether anything has happened for which a token may be dead.
func (k *known) loose() bool { return k.troubled || k.misdated || k.revokes > 0 || k.logins > 0 }

// outdates reports whether a token looks older than what was given before it: than what was
// given last, or at first, when time began.
func (k *known) outdates(looks, is time.Time) bool {
	return !k.given.IsZero() && looks.Before(epoch) || looks.Before(k.given) && !is.Before(k.given)
}

// serves reports whether what is published may still be given out, by both of the clocks
// that a machine has. Where they were set, or the machine has slept, the session and its
// snapshot need not agree about the end to the moment: each has seen it when it looked.
func (s *look) serves() bool {
	w := s.by.world
	unsure := w.wallMax - w.wallMin + w.lost
	return s.by.line.At(s.now)+int64(unsure) < s.until
}

// tolerance is how long after its end a token may be given out because clocks differ by
// more than the margin. Of what a machine has slept it cannot know what its wall clock
// was set back by meanwhile, and no tenth of a second.
func (w *World) tolerance(p *pair) time.Duration {
	margin := min(3*time.Minute, max(p.life/10, 1250*time.Millisecond), p.life/2)
	apart := w.wallMax - w.wallMin
	return max(0, apart-margin) + min(w.lost, apart+100*time.Millisecond)
}

// checkLong: who wants a token that is valid for long gets one.
func (s *seat) checkLong(t messages.Token, least time.Duration) {
	if left := t.Expiry.Sub(s.by.Now()); least > 0 && left < least {
		s.by.world.breaks("long enough", "a%d is valid for %v; %v are wanted", numberOf(t.Access), left, least)
	}
}
