package machine

import (
	"github.com/holdfast-go/holdfast/messages"
)

// changed is told by the store's watch of a newer revision.
func (s *step) changed(ev Changed) {
	if ev.Rev <= s.rev || !s.owns(ev.Record) || s.echoes(ev.Record) {
		return
	}
	if s.installs() && s.takesGiven(&ev.Record) { // the run's own look comes to the same
		s.holdBack(ev.Record)
		return
	}
	if s.state == Empty {
		s.note(ev)
		return
	}
	s.absorb(ev.Rev, ev.Record)
	s.looked = true
	if s.sight.rev == ev.Rev && s.sight.claim.Owner != "" {
		s.sight.arrived = s.now
	}
	s.afterChange()
}

// echoes reports whether a record is what is being saved, a pair or a death: the store
// tells of it before it answers. It is not another's.
func (s *step) echoes(r messages.Record) bool {
	if w := s.run.swap.Record; s.run.stage != saving || r.Grant != w.Grant || r.Generation != w.Generation ||
		r.Token.Access != w.Token.Access {
		return false
	}
	return s.run.write == writePair && r.Status == messages.Alive || s.run.write == writeDeath && r.Status == messages.Dead
}

// note remembers the place of a record that nobody has asked for yet.
func (s *step) note(ev Changed) {
	s.rev = ev.Rev
	s.pair = pair{grant: ev.Record.Grant, generation: ev.Record.Generation}
	s.revoke.landed = ev.Record.Status.Tombstone()
}

// afterChange lets a run that waits look at what has come instead.
func (s *step) afterChange() {
	switch s.run.stage {
	case queued, pausing:
		if s.run.purpose == renew {
			s.endNeedless()
		}
	case watching:
		s.endNeedless()
		if s.run.active() {
			s.resume()
		}
	case resting, loading, claiming, minting, saving, revoking:
	}
}

// endNeedless ends a renewal that waits for what has come already, or cannot
// come any more.
func (s *step) endNeedless() {
	switch s.state {
	case Fresh, Stale:
		if s.enough() {
			s.finish()
			s.settle()
		}
	case Ending, Dead:
		s.finish()
	case Revoked:
		if s.rules.Human {
			s.finish()
		}
	case Empty, Acquiring, Expired, Cooling, Closed:
	}
}
