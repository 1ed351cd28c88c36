package enumerate

import "github.com/holdfast-go/holdfast/internal/machine"

// do makes a move. The state is one that next has made.
func (s *state) do(m move) {
	s.pay(m)
	switch m.kind {
	case passTime:
		s.checkWaiting()
		s.now += s.nextMoment()
		return
	case storeRises:
		s.storeToChange().down = false
		return
	case storeFalls:
		h := s.storeToChange()
		h.down, h.until = true, s.now+s.world.outage
		return
	}
	s.happens(s.proc(m.proc), m)
	s.sweep(m.proc)
	s.sweep(1 - m.proc)
	s.checkState()
}

// pay takes a move from what may still happen. That a token is rejected which is dead is
// for nothing.
func (s *state) pay(m move) {
	switch kind := m.kind; {
	case kind == storeFalls:
		s.left.outages--
	case kind.faulty():
		s.left.faults--
		s.hit = m.proc
	case kind == askReject:
		if !s.refuses(s.procs[m.proc].snapshot.Token) {
			s.left.rejects--
		}
	case kind == askRevoke:
		s.left.revokes--
	case kind == askLogin:
		s.left.logins--
	}
}

// happens is a move of one process, or of a leaf of it.
func (s *state) happens(p *process, m move) {
	switch m.kind {
	case tick:
		s.step(p, machine.Tick{})
	case hear:
		p.told = s.store.rev
		s.learns(p, s.store.record)
		s.step(p, machine.Changed{Rev: s.store.rev, Record: s.store.record})
	case serve:
		s.serve(p.id, m.at)
	case deliver:
		s.deliver(p, m.at)
	case askGet, askReject, askRevoke, askLogin:
		s.ask(p, m.kind)
	case resume:
		p.mode = running
	case beLate:
		p.flights[m.at].fate = late
		s.excuseUnknown(&p.flights[m.at])
	case beUnheard:
		p.flights[m.at].fate = unheard
		s.excuseUnknown(&p.flights[m.at])
		s.step(p, machine.Done{Leaf: p.flights[m.at].leaf.Number, Outcome: doubt(p.flights[m.at].effect)})
	case fail:
		f := p.take(m.at)
		s.refused(f)
		s.step(p, machine.Done{Leaf: f.leaf.Number, Outcome: failure(f.effect)})
	case twice:
		p.flights[m.at].fate = again
		s.reads(p, p.flights[m.at].outcome)
		s.step(p, machine.Done{Leaf: p.flights[m.at].leaf.Number, Outcome: p.flights[m.at].outcome})
	case readBehind:
		f := &p.flights[m.at]
		f.outcome = s.store.loadBehind(f.effect.(machine.Load).Min)
	case crash:
		s.crashes(p)
	case pause:
		p.mode = paused
		s.excuses |= pausedOwner
	case passTime, storeRises, storeFalls:
		panic("BUG: no process does that")
	}
}

// take removes a leaf.
func (p *process) take(at int) flight {
	f := p.flights[at]
	p.flights = append(p.flights[:at], p.flights[at+1:]...)
	return f
}

func (s *state) deliver(p *process, at int) {
	f := p.take(at)
	s.reads(p, f.outcome)
	s.step(p, machine.Done{Leaf: f.leaf.Number, Outcome: f.outcome})
}

// reads notes what a process is told by what a leaf brings.
func (s *state) reads(p *process, o machine.Outcome) {
	if found, ok := o.(machine.Found); ok {
		s.learns(p, found.Record)
	}
}

// crashes ends a process, and starts another. What it has sent may still arrive, or
// never: so it makes no difference in which place of a step it ends. A process that
// stays away for a while is one that nobody asks.
func (s *state) crashes(p *process) {
	if s.costsToken(p) {
		s.excuses |= crashed
	}
	s.forgetLogins(p)
	flights := p.flights
	*p = *s.world.boot(p.id, p.life+1)
	p.flights = flights
}

// forgetLogins loses the logins that a process that ends was told of, and has not saved.
func (s *state) forgetLogins(p *process) {
	for i, of := range s.server.pairs {
		if of.loggedIn && of.by == p.id && s.store.saved&(1<<(i+1)) == 0 {
			s.serverToChange().pairs[i].by = nobody
		}
	}
}
