package enumerate

import (
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
	return s.endings(p, out)
}

func (s *state) asks(p *process, out []move) []move {
	if !s.served(p) {
		out = append(out, move{kind: askGet, proc: p.id})
	}
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

// served reports whether a caller gets a token without the session having anything to do: one
// that is not stale, or is being renewed. What he gets is looked at in every state.
func (s *state) served(p *process) bool {
	if !p.shows(s.time()) {
		return false
	}
	v := p.session.View(s.time())
	switch v.State {
	case machine.Fresh:
		return s.time().Before(v.NextTry)
	case machine.Stale:
		return s.time().Before(v.NextTry) || p.session.Renewal() != 0
	case machine.Empty, machine.Acquiring, machine.Ending, machine.Expired, machine.Cooling, machine.Dead, machine.Revoked, machine.Closed:
	}
	return false
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
