package simcore

import (
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/actor"
)

// World plays one history after another: processes over one store and one server, and
// all that happens to them, in the order of a virtual time. It owns everything and is
// used by one goroutine. What it has allocated serves the next history too.
type World struct {
	loop
	number uint64   // of the worlds of this process
	names  []string // of actors
	named  int      // how many of them are taken

	script   Script
	settings actor.Settings // of its processes, but for who they are
	calm     bool           // nothing goes wrong any more
	over     bool           // nobody starts again
	brief    bool           // a history ends with its events: nothing is to mend

	server server
	store  shelves
	procs  []*process
	kinds  []kind
	rules  []actor.Rules
	logger *slog.Logger

	serving *leaf   // that is being done now; nil: none is
	minting []*leaf // requests that spend a refresh token, and may be under way
	wishes  []wish  // of the script
	calls   []call  // that are not answered
	known   []known // what the monitors know of each session

	wallMin, wallMax time.Duration // of all wall clocks
	lost             time.Duration // by all monotonic ones

	steps, renewals uint64
	hash            uint64
	story           *Story // nil: nobody reads what happens

	broken *Violation  // the first promise that was broken
	look   look        // at the step under way
	forge  func(*look) // shows the monitors what is not so; nil: they see what is there

	witness witness // nil: nobody sees what callers are told
}

// known is what the monitors know of a session, whatever process it is in.
type known struct {
	revokes  int           // how often it was asked for
	logins   int           // how many grants have begun since it was opened
	buried   time.Duration // the newest tombstone has landed
	troubled bool          // something went wrong with it
	misdated bool          // a clock was so wrong that a record looks older than what was given before it
	given    time.Time     // what was given last was issued
}

// Violation is a promise that was broken.
type Violation struct {
	Seed    uint64
	Monitor string // the promise
	Text    string
	At      time.Duration
}

func (v *Violation) String() string {
	return fmt.Sprintf("seed %d: %s: %s (at %v)", v.Seed, v.Monitor, v.Text, v.At)
}

// worlds counts the worlds of this process, whose actors live in one engine.
var worlds atomic.Uint64

// NewWorld returns a world in which nothing has happened.
func NewWorld() *World {
	w := &World{number: worlds.Add(1)}
	w.logger = slog.New(bugs{w})
	return w
}

// reset makes the world ready for a script.
func (w *World) reset(s *Script) {
	w.script, w.settings = *s, s.Terms.settings()
	w.loop.reset(s.Ties)
	w.calm, w.over, w.named = false, false, 0
	w.server.reset()
	n := len(s.Terms.Kinds)
	w.store.reset(w, n)
	w.procs = make([]*process, s.Terms.Processes)
	w.kinds, w.rules, w.known = make([]kind, n), make([]actor.Rules, n), make([]known, n)
	w.serving, w.minting, w.calls = nil, w.minting[:0], w.calls[:0]
	w.wallMin, w.wallMax, w.lost = 0, 0, 0
	w.steps, w.renewals, w.hash, w.broken = 0, 0, 0, nil
}

// Play plays a history to its end, with the faults and then without, and returns the
// first promise that was broken; nil: all were kept.
func (w *World) Play(s *Script) *Violation {
	w.reset(s)
	for i := range w.rules {
		w.rulesOf(i)
	}
	for i := range w.procs {
		w.boot(i)
	}
	w.wishes = slices.Grow(w.wishes[:0], len(w.script.Events))
	for i := range w.script.Events {
		w.wishes = append(w.wishes, wish{w, &w.script.Events[i], false})
		w.at(w.script.Events[i].At, &w.wishes[i])
	}
	end := w.end()
	for w.broken == nil && w.play(end) {
	}
	if !w.brief {
		w.settleDown()
	}
	w.vacate()
	return w.broken
}

// vacate stops every actor that is left, which the engine would keep.
func (w *World) vacate() {
	w.over = true
	for _, p := range w.procs {
		if !p.dead {
			p.die()
		}
		p.still = false
		for _, f := range p.held { // an actor that waits for its turn does not hear that it is stopped
			p.Schedule(f)
		}
		p.held = nil
	}
	for len(w.runs) > 0 {
		w.next(len(w.runs))
	}
}

// end is when the last event is over.
func (w *World) end() time.Duration {
	if n := len(w.script.Events); n > 0 {
		return max(w.script.Lasts, w.script.Events[n-1].At+2*time.Second)
	}
	return w.script.Lasts
}

// play lets the next thing happen, and looks who is answered.
func (w *World) play(limit time.Duration) bool {
	if !w.turn(limit) {
		w.now = max(w.now, limit)
		return false
	}
	w.collect()
	return true
}

// Schedule runs f in a turn of its own that belongs to no process.
func (w *World) Schedule(f func()) { w.runs = append(w.runs, run{f: f}) }

// crashed reports whether a process that has died starts again.
func (w *World) crashed() bool { return !w.over }

// skewOf is how far the wall clock of a process is ahead.
func (w *World) skewOf(slot int) time.Duration {
	if !w.strikes(Skew, uint64(slot)) {
		return 0
	}
	skew := pick(w.chance(uint64(slot), 0x53e3), -time.Second, -500*time.Millisecond, 500*time.Millisecond, time.Second, 20*time.Second)
	w.sawWall(skew)
	return skew
}

// sawWall notes by how much wall clocks differ.
func (w *World) sawWall(wall time.Duration) {
	w.wallMin, w.wallMax = min(w.wallMin, wall), max(w.wallMax, wall)
}

// breaks notes the first promise that does not hold.
func (w *World) breaks(monitor, format string, args ...any) {
	if w.broken == nil {
		text := fmt.Sprintf(format, args...)
		w.story.breaks(monitor, text)
		w.broken = &Violation{Monitor: monitor, Text: text, At: w.now}
	}
}
