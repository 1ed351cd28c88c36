package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

// ErrCrashed is why the context of a goroutine of a [Process] ends when that crashes, and what
// is answered to those who ask its sessions then.
var ErrCrashed = errors.New("simulate: the process has crashed")

// ErrOver is why contexts end when [Options.Limit] has come, or when a run has failed.
var ErrOver = errors.New("simulate: the run is over")

// Sim is one run: one seed. Its methods are safe for concurrent use by the goroutines of the
// run, and are for nobody else.
type Sim struct {
	t       *testing.T
	options Options
	seed    uint64
	faults  Faults
	loop    *loop
	turns   atomic.Pointer[atomic.Uint64] // the loop's, once there is one; the watchdog looks at it
	trace   *trace
	bubble  string       // of testing/synctest, as stack traces name it
	lasted  atomic.Int64 // a time.Duration; zero: it has not ended

	failedBefore bool // the test, when the run began

	parked    chan struct{} // never closed, and no bubble's: who waits for it waits for ever
	abandoned chan struct{} // closed when the run cannot end
	hung      sync.Once     // closes abandoned

	// windingDown: nothing goes wrong any more, and nobody is heard who complains.
	windingDown atomic.Bool
	failed      atomic.Bool
	over        atomic.Bool // nothing of it goes on

	mu        sync.Mutex // guards the fields below
	draws     *rand.Rand
	main      *caller   // the test's own function
	callers   []*caller // who has not returned yet
	names     map[string]int
	processes []*Process
	promises  []*promise
	calls     []Call
	order     uint64            // counts the beginnings and ends of calls
	tokens    map[string]int    // how the trace names them
	uses      map[string]uint64 // how often an operation of this name was begun
	complains []string
	servers   int // how many have been made
	closing   int // Managers that are being closed
}

// promise is what must be true after each step.
type promise struct {
	name   string
	holds  func() error
	broken bool
}

func newSim(t *testing.T, o Options, seed uint64) *Sim {
	return &Sim{
		t: t, failedBefore: t.Failed(), options: o, seed: seed, faults: o.Faults,
		trace:     &trace{out: o.Trace},
		parked:    make(chan struct{}),
		abandoned: make(chan struct{}),
		names:     make(map[string]int),
		tokens:    make(map[string]int),
		uses:      make(map[string]uint64),
		draws:     rand.New(rand.NewPCG(seed, 0xd)),
	}
}

// Seed returns the seed of the run.
func (s *Sim) Seed() uint64 { return s.seed }

// Context returns the context of the test's own function. It ends with the run.
func (s *Sim) Context() context.Context { return s.main.ctx }

// Rand returns random numbers that are the same in each run of the seed, as long
// as the goroutines of the run take them in the same order.
func (s *Sim) Rand() *rand.Rand { return rand.New(numbers{s}) }

// numbers are drawn one by one.
type numbers struct{ of *Sim }

func (n numbers) Uint64() uint64 {
	n.of.mu.Lock()
	defer n.of.mu.Unlock()
	return n.of.draws.Uint64()
}

// Go runs f on a goroutine of the run that is none of a process's: it survives every
// crash. The name tells it from others in the trace, and orders what comes at one moment; it must be
// another for each goroutine, and the same for each run. ctx ends with the run, and f
// must return then: a call of a session, and a [Leaf], does not return any more to a goroutine that has
// not. Contexts that are derived from it carry the name on. Calls that do not have such a
// context are told apart by the line of code they come from, and not at all if they come from the same one.
// Goroutines that share a context are taken in the order in which they were started. Where it matters
// which of them is which, that order is certain only with GOMAXPROCS=1, as by go test -cpu=1.
//
// The run lasts until the test's own function and all f have returned, or until
// Options.Limit.
func (s *Sim) Go(name string, f func(ctx context.Context)) {
	s.demands()
	s.start(name, nil, f)
}

// At runs f when the run has lasted for d, like [Sim.Go] does: it may wait. A run
// does not wait for it: if everything else is done before, it never happens.
func (s *Sim) At(d time.Duration, f func()) {
	s.demands()
	name := s.once("at " + d.String())
	s.loop.after(d-s.loop.now(), errand{label: name, what: func() {
		s.start(name, nil, func(context.Context) { f() })
	}})
}

// once makes a name another one each time.
func (s *Sim) once(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uses[name]++
	if n := s.uses[name]; n > 1 {
		return fmt.Sprintf("%s (%d)", name, n)
	}
	return name
}

// Tracef writes a line into the trace. It must not hold secrets: a failing run prints it.
func (s *Sim) Tracef(format string, args ...any) { s.note("", fmt.Sprintf(format, args...)) }

func (s *Sim) note(who, what string) {
	s.trace.add(line{at: s.loop.now(), who: who, what: what})
}

// Errorf says that something is wrong. The run ends at once, and the test prints
// the seed, what was said, and the trace up to here.
func (s *Sim) Errorf(format string, args ...any) {
	if s.windingDown.Load() {
		return
	}
	said := fmt.Sprintf(format, args...)
	s.mu.Lock()
	s.complains = append(s.complains, said)
	s.mu.Unlock()
	s.note("", "WRONG: "+said)
	s.trace.marks()
	s.failed.Store(true)
	if !outside() {
		s.loop.bring(errand{label: "wrong", what: func() {}}) // the loop may sleep
	}
}

// Always has f be asked after each step of the run, and the run fail with the first error that
// it returns. A step is what goes through the run's hands: a call of a session, an I/O, a timer of a
// process; not what goroutines do among themselves. f is called by the scheduler while every other goroutine waits, so it must not wait for
// anything, nor ask a session.
func (s *Sim) Always(name string, f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.promises = append(s.promises, &promise{name: name, holds: f})
}

// look asks the promises.
func (s *Sim) look() {
	s.mu.Lock()
	promises := s.promises
	s.mu.Unlock()
	for _, p := range promises {
		if p.broken || s.windingDown.Load() {
			continue
		}
		if err := p.holds(); err != nil {
			p.broken = true
			s.Errorf("%s: %v", p.name, err)
		}
	}
	if s.loop.busy.Load() > mostTurns {
		s.spins()
	}
}

// spins says that time does not pass though much happens.
func (s *Sim) spins() {
	s.Errorf("%d steps without time to speak of: some goroutine asks again and again and never sleeps; the last lines of the trace name it", s.loop.busy.Swap(0))
}

// mostTurns is how many turns there may be in a row within a millisecond. If they take
// longer than Options.Watchdog, the first number holds.
const manyTurns, mostTurns = 5_000, 50_000

// idle reports whether all callers have returned.
func (s *Sim) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.callers) == 0
}

// stops lets every goroutine know that the run is over, one after another.
func (s *Sim) stops() {
	s.windingDown.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.callers {
		s.loop.bring(errand{label: "ends " + c.name, what: func() { c.end(ErrOver) }, frees: true})
	}
}

// left names the callers who have not returned, and where they are.
func (s *Sim) left() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	places := map[string]string{}
	for _, g := range inBubble(s.bubble) {
		places[g.name] = g.where()
	}
	var names []string
	for _, c := range s.callers {
		names = append(names, c.name+" at "+cmp.Or(places[c.goroutine], "a place in a library"))
	}
	return strings.Join(names, ", ")
}

// does runs what on the scheduler, and returns when it has. It is how goroutines of the run
// change the run.
func (s *Sim) does(label string, what func()) {
	s.demands()
	done := make(chan struct{})
	s.loop.bring(errand{label: label, what: func() { what(); close(done) }, frees: true})
	<-done
	s.endsHere()
}

// clock is the time of the run, which no process sees wrong.
var clock = clockutil.System()
