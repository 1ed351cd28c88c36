package enumerate

import "github.com/holdfast-go/holdfast/internal/machine"

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

// endings lists what can go wrong with a process that runs.
func (s *state) endings(p *process, out []move) []move {
	if !s.mayFail(p) {
		return out
	}
	if s.world.faults.has(crash) && s.mayCrash(p) {
		out = append(out, move{kind: crash, proc: p.id})
	}
	if s.world.faults.has(pause) && p.session.Leaf() != 0 {
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
