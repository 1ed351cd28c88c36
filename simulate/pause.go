package simulate

import (
	"time"
)

// freeze has the process stand still.
func (l *life) freeze(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead || l.still {
		return
	}
	l.still = true
	l.sim.note(l.name, "stands still for "+d.String())
	l.sim.loop.after(d, errand{label: l.name, what: l.thaw})
}

func (l *life) thaw() {
	l.mu.Lock()
	held := l.held
	l.held, l.still = nil, false
	l.mu.Unlock()
	for _, e := range held {
		l.sim.loop.bring(e)
	}
}

// holds keeps an errand of a process that stands still, and reports whether it has.
func (l *life) holds(e errand) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.still {
		l.held = append(l.held, e)
	}
	return l.still
}
