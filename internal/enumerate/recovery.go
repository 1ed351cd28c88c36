package enumerate

import "github.com/holdfast-go/holdfast/internal/machine"

const bothGood = 3

// good tells which processes have a fresh token or an honest end.
func (s *state) good() uint8 {
	if s.cut || s.broken != "" {
		return bothGood
	}
	var good uint8
	for i, p := range s.procs {
		if p.mode == running && (s.fresh(p) || s.honest(p)) {
			good |= 1 << i
		}
	}
	return good
}

// fresh reports whether a process gives out a token that is good, is not stale and has
// been saved.
func (s *state) fresh(p *process) bool {
	n := numberOf(p.snapshot.Token.Access)
	return p.shows(s.time()) && s.time().Before(p.snapshot.StaleAt) && s.server.accepts(n, s.now) &&
		s.store.record.Token.Access == p.snapshot.Token.Access
}

// honest reports whether a session says that somebody must log in, and it is so.
func (s *state) honest(p *process) bool {
	switch p.session.View(s.time()).State {
	case machine.Dead:
		return !s.server.renewable(numberOf(s.store.record.Token.Refresh))
	case machine.Revoked:
		return s.store.record.Status.Tombstone()
	case machine.Empty, machine.Acquiring, machine.Fresh, machine.Stale, machine.Ending, machine.Expired, machine.Cooling, machine.Closed:
	}
	return false
}

// checkRecovery looks, for each process, from where it can reach what is good.
func (k *walk) checkRecovery() {
	for changed := true; changed; {
		changed = false
		for i := len(k.nodes) - 1; i >= 0; i-- {
			changed = k.reaches(i) || changed
		}
	}
	for i := range k.nodes {
		if k.nodes[i].good != bothGood && (k.world.only == "" || k.world.only == recovers) {
			k.finds(&k.sum.Violations, recovers, "from here on it cannot", int32(i))
			return
		}
	}
}

// reaches gives a state what the states behind it reach, and reports whether that is more.
func (k *walk) reaches(i int) bool {
	n := &k.nodes[i]
	was := n.good
	for _, to := range k.edgesOf(i) {
		n.good |= k.nodes[to].good
	}
	return n.good != was
}

func (k *walk) edgesOf(i int) []int32 {
	var begin uint32
	if i > 0 {
		begin = k.nodes[i-1].last
	}
	return k.edges[begin:k.nodes[i].last]
}
