package simulate

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// Options says how to run a test. The zero Options plays 100 seeds of at most a day each, in calm
// weather.
type Options struct {
	// Seeds is how many runs there are, with the seeds 1, 2 and so on. If zero, 100. The flag
	// -simulate.seeds takes its place, and -simulate.first that of the 1.
	Seeds int

	// Limit is how long a run may last, in the time of the run. Then contexts end. If zero, 24 h.
	Limit time.Duration

	// Faults is what goes wrong, and how often. The zero Faults is Calm.
	Faults Faults

	// Twice plays each seed two times, and fails the test where the two differ: then
	// something in it depends on more than the seed. The two are played side by side, so
	// the function must not write to anything outside of itself.
	Twice bool

	// Watchdog is how long, in real time, a run may stand still. Then the test fails and says
	// which goroutine keeps it. If zero, 10 s.
	Watchdog time.Duration

	// Trace is where each run writes what happens. If nil, only a run that fails prints the
	// end of it, and the one run of -simulate.seed all of it.
	Trace io.Writer
}

var (
	seedFlag  = flag.String("simulate.seed", "", "play this one `seed` only, and log what happens")
	seedsFlag = flag.Int("simulate.seeds", 0, "play so many seeds, whatever the test says")
	firstFlag = flag.Uint64("simulate.first", 1, "the first of these seeds")
)

// Run plays f once for each seed, each time in a testing/synctest bubble of its own, until
// one fails. f and whatever it starts live in virtual time: time.Sleep, timers, contexts and time.Now are the
// run's. A run begins at midnight of 2000-01-01, UTC.
//
// While runs are played garbage is collected less often, unless GOGC is set.
//
// A run that fails prints its seed, and how to play that one again.
func Run(t *testing.T, o Options, f func(*Sim)) {
	t.Helper()
	seeds, err := o.seeds()
	if err != nil {
		t.Fatal(err)
	}
	if !outside() {
		t.Fatal("simulate: Run makes a bubble of its own: do not call it in one of testing/synctest, nor in a run")
	}
	o = o.withDefaults(t)
	warmUp(t)
	defer collectLess()()
	for _, seed := range seeds {
		if !playSeed(t, o, seed, f) {
			t.FailNow()
		}
	}
}

// seeds are those that are to be played.
func (o Options) seeds() ([]uint64, error) {
	if *seedFlag != "" {
		seed, err := strconv.ParseUint(*seedFlag, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("-simulate.seed=%s: is no number of a seed", *seedFlag)
		}
		return []uint64{seed}, nil
	}
	n := o.Seeds
	if *seedsFlag != 0 {
		n = *seedsFlag
	}
	if n == 0 {
		n = 100
	}
	if n < 0 {
		return nil, fmt.Errorf("-simulate.seeds or Options.Seeds is %d: is no number of seeds", n)
	}
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = *firstFlag + uint64(i)
	}
	return seeds, nil
}

func (o Options) withDefaults(t *testing.T) Options {
	if o.Limit == 0 {
		o.Limit = 24 * time.Hour
	}
	if o.Watchdog == 0 {
		o.Watchdog = 10 * time.Second
	}
	if o.Trace == nil && *seedFlag != "" {
		o.Trace = t.Output()
	}
	return o
}

// warmUp makes what outlives a run: the engine must not be a bubble's.
func warmUp(t *testing.T) {
	t.Helper()
	m, err := sessions.Open(sessions.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// collecting is how much garbage may be made while runs are played, in this process.
var collecting struct {
	mu    sync.Mutex // guards the fields below
	runs  int        // of Run, under way
	usual int        // the percentage to go back to
}

// collectLess has the garbage collector come less often until over is called: a run lives
// in a few megabytes, and one that is collected at every four takes a sixth longer. Who has
// set GOGC knows better.
func collectLess() (over func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	c := &collecting
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runs++; c.runs == 1 {
		c.usual = debug.SetGCPercent(seldom)
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.runs--; c.runs == 0 {
			debug.SetGCPercent(c.usual)
		}
	}
}

// seldom is a percentage at which what a run makes is collected some times a second.
const seldom = 800

// playSeed plays one seed, and reports whether all was well.
func playSeed(t *testing.T, o Options, seed uint64, f func(*Sim)) bool {
	t.Helper()
	first := newSim(t, o, seed)
	second := first
	var both sync.WaitGroup
	both.Go(func() { first.play(f) })
	if o.Twice {
		o.Trace = nil
		second = newSim(t, o, seed)
		both.Go(func() { second.play(f) })
	}
	both.Wait()
	for _, s := range []*Sim{first, second} {
		if s.bad() {
			t.Error(s.report())
			return false
		}
	}
	if diff := first.trace.difference(second.trace); diff != "" {
		t.Errorf("seed %d went otherwise the second time: something depends on more than the seed, such as the order of a map, "+
			"global random numbers, or goroutines that race outside of the sessions (then -cpu=1 may help)\n%s%s", seed, diff, again(t, seed))
		return false
	}
	return true
}

// play is one run.
func (s *Sim) play(f func(*Sim)) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer s.leaks()
		synctest.Test(s.t, func(*testing.T) { s.plays(f) })
	}()
	s.guards(over)
}

// grace is how long a run that is over waits for goroutines to return, and for Managers to
// close.
const grace = time.Hour

// plays is a run, on the first goroutine of its bubble.
func (s *Sim) plays(f func(*Sim)) {
	ends := false
	defer func() {
		if !ends {
			s.breaks(recover())
			<-s.parked // the bubble can neither end nor go on
		}
	}()
	_, s.bubble = self()
	runs.Store(s.bubble, s)
	defer runs.Delete(s.bubble)
	s.loop = newLoop(s.seed)
	s.turns.Store(&s.loop.turns)
	s.main = s.start("test", nil, func(context.Context) { f(s) })
	s.loop.until(func() bool { return s.idle() || s.bad() }, s.options.Limit, s.look)
	if !s.bad() && s.main.ctx.Err() == nil {
		s.Errorf("the test's own function has not returned within Options.Limit, %s: what goes on is %s", s.options.Limit, s.left())
	}
	s.lasted.Store(int64(s.loop.now()))
	ends = true
	if !s.endsAll() {
		<-s.parked
	}
	s.over.Store(true)
}

// bad reports whether something was wrong in the run. A test that has failed before is none of
// its business.
func (s *Sim) bad() bool { return s.failed.Load() || s.t.Failed() && !s.failedBefore }

// endsAll ends what the run has begun, and reports false if something does not end.
func (s *Sim) endsAll() bool {
	s.stops()
	nothing := func() {}
	if !s.loop.until(s.idle, s.loop.now()+grace, nothing) {
		s.hangs("these goroutines go on though their contexts have ended: " + s.left() + ". Let them return when the context of Sim.Go ends")
		return false
	}
	for _, p := range s.processes {
		l := p.newest()
		l.thaw()
		if !l.isDead() {
			l.close()
		}
	}
	if !s.loop.until(s.closed, s.loop.now()+grace, nothing) {
		s.hangs("a Manager does not close")
		return false
	}
	return true
}

// closed reports whether all Managers are closed and nobody has an errand any more.
func (s *Sim) closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing == 0 && len(s.loop.ready) == 0
}

// hangs says that the run does not end.
func (s *Sim) hangs(what string) {
	s.mu.Lock()
	s.complains = append(s.complains, what)
	s.mu.Unlock()
	s.failed.Store(true)
	if s.loop != nil {
		s.lasted.CompareAndSwap(0, s.loop.reached.Load())
	}
	s.hung.Do(func() { close(s.abandoned) })
}

// report says what was wrong, where, and how to see it again.
func (s *Sim) report() string {
	s.mu.Lock()
	said := strings.ReplaceAll(strings.Join(s.complains, "\n"), "\n", "\n    ")
	s.mu.Unlock()
	if said == "" {
		said = "the test has failed: what it said is above"
	}
	return fmt.Sprintf("simulate: seed %d failed at %s, after %d steps (trace %016x):\n    %s\nwhat came before:\n%s%s",
		s.seed, moment(time.Duration(s.lasted.Load())), s.loop.turns.Load(), s.trace.hash(), said, s.trace.around(linesShown), again(s.t, s.seed))
}

// linesShown is how many lines of the trace a report has.
const linesShown = 30

// again is how to play a seed again.
func again(t *testing.T, seed uint64) string {
	name := strings.ReplaceAll(regexp.QuoteMeta(t.Name()), "/", "$/^")
	return fmt.Sprintf("play it again, in its folder: go test -run '^%s$' -simulate.seed=%d", name, seed)
}
