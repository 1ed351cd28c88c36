package enumerate

import (
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
)

// fliesAlone looks at a leaf that goes out: no other may be under way, unless it was
// given up, or nothing hangs on it.
func (s *state) fliesAlone(p *process, h machine.Leaf, e machine.Effect) {
	for i := range p.flights {
		if f := &p.flights[i]; f.standsAlone(p) && s.now < f.aloneUntil() {
			s.breaks(oneLeaf, fmt.Sprintf("leaf %d goes out beside leaf %d", h.Number, f.leaf.Number))
		}
	}
	if m, ok := e.(machine.Mint); ok && m.Attempt > 1+max(0, p.settings.Retries) && s.world.rules.OneTime {
		s.breaks(oneLeaf, fmt.Sprintf("a renewal sends request %d", m.Attempt))
	}
}

// standsAlone reports whether no other leaf may go out beside a leaf for a while.
func (f *flight) standsAlone(p *process) bool {
	if f.life != p.life || f.fate == unheard || f.fate == again {
		return false
	}
	switch f.effect.(type) {
	case machine.Load, machine.Claim:
		return false
	}
	return true
}

// aloneUntil is when a leaf that has not answered may be given up.
func (f *flight) aloneUntil() time.Duration { return f.sent + f.leaf.Deadline + time.Second }

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

// reused is a family that ends because its refresh token was used twice; f is the request that
// came second.
func (s *state) reused(f *flight, n int) {
	if s.ended != 0 || s.revoking() {
		return
	}
	if s.excuses&^unknown == 0 {
		s.breaks(spentOnce, fmt.Sprintf("the server ends the family: r%d was used twice, and nothing has gone wrong", n))
	}
	if kind, ok := unavoidable[s.excuses&^unknown]; ok {
		s.family = kind + s.second(f)
	}
}

// unavoidable is what no client can do anything about, one thing that has gone wrong each: it may
// cost the family.
var unavoidable = map[excuse]string{
	lostAnswer:  "an answer was lost",
	lateRequest: "a request was served after it was given up",
	pausedOwner: "an owner stood still beyond its claim",
	crashed:     "an owner crashed between the server's rotation and Save",
}

// Which request came second to the server, and ended the family.
const (
	cameSecond       = ", and its request came second"
	nextCameSecond   = ", and its owner's next request came second"
	othersCameSecond = ", and another's request came second"
)

func (s *state) second(f *flight) string {
	switch {
	case f.sent < s.now, f.fate != fine, f.life != s.procs[f.proc].life:
		return cameSecond
	case f.proc == s.hit:
		return nextCameSecond
	}
	return othersCameSecond
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
