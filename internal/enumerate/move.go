package enumerate

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// move is one thing that can happen in a state.
type move struct {
	kind moveKind
	proc int
	at   int // of the leaf in question
}

// moveKind says what happens.
type moveKind uint8

const (
	passTime   moveKind = iota // to the next moment that matters
	tick                       // a timer fires
	hear                       // the watch tells of the newest record
	serve                      // a leaf arrives
	deliver                    // a leaf's answer arrives
	askGet                     // a caller asks
	askReject                  //
	askRevoke                  //
	askLogin                   // a human has logged in, and somebody says so
	resume                     // a process that stood still goes on
	storeRises                 // the store answers again
	storeFalls                 // faults from here on
	beLate                     // a leaf hangs
	beUnheard                  // a leaf's answer is lost, and that is noticed
	fail                       // a leaf is refused
	twice                      // a leaf is answered, and will be once more
	readBehind                 // a Load is served by a replica that lags behind
	crash                      // a process ends, and starts again
	pause                      // a process stands still
)

// faulty reports whether a move is something that goes wrong.
func (k moveKind) faulty() bool { return k >= storeFalls }

// moves lists what can happen, always in the same order.
func (s *state) moves(out []move) []move {
	if s.cut || s.broken != "" {
		return out
	}
	for _, p := range s.procs {
		switch p.mode {
		case running:
			out = s.movesOf(p, out)
		case paused:
			out = append(out, move{kind: resume, proc: p.id})
		}
		out = s.movesOfFlights(p, out)
	}
	if s.store.down {
		out = append(out, move{kind: storeRises})
	} else if s.left.outages > 0 {
		out = append(out, move{kind: storeFalls})
	}
	if !s.urgent() && s.nextMoment() > 0 {
		out = append(out, move{kind: passTime})
	}
	return out
}

// movesOf lists what a process that runs can do by itself, and be asked.
func (s *state) movesOf(p *process, out []move) []move {
	if p.due(s.time()) {
		out = append(out, move{kind: tick, proc: p.id})
	}
	if known := p.session.Known(); s.store.rev > known && s.store.rev > p.told && !s.store.down {
		out = append(out, move{kind: hear, proc: p.id})
	}
	if len(p.callers) < s.world.callers {
		out = s.asks(p, out)
	}
	if s.mayFail(p) && s.world.faults.has(crash) && s.mayCrash(p) {
		out = append(out, move{kind: crash, proc: p.id})
	}
	if s.mayFail(p) && s.world.faults.has(pause) && p.session.Leaf() != 0 {
		out = append(out, move{kind: pause, proc: p.id})
	}
	return out
}

// mayCrash reports whether a process may crash at this moment: where nothing is under way
// that could be lost, it does so in some worlds only.
func (s *state) mayCrash(p *process) bool {
	if s.world.restarts {
		return true
	}
	for i := range p.flights {
		if f := &p.flights[i]; p.waitsFor(f) && !s.spares(f) {
			return true
		}
	}
	return false
}

// spares reports whether nothing goes wrong with a leaf.
func (s *state) spares(f *flight) bool { return s.world.spare != nil && s.world.spare(f.effect) }

func (s *state) asks(p *process, out []move) []move {
	out = append(out, move{kind: askGet, proc: p.id})
	if p.shows(s.time()) && (s.left.rejects > 0 || s.refuses(p.snapshot.Token)) {
		out = append(out, move{kind: askReject, proc: p.id})
	}
	if s.left.revokes > 0 && s.world.revokers&(1<<p.id) != 0 {
		out = append(out, move{kind: askRevoke, proc: p.id})
	}
	if s.left.logins > 0 && len(s.server.pairs) < s.world.tokens {
		out = append(out, move{kind: askLogin, proc: p.id})
	}
	return out
}

// refuses reports whether resource servers refuse a token.
func (s *state) refuses(t messages.Token) bool { return !s.server.accepts(numberOf(t.Access), s.now) }

func (s *state) movesOfFlights(p *process, out []move) []move {
	for at := range p.flights {
		f := &p.flights[at]
		if f.outcome == nil {
			out = append(out, move{kind: serve, proc: p.id, at: at})
		} else if p.mode == running && f.life == p.life && f.fate != unheard {
			out = append(out, move{kind: deliver, proc: p.id, at: at})
		}
		if s.mayFail(p) && f.fate == fine && p.mode == running && f.life == p.life {
			out = s.faultsOf(p, at, out)
		}
	}
	return out
}

// mayFail reports whether something may still go wrong with a process.
func (s *state) mayFail(p *process) bool { return s.left.faults > 0 && s.world.unlucky&(1<<p.id) != 0 }

// faultsOf lists what can go wrong with a leaf.
func (s *state) faultsOf(p *process, at int, out []move) []move {
	f := &p.flights[at]
	if s.spares(f) {
		return out
	}
	_, load := f.effect.(machine.Load)
	for _, kind := range [...]moveKind{beLate, beUnheard, fail, twice, readBehind} {
		possible := f.outcome == nil
		switch kind {
		case beUnheard:
			possible = possible && !load
		case readBehind:
			possible = possible && load && s.store.rev > 1
		case twice:
			possible = f.outcome != nil
		}
		if possible && s.world.faults.has(kind) {
			out = append(out, move{kind: kind, proc: p.id, at: at})
		}
	}
	return out
}

// urgent reports whether something happens before time passes: what is due, and all
// leaves that fare well.
func (s *state) urgent() bool {
	if s.store.down && s.now >= s.store.until {
		return true
	}
	for _, p := range s.procs {
		if p.mode != running {
			continue
		}
		if p.due(s.time()) {
			return true
		}
		for i := range p.flights {
			if f := &p.flights[i]; f.fate == fine && f.life == p.life {
				return true
			}
		}
	}
	return false
}

// nextMoment returns how far it is to the next moment that matters, on the grid of the
// world's clock; zero: there is none before the world's end.
func (s *state) nextMoment() time.Duration {
	var next time.Duration
	for _, p := range s.procs {
		for _, at := range p.moments(s.time()) {
			if d := at.Sub(s.time()); !at.IsZero() && d > 0 && (next == 0 || d < next) {
				next = d
			}
		}
	}
	if next > horizon {
		return 0
	}
	grid := s.world.grid
	return (s.now+next+grid-1)/grid*grid - s.now
}

// horizon is for how long a world waits for something to happen.
const horizon = 20 * time.Minute

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
	s.step(p, machine.Done{Leaf: f.leaf.Number, Outcome: f.outcome})
}

// crashes ends a process, and starts another. What it has sent may still arrive, or
// never: so it makes no difference in which place of a step it ends. A process that
// stays away for a while is one that nobody asks.
func (s *state) crashes(p *process) {
	if s.costsToken(p) {
		s.excuses |= crashed
	}
	flights := p.flights
	*p = *s.world.boot(p.id, p.life+1)
	p.flights = flights
}

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
		c.what, a = wantsRevoke, messages.Revoke{}
	case askLogin:
		c.what, a = wantsLogin, messages.Establish{Token: s.logsIn()}
	}
	p.callers = append(p.callers, c)
	if kind == askRevoke {
		s.barAll(p)
	}
	s.step(p, machine.Ask{Caller: c.id, Ask: a})
}

// logsIn is a human who has got a pair of a new family.
func (s *state) logsIn() messages.Token {
	v := s.serverToChange()
	v.pairs = append(v.pairs, pair{family: v.families, expiry: s.now + s.world.lifeOf(len(v.pairs)+1), loggedIn: true})
	v.families++
	return s.world.token(len(v.pairs), s.now)
}
