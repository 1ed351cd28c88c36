package enumerate

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// World is a small world: two processes with one session over one shared store and
// one authorization server. Its Doc says what is in it, how much of it, and what was
// left out.
type World struct {
	Name, Doc string

	rules    machine.Rules
	settings machine.Settings
	budget   budget        // what may happen, and how often
	faults   kinds         // what can go wrong
	revokers uint8         // the processes that may be asked to revoke, a bit each
	restarts bool          // a process crashes while nothing is under way, too
	callers  int           // at most so many wait for one process at a time
	tokens   int           // pairs that the server gives out, the first included
	first    bool          // the first pair is there from the beginning
	stored   bool          // and in the store
	read     bool          // and both processes have read it
	unlucky  uint8         // the processes with which something can go wrong, a bit each
	life     time.Duration // of every access token but the last
	start    time.Duration // when the world begins; the first pair is of zero
	outage   time.Duration // the store is down for so long at most
	grid     time.Duration // the clock's step: what is due within one is late

	forgives time.Duration // the server accepts a spent refresh token for so long
	kills    bool          // the server kills the old access token when it renews the pair

	spare func(machine.Effect) bool // leaves with which nothing goes wrong; nil: none

	// Seams, with which tests plant bugs.
	step   func(machine.Session, time.Time, machine.Event) (machine.Session, []machine.Effect)
	status messages.Status // of the record in the beginning
	loses  bool            // the store says that it has written, and has not
	only   string          // of the promises, check this one; empty: all

	without string // leave what has this name out of the keys of states; empty: nothing

	lives [2][]machine.Settings
}

// kinds is a set of faults.
type kinds uint32

func these(of ...moveKind) kinds {
	var k kinds
	for _, kind := range of {
		k |= 1 << kind
	}
	return k
}

func (k kinds) has(kind moveKind) bool { return k&(1<<kind) != 0 }

// ready returns the world with everything in place that is derived.
func (w World) ready() *World {
	if w.step == nil {
		w.step = machine.Session.Step
	}
	w.lives = [2][]machine.Settings{}
	w.makeLives()
	return &w
}
