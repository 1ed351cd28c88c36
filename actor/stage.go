package actor

import (
	"context"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/store"
)

// Stage is where a House plays: whatever does not happen in its callers' own time is
// handed to the Stage, which decides when. A House has one of goroutines by itself;
// a simulation has one of its own, and then no goroutine is ever started.
type Stage interface {
	// Name returns a name that no other actor of this process has.
	Name() string

	// Schedule runs f soon, not before it has returned.
	Schedule(f func())

	// Throughput is how many messages of a mailbox one scheduled f may handle.
	Throughput() int

	// Perform carries out a leaf of I/O.
	Perform(*Job)

	// Watch has the store tell of its changes until ctx ends, and then, or when the
	// store gives up, calls ended.
	Watch(ctx context.Context, s store.Store, tell func(store.Change), ended func(error))

	// Stepped is told what a session has become by an event, and returns how many
	// of the effects are still done: fewer than all if the process ends here.
	Stepped(s *Session, is *machine.Session, ev machine.Event, effects []machine.Effect) (done int)
}

// goroutines is the Stage of a House outside of simulations: the House waits for each
// goroutine when it is closed.
type goroutines struct{ house *House }

var _ Stage = goroutines{}

func (goroutines) Name() string { return NewName() }

func (g goroutines) Schedule(f func()) { g.house.crew.Run(f) }

// throughput is how many messages a mailbox handles before it lets others run.
const throughput = 300

func (goroutines) Throughput() int { return throughput }

func (g goroutines) Perform(j *Job) { g.house.crew.Run(j.perform) }

func (g goroutines) Watch(ctx context.Context, s store.Store, tell func(store.Change), ended func(error)) {
	g.house.crew.Run(func() { ended(watch(ctx, s, tell)) })
}

// watch is Store.Watch of a store that may panic: then it has failed.
func watch(ctx context.Context, s store.Store, tell func(store.Change)) (err error) {
	defer func() {
		if recover() != nil {
			err = store.ErrUnavailable
		}
	}()
	return s.Watch(ctx, tell)
}

func (goroutines) Stepped(_ *Session, _ *machine.Session, _ machine.Event, effects []machine.Effect) int {
	return len(effects)
}
