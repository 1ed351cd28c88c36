package simcore

import (
	"cmp"
	"slices"

	"github.com/holdfast-go/holdfast/clockutil"
)

// Shrinking bounds a Shrink.
type Shrinking struct {
	Plays int         // of candidates; zero: 30,000
	Until func() bool // says when it is to end; nil: when no candidate is smaller
}

// Shrunk is what a Shrink has made of a script.
type Shrunk struct {
	Script    *Script    // the smallest that was found
	Violation *Violation // of the promise that the script broke at first; nil: it breaks none
	Plays     int        // of candidates
}

// Shrink makes a script small that breaks a promise, so that what is left breaks the same
// one: fewer events, processes and faults, shorter waits, simpler requests. Where leaving
// something out moves what else happens, a candidate is played with other seeds too. At
// last the weather gives way to the strikes of which it consists, so that the script says
// by itself what goes wrong. Without Until the same script becomes the same.
func Shrink(s *Script, b Shrinking) Shrunk { return NewWorld().shrink(s, b) }

func (w *World) shrink(s *Script, b Shrinking) Shrunk {
	k := &shrinker{world: w, best: *s, most: cmp.Or(b.Plays, 30_000), until: b.Until}
	if k.broken = w.Play(s); k.broken == nil {
		return Shrunk{Script: s}
	}
	w.brief = !w.calm // what was broken before the faults stopped is to be broken before
	defer func() { w.brief = false }()
	for _, k.seeds = range []int{1, 8, 64} {
		k.settle()
	}
	k.spell()
	for _, k.seeds = range []int{1, 16} {
		k.settle()
	}
	return Shrunk{Script: &k.best, Violation: k.broken, Plays: k.plays}
}

// shrinker holds the smallest script so far.
type shrinker struct {
	world  *World
	best   Script
	broken *Violation // by it
	seeds  int        // with which a candidate is played
	plays  int
	most   int
	until  func() bool // nil: as long as it takes
	taken  int         // candidates
}

func (k *shrinker) over() bool { return k.plays >= k.most || k.until != nil && k.until() }

// takes reports whether a candidate breaks the promise, with its own seeds or others. It is
// then the smallest script.
func (k *shrinker) takes(c Script) bool { return k.takesWith(c, k.seeds) }

func (k *shrinker) takesWith(c Script, seeds int) bool {
	for i := range seeds {
		if k.over() {
			return false
		}
		if i > 0 {
			c.Ties, c.Faults = clockutil.Mix(k.best.Ties, uint64(i)), clockutil.Mix(k.best.Faults, uint64(i))
		}
		k.plays++
		if v := k.world.Play(&c); v != nil && v.Monitor == k.broken.Monitor {
			k.best, k.broken = c, v
			k.taken++
			return true
		}
	}
	return false
}

// settle tries everything until nothing makes the script smaller.
func (k *shrinker) settle() {
	for before := -1; before != k.taken && !k.over(); {
		before = k.taken
		k.end()
		k.sessions()
		k.processes()
		k.weather()
		k.events()
		k.strikes()
		k.terms()
		k.gaps()
		k.ease()
	}
}

func (k *shrinker) events() {
	k.leaveOut(func(s *Script) int { return len(s.Events) }, func(s *Script, from, to int) {
		s.Events = without(s.Events, from, to)
	})
}

func (k *shrinker) strikes() {
	k.leaveOut(func(s *Script) int { return len(s.Strikes) }, func(s *Script, from, to int) {
		s.Strikes = without(s.Strikes, from, to)
	})
}

// without is a list of which a part is left out.
func without[T any](of []T, from, to int) []T { return slices.Concat(of[:from], of[to:]) }

// leaveOut leaves out of a list what is not needed: halves, then smaller parts, and at last
// one after another.
func (k *shrinker) leaveOut(n func(*Script) int, part func(s *Script, from, to int)) {
	for size := (n(&k.best) + 1) / 2; size > 0; size /= 2 {
		for from := 0; from < n(&k.best); {
			c := k.best
			if part(&c, from, min(from+size, n(&c))); !k.takesWith(c, max(k.seeds, min(size, 16))) {
				from += size
			}
		}
	}
}

// spell replaces the weather by the strikes that were drawn, and leaves out those that do
// no harm. It is done even if the time is over: few candidates tell.
func (k *shrinker) spell() {
	most, until := k.most, k.until
	defer func() { k.most, k.until = most, until }()
	k.most, k.until, k.seeds = k.plays+500, nil, 1
	v, story := k.world.tell(&k.best)
	if v == nil {
		panic("BUG: two plays of one script differ")
	}
	c := k.best
	c.Weather, c.Strikes = Weather{}, nil
	for _, s := range story.struck {
		if !slices.Contains(c.Strikes, s) {
			c.Strikes = append(c.Strikes, s)
		}
	}
	k.takes(c)
	k.strikes()
}
