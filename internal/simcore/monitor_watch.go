package simcore

import "time"

// sight is what a process has been told about its watch of the store.
type sight struct {
	watched   bool          // it works
	lost      time.Duration // it does not, since then
	disturbed int           // how often the process had stood still then
}

// losesSight notes that the watch does not work, as the process is told.
func (p *process) losesSight() {
	if p.sight.watched || p.watch == nil {
		p.sight = sight{lost: p.world.now, disturbed: p.disturbed}
	}
}

// checkWatched: while the watch is broken a token is not given out for longer than
// MaxUnwatched without a look at the store. What comes from the server is as good as seen when
// it is given out for the first time, though the store may not have taken it.
func (s *seat) checkWatched(n int, how string) {
	w, is := s.by.world, &s.by.sight
	t := &w.script.Terms
	if n != s.newest.pair {
		s.newest.pair, s.newest.given = n, w.now
	}
	if !t.Shared || is.watched || is.disturbed != s.by.disturbed {
		return
	}
	blind := w.now - max(is.lost, s.looked, s.newest.given)
	if blind > t.maxUnwatched()+time.Second {
		w.breaks("watched", "a%d is %s, and for %v nobody has looked whether it is revoked", n, how, blind)
	}
}

// heardWithin is how long a change takes at most to be heard by who watches.
const heardWithin = 2 * time.Second

// checkInForce: a tombstone is in force in each process that watches, as soon as it can have
// heard of it.
func (s *seat) checkInForce(n int, how string) {
	w, h := s.by.world, s.by.watch
	p := &w.server.pairs[n-1]
	past := w.store.shelves[s.index].past
	if !w.script.Terms.Shared || h == nil || !h.synced || h.blind || h.over || len(past) == 0 || !p.saved || w.known[s.index].misdated {
		return
	}
	newest := &past[len(past)-1]
	if newest.record.Status.Tombstone() && p.placed.grant <= newest.record.Grant &&
		w.now-max(newest.at, h.since, s.by.thawed) > heardWithin {
		w.breaks("in force", "a%d is %s %v after the tombstone of its grant has landed", n, how, w.now-newest.at)
	}
}
