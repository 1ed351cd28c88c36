package simulate

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/asleep"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/sessions"
)

// life is one start of a process: the clock of its Manager, and the Stage on which that
// Manager's house plays.
type life struct {
	process *Process
	sim     *Sim
	number  int
	name    string // of the process, with the number
	manager *sessions.Manager
	house   *actor.House
	alive   context.Context // ends with the process
	ends    context.CancelFunc

	mu     sync.Mutex // guards the fields below
	dead   bool
	still  bool
	held   []errand // what waits until it goes on
	guests []*guest // who is in the house, in the order in which they came
	steps  uint64
}

var (
	_ clockutil.Clock  = (*life)(nil)
	_ actor.Doorkeeper = (*life)(nil)
)

// Opens keeps the house, which a crash is to end.
func (l *life) Opens(h *actor.House) { l.house = h }

// Owner is this start of the process.
func (l *life) Owner() string { return l.process.name + "/" + strconv.Itoa(l.number) }

// ticking is a reading with a monotonic part, which none has that is taken in a bubble.
var ticking = time.Now()

// Now is the time as the process sees it: its wall clock may be wrong, its monotonic clock
// is not.
func (l *life) Now() time.Time {
	loop := l.sim.loop
	return asleep.Past(ticking.Add(loop.now()), loop.begun.Sub(ticking.Round(0))+l.process.ahead())
}

// AfterFunc arms a timer of the process. It does not fire while that stands still, nor after its death.
func (l *life) AfterFunc(d time.Duration, f func()) clockutil.Timer {
	a := l.sim.loop.after(d, errand{label: l.name, by: l, what: func() {
		if !l.isDead() {
			f()
		}
	}})
	return timer{l.sim.loop, a}
}

// timer is a timer of a process.
type timer struct {
	loop *loop
	at   *appointment
}

func (t timer) Stop() bool { return t.loop.cancel(t.at) }

// Name is a name that no other actor has.
func (l *life) Name() string { return actor.NewName() }

// Schedule has f run in a turn of its own.
func (l *life) Schedule(f func()) { l.sim.loop.bring(errand{label: l.name, by: l, what: f}) }

// Throughput has each message be a turn.
func (l *life) Throughput() int { return 1 }

// Stepped notes what a session has become. The process may crash or stand still here, and
// then only a part of the effects is done.
func (l *life) Stepped(at *actor.Session, is *machine.Session, _ machine.Event, effects []machine.Effect) (done int) {
	s := l.sim
	l.mu.Lock()
	l.steps++
	label := l.name + " step " + strconv.FormatUint(l.steps, 10)
	dead := l.dead
	l.mu.Unlock()
	if dead {
		return 0
	}
	l.notes(at, is, effects)
	switch {
	case s.strikes(s.faults.Crash, label, saltCrash):
		done = int(s.chance(label, saltHow) % uint64(len(effects)+1))
		l.die()
		l.comesBack(label)
		return done
	case s.strikes(s.faults.Pause, label, saltPause):
		l.freeze(s.within(time.Minute, label, saltHow))
	}
	return len(effects)
}

// notes writes what has become of a session into the trace.
func (l *life) notes(at *actor.Session, is *machine.Session, effects []machine.Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case machine.Publish:
			l.sim.note(l.name, at.Key()+" gives out "+l.sim.tokenName(e.Token.Access)+" of generation "+strconv.FormatUint(e.Generation, 10))
		case machine.Withdraw:
			l.sim.note(l.name, at.Key()+" gives out nothing more, and is "+is.Glance().State.String())
		case machine.Answer, machine.Emit, machine.Queue, machine.Load, machine.Claim, machine.Mint, machine.Save, machine.Exchange, machine.RevokeToken:
		}
	}
}
