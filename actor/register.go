package actor

import (
	"hash/maphash"
	"iter"
	"sync"
	"sync/atomic"
)

// register is the sessions of a House by their keys. It is safe for concurrent use, and
// looking a key up takes no lock.
//
// It is a hash table with open addressing, in parts. A place is a pointer and
// nothing else, since a session has its key: so a million sessions take 17 to 34 bytes
// each here, and who looks one up reads a place and then the session. A sync.Map takes 120 bytes,
// and reads its way down a tree.
//
// A place is written once for a session and once for its end, and never for another
// session. So who looks up finds a session from when add has returned until
// remove is called, whatever else is written meanwhile. When half of the places are taken, what is
// left of a part moves to a new table; the old one is not written any more.
type register struct {
	seed  maphash.Seed
	parts [1 << partBits]part
}

// partBits are the bits of a hash that choose the part: moving one takes a 64th of
// the time that moving all would.
const partBits = 6

// part is the sessions whose hashes begin alike.
type part struct {
	places atomic.Pointer[places] // nil: none was ever there

	mu    sync.Mutex // guards the fields below, and is held by who writes a place
	taken int        // places that are not free
	open  int        // of those, without the ones of sessions that were removed
}

// places are a power of two, and at least half of them are free: nil. A session is in the
// first that was free, from where its hash says on.
type places []atomic.Pointer[Session]

// fewest places of a part.
const fewest = 8

// removed has the place of a session that is gone: those behind it are still found.
var removed = new(Session)

func newRegister() *register { return &register{seed: maphash.MakeSeed()} }

// find returns the session of this key.
func (r *register) find(key string) (*Session, bool) {
	hash := r.hash(key)
	all := r.part(hash).places.Load()
	if all == nil {
		return nil, false
	}
	_, s := all.find(key, hash)
	return s, s != nil
}

// add returns the session of s's key, which is s if there was none.
func (r *register) add(s *Session) *Session {
	hash := r.hash(s.key)
	p := r.part(hash)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.makeRoom(r)
	all := p.places.Load()
	free, first := all.find(s.key, hash)
	if first != nil {
		return first
	}
	free.Store(s)
	p.taken++
	p.open++
	return s
}

// remove takes a session out, if it is there.
func (r *register) remove(s *Session) {
	hash := r.hash(s.key)
	p := r.part(hash)
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.places.Load()
	if all == nil {
		return
	}
	if place, found := all.find(s.key, hash); found == s {
		place.Store(removed)
		p.open--
	}
}

// all returns the sessions, in no order. Those that come or go meanwhile may be
// missing.
func (r *register) all() iter.Seq[*Session] {
	return func(yield func(*Session) bool) {
		for i := range r.parts {
			for s := range r.parts[i].all {
				if !yield(s) {
					return
				}
			}
		}
	}
}

func (r *register) hash(key string) uint64 { return maphash.String(r.seed, key) }

func (r *register) part(hash uint64) *part { return &r.parts[hash>>(64-partBits)] }

// all calls yield with every session, until it returns false.
func (p *part) all(yield func(*Session) bool) {
	places := p.places.Load()
	if places == nil {
		return
	}
	for i := range *places {
		if s := (*places)[i].Load(); s != nil && s != removed && !yield(s) {
			return
		}
	}
}

// makeRoom sees to it that one more can come, and half of the places stay free. The
// caller holds mu.
func (p *part) makeRoom(r *register) {
	old := p.places.Load()
	if old != nil && 2*(p.taken+1) <= len(*old) {
		return
	}
	n := fewest
	for n < 4*p.open { // so it takes as many more to fill half of them
		n *= 2
	}
	all := make(places, n)
	for s := range p.all {
		free, _ := all.find(s.key, r.hash(s.key))
		free.Store(s)
	}
	p.taken = p.open
	p.places.Store(&all)
}

// find returns the session of this key with its place, or nil with the place that
// is free for it.
func (all places) find(key string, hash uint64) (*atomic.Pointer[Session], *Session) {
	last := uint64(len(all) - 1)
	for i := hash & last; ; i = (i + 1) & last {
		place := &all[i]
		s := place.Load()
		if s == nil || s.key == key && s != removed {
			return place, s
		}
	}
}
