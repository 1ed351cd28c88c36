package simulate

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

// guards waits until the run is over, in real time. A run that stands still is left where it
// is, since nothing can end a goroutine.
func (s *Sim) guards(over <-chan struct{}) {
	ticks := time.NewTicker(s.options.Watchdog / 4)
	defer ticks.Stop()
	still, seen := 0, uint64(0)
	spun, busy := 0, int64(0)
	for {
		select {
		case <-over:
			return
		case <-s.abandoned:
			return
		case <-ticks.C:
		}
		if s.turns.Load() != nil {
			now := s.loop.busy.Load()
			if spun++; now < busy {
				spun = 0
			}
			if busy = now; spun >= 4 && busy > manyTurns {
				s.spins()
			}
		}
		switch now := s.progress(); {
		case now != seen:
			still, seen = 0, now
		case still == 3:
			s.hangs(fmt.Sprintf("nothing has happened for %s of real time:\n%s", s.options.Watchdog, s.culprits()))
		default:
			still++
		}
	}
}

// goroutine is what a stack dump says of one.
type goroutine struct {
	name  string // such as "goroutine 7"
	state string // such as "chan receive (durable)"
	stack string
}

// self returns the names of this goroutine and of its bubble, as stack dumps have them.
func self() (goroutine, bubble string) {
	var b [128]byte
	head, _, _ := bytes.Cut(b[:runtime.Stack(b[:], false)], []byte("]"))
	name, state, _ := bytes.Cut(head, []byte(" ["))
	_, in, _ := bytes.Cut(state, []byte(", "))
	return string(name), string(in)
}

// number returns that of this goroutine. The later one goroutine has started another, the higher
// its number.
func number() uint64 {
	name, _ := self()
	n, err := strconv.ParseUint(strings.TrimPrefix(name, "goroutine "), 10, 64)
	if err != nil {
		panic("BUG: a goroutine without a number")
	}
	return n
}

// inBubble returns the goroutines of a bubble, but for the one that it began with.
func inBubble(bubble string) []goroutine {
	dump := make([]byte, 1<<20)
	for {
		n := runtime.Stack(dump, true)
		if n < len(dump) {
			dump = dump[:n]
			break
		}
		dump = make([]byte, 2*len(dump))
	}
	var found []goroutine
	for block := range strings.SplitSeq(string(dump), "\n\n") {
		head, stack, _ := strings.Cut(block, "\n")
		m := heading.FindStringSubmatch(head)
		if m == nil || m[3] != bubble || strings.Contains(stack, "simulate.(*Sim).plays(") || strings.Contains(stack, "testing/synctest.testingSynctestTest(") || strings.Contains(stack, "synctest.Run(") {
			continue
		}
		found = append(found, goroutine{name: m[1], state: m[2], stack: stack})
	}
	return found
}

// heading is the first line of a goroutine in a stack dump: its name, its state, how long it
// has been in it, and its bubble.
var heading = regexp.MustCompile(`^(goroutine \d+) (?:gp=\S+ m=\S+ (?:mp=\S+ )?)?\[([^,\]]+)(?:, \d+ minutes)?(?:, locked to thread)?, (synctest bubble \d+)\]:$`)

// culprits tells who keeps a run that stands still, and who waits meanwhile: one of those may
// hold the lock, or have asked for the I/O.
func (s *Sim) culprits() string {
	var keep, wait strings.Builder
	for _, g := range inBubble(s.bubble) {
		switch {
		case !g.lets():
			fmt.Fprintf(&keep, "a goroutine at %s %s\n%s\n", cmp.Or(g.where(), "a place in a library"), g.advice(), g.stack)
		case g.where() != "":
			fmt.Fprintf(&wait, "meanwhile a goroutine at %s waits for another one, or for time to pass\n", g.where())
		}
	}
	return cmp.Or(keep.String(), "every goroutine waits for another one\n") + wait.String()
}

// lets reports whether virtual time can pass while a goroutine is as it is.
func (g goroutine) lets() bool {
	return strings.HasSuffix(g.state, "(durable)") || g.state == "synctest.Run" || g.state == "synctest.Wait"
}

// advice says what is wrong with how a goroutine waits, and what to use instead.
func (g goroutine) advice() string {
	switch {
	case g.state == "sync.WaitGroup.Wait":
		return "waits for a sync.WaitGroup that was made outside of the run, or is a variable of a package: make it in the function that Run plays"
	case strings.HasPrefix(g.state, "sync."):
		return "waits for a lock. Whoever holds it waits for a session, or for time to pass: do not hold a lock across AccessToken, a sleep or any other wait"
	case g.state == "IO wait", g.state == "syscall":
		return "does real I/O, for which virtual time cannot wait: use simulate.Leaf, or a Server's HTTP client"
	case strings.HasPrefix(g.state, "chan "), strings.HasPrefix(g.state, "select"):
		return "waits for a channel that was made outside of the run, such as that of a timer or of a goroutine that was started before: make it in the function that Run plays"
	case g.state == "running", g.state == "runnable":
		return "computes without a pause. Virtual time passes only while every goroutine waits: let it sleep instead of looking at the clock"
	}
	return "is in state " + g.state + ", in which virtual time cannot pass"
}

// where is the line of the user's code that a goroutine is at; empty: it is at none.
func (g goroutine) where() string {
	lines := strings.Split(g.stack, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		at := strings.TrimSpace(lines[i+1])
		if !within(strings.TrimPrefix(lines[i], "created by ")) && !library(at) {
			at, _, _ = strings.Cut(at, " +0x")
			return at
		}
	}
	return ""
}

// library reports whether a file is of the standard library or of a dependency, as far as its
// path tells.
func library(file string) bool {
	if strings.Contains(file, "/pkg/mod/") {
		return true
	}
	if root := goRoot(); root != "" {
		return strings.HasPrefix(file, root)
	}
	first, _, _ := strings.Cut(file, "/") // with -trimpath the path of the package is all there is
	return !strings.Contains(first, ".")
}

// goRoot is where the standard library was when this was built; empty: nobody knows.
var goRoot = sync.OnceValue(func() string {
	f := runtime.FuncForPC(reflect.ValueOf(time.ParseDuration).Pointer())
	file, _ := f.FileLine(f.Entry())
	return strings.TrimSuffix(file, "time/format.go")
})

// progress changes while something happens.
func (s *Sim) progress() uint64 {
	if turns := s.turns.Load(); turns != nil {
		return turns.Load()
	}
	return 0
}

// leaks says which goroutines have outlived the run, after the bubble could not end for them.
func (s *Sim) leaks() {
	why := recover()
	if why == nil {
		return
	}
	var b strings.Builder
	for _, g := range inBubble(s.bubble) {
		fmt.Fprintf(&b, "a goroutine at %s outlives the run: let it end when the context of Sim.Go does\n%s\n", cmp.Or(g.where(), "a place in a library"), g.stack)
	}
	s.hangs(cmp.Or(b.String(), fmt.Sprint(why)))
}

// breaks says what has ended the scheduler, which nothing should.
func (s *Sim) breaks(why any) {
	const advice = "in a function that the scheduler calls, such as that of Always or Leaf: it must return, and use Sim.Errorf if something is wrong"
	if why == nil {
		s.hangs("t.FailNow or runtime.Goexit " + advice)
		return
	}
	s.hangs(fmt.Sprintf("panic %s\n%v\n%s", advice, why, debug.Stack()))
}
