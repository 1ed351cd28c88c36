package enumerate

import "time"

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
	return roundUp(s.now+next, s.world.grid) - s.now
}

// horizon is for how long a world waits for something to happen.
const horizon = 20 * time.Minute

func roundUp(d, step time.Duration) time.Duration { return (d + step - 1) / step * step }
