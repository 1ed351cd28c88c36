package enumerate

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// flight is one leaf of I/O on its way.
type flight struct {
	leaf       machine.Leaf
	proc, life int
	effect     machine.Effect
	sent       time.Duration
	fate       fate
	barred     bool            // a Revoke came while it was under way
	outcome    machine.Outcome // what was done; nil: nothing yet
}

// fate is how a leaf fares.
type fate uint8

const (
	fine    fate = iota // it is served and answered before time passes
	late                // it is served, and answered, at any time or never
	unheard             // it has been reported as not known; it is served at any time or never
	again               // it has been answered, and is answered once more at any time
)

// launch sends a leaf on its way.
func (s *state) launch(p *process, h machine.Leaf, e machine.Effect) {
	s.fliesAlone(p, h, e)
	p.flights = append(p.flights, flight{leaf: h, proc: p.id, life: p.life, effect: e, sent: s.now})
}

// serve is a leaf that has arrived where it goes.
func (s *state) serve(i, at int) {
	p := s.proc(i)
	f := &p.flights[at]
	switch e := f.effect.(type) {
	case machine.Load:
		f.outcome = s.storeSays(s.store.load, machine.Unread{Reason: "down"})
	case machine.Claim:
		s.claims(p, e)
		f.outcome = s.storeSays(func() machine.Outcome { return s.swap(e.Swap) }, machine.Unwritten{Reason: "down"})
	case machine.Save:
		f.outcome = s.storeSays(func() machine.Outcome { return s.swap(e.Swap) }, machine.Unwritten{Reason: "down"})
	case machine.Mint:
		s.excuseLate(p, f)
		f.outcome = s.mint(f, e)
	case machine.RevokeToken:
		f.outcome = s.revoke(e)
	case machine.Queue, machine.Exchange, machine.Publish, machine.Withdraw, machine.Answer, machine.Emit:
		panic("BUG: nobody serves that")
	}
}

func (s *state) storeSays(f func() machine.Outcome, down machine.Outcome) machine.Outcome {
	if s.store.down {
		return down
	}
	return f()
}

// excuseUnknown notes a request of which nobody knows whether it spends a token.
func (s *state) excuseUnknown(f *flight) {
	if _, ok := f.effect.(machine.Mint); ok {
		s.excuses |= unknown
	}
}

// excuseLate notes what a request that is not as it should be may cost.
func (s *state) excuseLate(p *process, f *flight) {
	switch {
	case f.life != p.life:
		s.excuses |= crashed
	case f.fate == late && p.waitsFor(f):
		s.excuses |= lostAnswer
	case f.fate == late, f.fate == unheard:
		s.excuses |= lateRequest
	}
}

// failure is what a leaf brings that was definitely not done.
func failure(e machine.Effect) machine.Outcome {
	switch e.(type) {
	case machine.Load:
		return machine.Unread{Reason: "refused"}
	case machine.Claim, machine.Save:
		return machine.Unwritten{Reason: "refused"}
	}
	return machine.Failed{Failure: messages.Failure{Verdict: messages.Transient, Status: 503}}
}

// doubt is what a leaf brings of which nobody knows whether it was done.
func doubt(e machine.Effect) machine.Outcome {
	switch e.(type) {
	case machine.Claim, machine.Save:
		return machine.Unwritten{Reason: "connection reset", Open: true}
	}
	return machine.Failed{Failure: messages.Failure{Verdict: messages.Doubtful, Reason: "connection reset"}}
}

// sweep forgets the leaves that nobody waits for and that can do nothing any more.
func (s *state) sweep(i int) {
	p := s.procs[i]
	idle := func(f flight) bool { return s.idle(p, &f) }
	if slices.ContainsFunc(p.flights, idle) {
		p = s.proc(i)
		p.flights = slices.DeleteFunc(p.flights, idle)
	}
}

// idle reports whether a leaf is of no use to anybody any more.
func (s *state) idle(p *process, f *flight) bool {
	if f.fate == again || p.waitsFor(f) {
		return false
	}
	switch e := f.effect.(type) {
	case machine.Mint:
		if f.outcome != nil {
			return f.life != p.life || f.fate == unheard || !p.remembers(f)
		}
		return s.world.rules.OneTime && s.server.isOver(s.server.pair(e.Refresh).family)
	case machine.Claim:
		return f.outcome != nil || e.Prev != s.store.rev
	case machine.Save:
		return f.outcome != nil || e.Prev != s.store.rev
	case machine.RevokeToken:
		t := s.server.pair(e.Token)
		return f.outcome != nil || e.Refresh && t.spent || !e.Refresh && t.dead || s.server.isOver(t.family)
	}
	return true
}
