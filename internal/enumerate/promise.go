package enumerate

import (
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// The promises, each by the name under which a breach is reported.
const (
	answeredOnce   = "each caller is answered exactly once"
	answeredInTime = "each caller is answered within the time that a caller is held"
	heldForCause   = "nobody is held while nothing is under way"
	oneLeaf        = "a session has one leaf under way"
	spentOnce      = "a refresh token is not sent twice, but for what no client can avoid"
	spentLate      = "a refresh token that may be spent is not sent again while a valid token is held"
	spentSaved     = "a refresh token is not sent before it is saved"
	kept           = "no rotated token is lost while a process that has it, or the store, lives"
	revokedDead    = "nothing is alive at the server after Revoke returned nil"
	revokedHere    = "no token is given out where it was revoked"
	rejectedHere   = "no token is given out where it was rejected"
	expiredNever   = "no expired token is given out"
	killedNever    = "no token is given out that a renewal has killed, as its process can know"
	inOrder        = "no token is published after a newer one"
	savedFirst     = "a token is saved before it is given out, or the session says that it is unsaved"
	recordForward  = "no record goes back"
	tombstoneStays = "no renewal overwrites a tombstone"
	deathStays     = "no generation lives again after its death"
	claimRespected = "no claim is taken over while its owner is at work and nothing has gone wrong"
	recovers       = "a fresh token or an honest end can be reached without another fault"
)

// fliesAlone looks at a leaf that goes out: no other may be under way, unless it was
// given up, or nothing hangs on it.
func (s *state) fliesAlone(p *process, h machine.Leaf, e machine.Effect) {
	for i := range p.flights {
		f := &p.flights[i]
		if f.life != p.life || f.fate == unheard || f.fate == again {
			continue
		}
		switch f.effect.(type) {
		case machine.Load, machine.Claim:
			continue
		}
		if s.now < f.sent+f.leaf.Deadline+time.Second {
			s.breaks(oneLeaf, fmt.Sprintf("leaf %d goes out beside leaf %d", h.Number, f.leaf.Number))
		}
	}
	if m, ok := e.(machine.Mint); ok && m.Attempt > 1+max(0, p.settings.Retries) && s.world.rules.OneTime {
		s.breaks(oneLeaf, fmt.Sprintf("a renewal sends request %d", m.Attempt))
	}
}

// spends looks at a refresh token that is sent.
func (s *state) spends(p *process, e machine.Mint) {
	if e.Refresh == "" {
		return
	}
	n := numberOf(e.Refresh)
	ending := p.session.View(s.time()).State == machine.Revoked
	if s.store.saved&(1<<n) == 0 && !ending {
		s.breaks(spentSaved, fmt.Sprintf("%s is sent and was never saved", e.Refresh.Reveal()))
	}
	t := s.serverToChange().pair(e.Refresh)
	if t.unsure && !s.revoking() {
		s.spendsAgain(p, n)
	}
	t.unsure = true
}

// spendsAgain looks at a refresh token that may be spent, and is sent again.
func (s *state) spendsAgain(p *process, n int) {
	t := &s.server.pairs[n-1]
	graced := s.world.forgives > 0 && (!t.spent || s.now < t.spentAt+s.world.forgives)
	switch {
	case s.excuses == 0:
		s.breaks(spentOnce, fmt.Sprintf("r%d is sent by two, and nothing has gone wrong", n))
	case p.shows(s.time()) && !graced:
		s.breaks(spentLate, fmt.Sprintf("r%d is sent again, and a%d is given out", n, numberOf(p.snapshot.Token.Access)))
	}
}

// refused is a leaf of which all know that it was not done.
func (s *state) refused(f flight) {
	if m, ok := f.effect.(machine.Mint); ok && m.Refresh != "" {
		s.serverToChange().pair(m.Refresh).unsure = false
	}
}

// reused is a family that ends because its refresh token was used twice.
func (s *state) reused(n int) {
	if s.ended != 0 || s.revoking() {
		return
	}
	if s.excuses&^unknown == 0 {
		s.breaks(spentOnce, fmt.Sprintf("the server ends the family: r%d was used twice, and nothing has gone wrong", n))
	}
	for _, kind := range [...]struct {
		excuse excuse
		name   string
	}{{lostAnswer, lostAnswerEnds}, {lateRequest, lateRequestEnds}, {pausedOwner, pausedOwnerEnds}, {crashed, crashEnds}} {
		if s.excuses&^unknown == kind.excuse {
			s.family = kind.name
		}
	}
}

// Each kind of the end of a family that no client can avoid, where one thing has gone
// wrong.
const (
	lostAnswerEnds  = "an answer was lost"
	lateRequestEnds = "a request was served after its deadline"
	pausedOwnerEnds = "an owner stood still beyond its claim"
	crashEnds       = "a crash between the server's rotation and Save"
)

// revoking reports whether a Revoke has begun, which spends a refresh token on purpose.
func (s *state) revoking() bool {
	return s.store.record.Status.Tombstone() || s.left.revokes < s.world.budget.revokes
}

// claims looks at a claim that arrives.
func (s *state) claims(p *process, e machine.Claim) {
	c := s.store.record.Claim
	if c.Owner == "" || c.Owner == p.settings.Owner || e.Prev != s.store.rev || s.store.down {
		return
	}
	q := s.procs[1-p.id]
	atWork := q.mode == running && q.settings.Owner == c.Owner && q.session.Renewal() == c.Number
	if atWork && s.left.faults == s.world.budget.faults && s.left.outages == s.world.budget.outages {
		s.breaks(claimRespected, fmt.Sprintf("%s takes over from %s", p.settings.Owner, c.Owner))
	}
}

// recorded looks at what follows what in the store.
func (s *state) recorded(was, is messages.Record) {
	switch {
	case was.Newer(is.Grant, is.Generation):
		s.breaks(recordForward, fmt.Sprintf("%d.%d follows %d.%d", is.Grant, is.Generation, was.Grant, was.Generation))
	case was.Status.Tombstone() && !is.Status.Tombstone() && is.Grant <= was.Grant:
		s.breaks(tombstoneStays, fmt.Sprintf("grant %d is written over its tombstone", is.Grant))
	case was.Status.Tombstone() && !is.Status.Tombstone() && s.ofFamilyOf(was, is):
		s.breaks(tombstoneStays, "a token of the family that was revoked is written over the tombstone")
	case was.Status == messages.Gone && is.Status == messages.Revoking && is.Grant <= was.Grant:
		s.breaks(tombstoneStays, "it goes back")
	case was.Status == messages.Dead && is.Status == messages.Alive && !is.Newer(was.Grant, was.Generation):
		s.breaks(deathStays, fmt.Sprintf("%d.%d", is.Grant, is.Generation))
	}
}

// ofFamilyOf reports whether two records have tokens of one family.
func (s *state) ofFamilyOf(a, b messages.Record) bool {
	return a.Token.Access != "" && b.Token.Access != "" &&
		s.server.pair(a.Token.Access).family == s.server.pair(b.Token.Access).family
}

// heardOf notes what a step has said of itself before its effects are looked at.
func (s *state) heardOf(p *process, effects []machine.Effect) {
	if p.session.View(s.time()).State == machine.Revoked {
		s.barAll(p)
	}
	for _, e := range effects {
		if emit, ok := e.(machine.Emit); ok {
			if _, revoked := emit.Event.(messages.Revoked); revoked {
				p.high = place{} // numbers that were never saved may come again
			}
		}
	}
}

// barAll notes a revocation: nothing that is held or under way is given out any more.
func (s *state) barAll(p *process) {
	p.barred |= 1<<s.server.families - 1
	for i := range p.flights {
		p.flights[i].barred = true
	}
}

// publishes is a token that anybody may take from now on.
func (s *state) publishes(p *process, e machine.Publish) {
	p.published, p.snapshot = true, e
	s.given(p, e.Token)
	s.publishedInOrder(p, e)
	if !e.Until.After(s.time()) || e.Until.After(e.Token.Expiry) {
		s.breaks(expiredNever, fmt.Sprintf("a%d is published for no time, or beyond its end", numberOf(e.Token.Access)))
	}
}

// publishedInOrder looks at where a token stands among those that were published before.
// Families of one-time tokens are numbered in the order of their logins, as grants are.
func (s *state) publishedInOrder(p *process, e machine.Publish) {
	at := place{generation: e.Generation}
	if s.world.rules.OneTime {
		at.grant = uint64(s.server.pair(e.Token.Access).family)
	}
	if at.grant < p.high.grant || at.grant == p.high.grant && at.generation < p.high.generation {
		s.breaks(inOrder, fmt.Sprintf("%v after %v", at, p.high))
	}
	p.high = at
}

// given looks at a token in somebody's hands.
func (s *state) given(p *process, t messages.Token) {
	n := numberOf(t.Access)
	family := s.server.pairs[n-1].family
	switch {
	case !s.time().Before(t.Expiry):
		s.breaks(expiredNever, fmt.Sprintf("a%d", n))
	case p.barred&(1<<family) != 0:
		s.breaks(revokedHere, fmt.Sprintf("a%d", n))
	case p.rejected&(1<<n) != 0:
		s.breaks(rejectedHere, fmt.Sprintf("a%d", n))
	case s.store.saved&(1<<n) == 0 && !p.session.View(s.time()).Unsaved:
		s.breaks(savedFirst, fmt.Sprintf("a%d", n))
	case s.world.kills && s.server.pairs[n-1].dead && p.session.Known() >= s.server.killed[n]:
		s.breaks(killedNever, fmt.Sprintf("a%d", n))
	}
}

// answers is a caller who is told something.
func (s *state) answers(p *process, e machine.Answer) {
	for i, c := range p.callers {
		if c.id != e.Caller {
			continue
		}
		p.callers = append(p.callers[:i], p.callers[i+1:]...)
		s.answered(p, c, e.Reply)
		return
	}
	s.breaks(answeredOnce, fmt.Sprintf("caller %d is answered and does not wait", e.Caller))
}

func (s *state) answered(p *process, c caller, r messages.Reply) {
	if r.Err != nil {
		return
	}
	switch c.what {
	case wantsToken:
		s.given(p, r.Token)
	case wantsReject:
		s.rejects(p)
	case wantsRevoke:
		s.revoked(p)
	case wantsLogin:
	}
}

// rejects is a token that was refused, and is not given out any more.
func (s *state) rejects(p *process) {
	n := numberOf(p.snapshot.Token.Access)
	p.rejected |= 1 << n
	p.barrier = s.now + p.settings.ForceInterval
	if p.shows(s.time()) {
		s.breaks(rejectedHere, fmt.Sprintf("a%d is published when Reject returns", n))
	}
}

// revoked is a Revoke that was confirmed.
func (s *state) revoked(p *process) {
	if p.shows(s.time()) {
		s.breaks(revokedHere, "a token is published when Revoke returns")
	}
	if s.world.rules.OneTime {
		s.ended |= p.barred
	}
}

// checkStep is what a session is never without.
func (s *state) checkStep(p *process) {
	if len(p.callers) > 0 && p.session.Wake().IsZero() {
		s.breaks(heldForCause, "somebody waits, and no timer is set")
	}
	if n := p.session.Leaf(); n != 0 && !p.flying(n) {
		s.breaks(heldForCause, fmt.Sprintf("leaf %d is waited for and not under way", n))
	}
}

// flying reports whether a leaf is under way. A slot is there as soon as it is wanted.
func (p *process) flying(n uint64) bool {
	if slot, _ := p.session.Slot(); slot == machine.WantSlot {
		return true
	}
	for i := range p.flights {
		if p.flights[i].leaf.Number == n && p.flights[i].life == p.life {
			return true
		}
	}
	return false
}

// checkWaiting finds those who wait too long. It is asked before time passes, when all
// that is due has been done.
func (s *state) checkWaiting() {
	for _, p := range s.procs {
		for _, c := range p.callers {
			if limit := c.since + p.settings.HoldFor; p.mode == running && c.what == wantsToken && s.now >= limit {
				s.breaks(answeredInTime, fmt.Sprintf("caller %d of %s waits since %v", c.id, processNames[p.id], c.since))
			}
		}
	}
}

// checkState is what holds in every state.
func (s *state) checkState() {
	if s.cut {
		return
	}
	for f := range s.server.families {
		if s.ended&(1<<f) != 0 && s.server.lives(f, s.world.rules.OneTime, s.now) {
			s.breaks(revokedDead, fmt.Sprintf("family %d lives", f+1))
		}
	}
	if s.world.rules.OneTime && s.excuses&(lostAnswer|lateRequest|crashed) == 0 {
		s.checkKept()
	}
}

// checkKept looks for those who have the successor of what was spent.
func (s *state) checkKept() {
	var live, rotated uint16
	for i := range s.server.pairs {
		if s.server.renewable(i + 1) {
			live |= 1 << (i + 1)
		}
		if s.server.renewable(i+1) && !s.server.pairs[i].loggedIn {
			rotated |= 1 << (i + 1)
		}
	}
	if rotated == 0 || live&(1<<numberOf(s.store.record.Token.Refresh)) != 0 || live&s.known() != 0 {
		return
	}
	s.breaks(kept, "nobody has a refresh token that the server would take")
}

// known returns the pairs that somebody has.
func (s *state) known() uint16 {
	var m memory
	for _, p := range s.procs {
		k := machine.Keyer{Now: epoch, Names: &m}
		k.Session(p.session)
		for i := range p.flights {
			m.holds(&p.flights[i])
		}
	}
	return m.pairs
}

// holds notes the pair that a leaf on its way carries.
func (m *memory) holds(f *flight) {
	if o, ok := f.outcome.(machine.Minted); ok {
		m.pairs |= 1 << numberOf(o.Token.Refresh)
	}
	if e, ok := f.effect.(machine.Save); ok && f.outcome == nil {
		m.pairs |= 1 << numberOf(e.Record.Token.Refresh)
	}
}

// costsToken reports whether a process that ends now takes a token along that nobody
// else has, or the answer of a request that spends one.
func (s *state) costsToken(p *process) bool {
	if !s.world.rules.OneTime {
		return false
	}
	for i := range p.flights {
		if _, ok := p.flights[i].effect.(machine.Mint); ok && p.flights[i].life == p.life {
			return true
		}
	}
	var m memory
	k := machine.Keyer{Now: epoch, Names: &m}
	k.Session(p.session)
	return m.pairs&^s.store.saved&^1 != 0
}
