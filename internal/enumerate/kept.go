package enumerate

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

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

// remembers reports whether the session would still know the answer of a leaf that
// it has given up.
func (p *process) remembers(f *flight) bool {
	if _, minted := f.outcome.(machine.Minted); !minted {
		return false
	}
	m := memory{leaf: f.leaf.Number}
	k := machine.Keyer{Now: epoch, Names: &m}
	k.Session(p.session)
	return m.found
}

// memory looks for a leaf in what a session knows.
type memory struct {
	leaf  uint64
	found bool
	pairs uint16 // whose secrets the session knows
}

func (m *memory) Leaf(n uint64) uint64 {
	m.found = m.found || n == m.leaf
	return n
}

func (m *memory) Secret(s messages.Secret) uint64 {
	m.pairs |= 1 << numberOf(s)
	return 1
}

func (m *memory) Caller(machine.Caller) uint64 { return 1 }

func (m *memory) Renewal(string, uint64) uint64 { return 1 }

func (m *memory) Rev(messages.Rev) uint64 { return 1 }

func (m *memory) Op(messages.OpID) uint64 { return 1 }

func (m *memory) Order(time.Time) uint64 { return 1 }

func (m *memory) Wait(time.Duration) time.Duration { return 1 }
