package enumerate

import (
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// step lets one event happen to a process, and its effects. A slot at the endpoint is
// there at once.
func (s *state) step(p *process, ev machine.Event) {
	next, effects := s.world.step(p.session.Clone(), s.time(), ev)
	p.session = next
	s.heardOf(p, effects)
	for _, e := range effects {
		s.effect(p, e)
	}
	s.checkStep(p)
	for _, e := range effects {
		if q, ok := e.(machine.Queue); ok && p.session.Leaf() == q.Number {
			s.step(p, machine.Done{Leaf: q.Number, Outcome: machine.Granted{}})
		}
	}
}

// effect is the shell.
func (s *state) effect(p *process, e machine.Effect) {
	switch e := e.(type) {
	case machine.Publish:
		s.publishes(p, e)
	case machine.Withdraw:
		p.published = false
	case machine.Answer:
		s.answers(p, e)
	case machine.Emit:
	case machine.Queue:
		s.fliesAlone(p, e.Leaf, e)
	case machine.Load:
		s.launch(p, e.Leaf, e)
	case machine.Claim:
		s.launch(p, e.Leaf, e)
	case machine.Mint:
		s.spends(p, e)
		s.launch(p, e.Leaf, e)
	case machine.Save:
		s.launch(p, e.Leaf, e)
	case machine.RevokeToken:
		s.launch(p, e.Leaf, e)
	case machine.Exchange:
		panic("BUG: nobody exchanges anything here")
	}
	if s.story != nil {
		s.story.effect(s, e)
	}
}

// ask has a caller ask a process.
func (s *state) ask(p *process, kind moveKind) {
	p.asked++
	c := caller{id: p.asked, since: s.now}
	var a messages.Ask = messages.Get{}
	switch kind {
	case askReject:
		c.what, a = wantsReject, messages.Reject{Token: p.snapshot.Token.Access}
	case askRevoke:
		c.what, c.about, a = wantsRevoke, s.current(p), messages.Revoke{}
	case askLogin:
		c.what, a = wantsLogin, messages.Establish{Token: s.logsIn(p.id)}
	}
	p.callers = append(p.callers, c)
	if kind == askRevoke {
		s.barAll(p)
	}
	s.step(p, machine.Ask{Caller: c.id, Ask: a})
}

// logsIn is a human who has got a pair of a new family, and says so to a process.
func (s *state) logsIn(proc int) messages.Token {
	v := s.serverToChange()
	v.pairs = append(v.pairs, pair{family: v.families, expiry: s.now + s.world.lifeOf(len(v.pairs)+1), loggedIn: true, by: proc})
	v.families++
	return s.world.token(len(v.pairs), s.now)
}
