package enumerate

import (
	"fmt"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// heardOf notes what a step has said of itself before its effects are looked at.
func (s *state) heardOf(p *process, effects []machine.Effect) {
	if !s.world.rules.OneTime && p.session.View(s.time()).State == machine.Revoked {
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
	p.barred |= s.begun(p)
	for i := range p.flights {
		p.flights[i].barred = true
	}
}

// begun returns the families that a Revoke in a process is about. A login that was told to
// the other, and is not saved yet, may be later.
func (s *state) begun(p *process) uint16 {
	var begun uint16
	for i, of := range s.server.pairs {
		if of.loggedIn && of.by == p.id || s.store.saved&(1<<(i+1)) != 0 || !s.world.rules.OneTime {
			begun |= 1 << of.family
		}
	}
	return begun
}

// learns notes a revocation of which a process is told.
func (s *state) learns(p *process, r messages.Record) {
	if r.Status.Tombstone() && s.world.rules.OneTime {
		p.barred |= before(r.Grant + 1)
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
		s.revoked(p, c)
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
func (s *state) revoked(p *process, c caller) {
	if p.shows(s.time()) {
		s.breaks(revokedHere, "a token is published when Revoke returns")
	}
	s.ended |= c.about &^ s.store.given
}

// current returns the families that a Revoke in a process has to end. Those of the grants before
// that of the record are another's business, or a given token has been saved in their place.
func (s *state) current(p *process) uint16 {
	if !s.world.rules.OneTime {
		return 0
	}
	return s.begun(p) &^ before(s.store.record.Grant) &^ s.outdated()
}

// outdated returns the families whose login was told of no later than the session was revoked: a
// token that is given anew undoes no Revoke.
func (s *state) outdated() uint16 {
	r := &s.store.record
	if !r.Status.Tombstone() {
		return 0
	}
	var families uint16
	for i, of := range s.server.pairs {
		issued := epoch.Add(of.expiry - s.world.lifeOf(i+1))
		if of.loggedIn && uint64(of.family) >= r.Grant && !issued.After(r.Written) {
			families |= 1 << of.family
		}
	}
	return families
}

// revoking reports whether a Revoke has begun, which spends a refresh token on purpose.
func (s *state) revoking() bool {
	return s.store.record.Status.Tombstone() || s.left.revokes < s.world.budget.revokes
}
