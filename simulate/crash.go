package simulate

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// die ends the process where it stands. What it has sent may still arrive.
func (l *life) die() {
	s := l.sim
	l.mu.Lock()
	dead := l.dead
	l.dead = true
	guests, held := l.guests, l.held
	l.guests, l.held, l.still = nil, nil, false
	l.mu.Unlock()
	if dead {
		return
	}
	s.note(l.name, "crashes")
	l.ends()
	for _, e := range held {
		s.loop.bring(e)
	}
	for _, g := range guests {
		s.loop.bring(errand{label: "ends " + g.label, what: func() { g.end(ErrCrashed) }, frees: true})
	}
	for _, c := range s.callersOf(l) {
		s.loop.bring(errand{label: "ends " + c.name, what: func() { c.end(ErrCrashed) }, frees: true})
	}
	s.loop.bring(errand{label: "kill " + l.name, what: func() { // one of its actors may be in the middle of a message
		l.house.Kill()
		l.close()
	}})
}

// comesBack has the process start again after a while.
func (l *life) comesBack(label string) {
	after := pick(l.sim.chance(label, saltHow)>>8, 0, time.Second, 10*time.Second, 30*time.Second)
	l.sim.loop.after(after, errand{label: l.name, what: func() {
		if l.process.newest() == l {
			l.process.boot()
		}
	}})
}

// isDead reports whether a process has crashed; nobody's has not.
func (l *life) isDead() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead
}

// close closes the Manager; of a dead process only what is left of it here.
func (l *life) close() {
	s := l.sim
	s.mu.Lock()
	s.closing++
	s.mu.Unlock()
	go func() {
		err := l.manager.Close(context.Background())
		s.loop.bring(errand{label: "closed " + l.name, what: func() {
			if err != nil {
				s.note(l.name, err.Error())
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.closing--
		}})
	}()
}

// callersOf returns the goroutines of a life that have not returned, in the order of their names.
func (s *Sim) callersOf(l *life) []*caller {
	s.mu.Lock()
	defer s.mu.Unlock()
	var of []*caller
	for _, c := range s.callers {
		if c.life == l {
			of = append(of, c)
		}
	}
	slices.SortFunc(of, func(a, b *caller) int { return cmp.Compare(a.name, b.name) })
	return of
}
