package actor

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

// gate is a bound with named tickets, which notes who was let in.
type gate struct {
	*testing.T
	clock   *clockutil.Virtual
	bound   *bound
	tickets map[string]*ticket
	let     []string
}

func newGate(t *testing.T, inFlight int, perSecond float64) *gate {
	clock := clockutil.NewVirtual(time.Time{})
	return &gate{T: t, clock: clock, bound: newBound(clock, inFlight, perSecond), tickets: map[string]*ticket{}}
}

// enters queues tickets: those in capitals have callers waiting.
func (g *gate) enters(names ...string) *gate {
	for _, name := range names {
		urgent := strings.ToUpper(name) == name
		g.tickets[name] = g.bound.enter(urgent, func() { g.let = append(g.let, name) })
	}
	return g
}

func (g *gate) leaves(names ...string) *gate {
	for _, name := range names {
		g.tickets[name].leave()
	}
	return g
}

func (g *gate) wants(names string) *gate {
	g.Helper()
	if got := strings.Join(g.let, " "); got != names {
		g.Errorf("let in: %q, want %q", got, names)
	}
	g.let = nil
	return g
}

func TestBoundLetsInAsManyAsThereAreSlots(t *testing.T) {
	newGate(t, 2, 1e6).
		enters("a", "b", "c", "d").wants("a b").
		leaves("b").wants("c").
		leaves("a", "c").wants("d").
		leaves("d").enters("e", "f").wants("e f")
}

func TestThoseWithCallersGoFirst(t *testing.T) {
	newGate(t, 1, 1e6).
		enters("a").wants("a").
		enters("b", "c", "D", "E").
		leaves("a").wants("D").
		leaves("D").wants("E").
		leaves("E").wants("b").
		leaves("b").wants("c")
}

func TestTicketThatBecomesUrgentGoesBehindTheUrgentOnes(t *testing.T) {
	g := newGate(t, 1, 1e6).enters("a").wants("a").enters("b", "c", "D")
	g.tickets["c"].hurry(true)
	g.tickets["c"].hurry(true)
	g.leaves("a").wants("D").leaves("D").wants("c").leaves("c").wants("b")
}

func TestTicketThatIsUrgentNoMoreLosesItsPlace(t *testing.T) {
	g := newGate(t, 1, 1e6).enters("a").wants("a").enters("b", "C")
	g.tickets["C"].hurry(false)
	g.leaves("a").wants("b").leaves("b").wants("C")
	g.tickets["C"].hurry(true) // it is in, and not queued again
	g.leaves("C").wants("").enters("d").wants("d")
}

func TestTicketThatLeavesTheQueueIsNotLetIn(t *testing.T) {
	newGate(t, 1, 1e6).
		enters("a").wants("a").
		enters("b", "c").leaves("b").
		leaves("a").wants("c").
		leaves("c").wants("")
}

func TestTicketThatLeavesTwiceGivesOneSlotBack(t *testing.T) {
	newGate(t, 1, 1e6).
		enters("a").wants("a").
		leaves("a", "a", "a").
		enters("b", "c").wants("b")
}

func TestRateIsKeptByTheClock(t *testing.T) {
	g := newGate(t, 100, 2)
	g.enters("a", "b", "c", "d").wants("a")
	for _, next := range []string{"b", "c", "d"} {
		g.clock.Advance(499 * time.Millisecond)
		g.wants("")
		g.clock.Advance(time.Millisecond)
		g.wants(next)
	}
	if n := g.clock.Pending(); n != 0 {
		t.Errorf("%d timers are pending though nobody waits", n)
	}
}

func TestBurstIsATenthOfASecond(t *testing.T) {
	g := newGate(t, 1000, 100)
	for range 30 {
		g.enters("a")
	}
	if len(g.let) != 10 {
		t.Errorf("%d were let in at once, want 10", len(g.let))
	}
}

func TestWhoLeavesWhileTheRateIsWaitedForIsNotLetIn(t *testing.T) {
	g := newGate(t, 100, 1)
	g.enters("a", "b", "c").wants("a").leaves("b")
	g.clock.Advance(time.Second)
	g.wants("c")
}

func TestUrgentOvertakesWhileTheRateIsWaitedFor(t *testing.T) {
	g := newGate(t, 100, 1)
	g.enters("a", "b").wants("a").enters("C")
	g.clock.Advance(time.Second)
	g.wants("C")
	g.clock.Advance(time.Second)
	g.wants("b")
}

func TestClosedBoundLetsNobodyIn(t *testing.T) {
	g := newGate(t, 1, 1).enters("a").wants("a").enters("b")
	g.bound.close()
	g.leaves("a")
	g.clock.Advance(time.Hour)
	g.enters("c").wants("")
}

// TestBoundLosesNoSlot has tickets enter, hurry and leave at random, and checks after
// each that as many are in as can be.
func TestBoundLosesNoSlot(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		slots := 1 + r.IntN(5)
		b := newBound(clockutil.NewVirtual(time.Time{}), slots, 1e9)
		type visitor struct {
			*ticket
			in *bool
		}
		var here []visitor
		for range 500 {
			switch r.IntN(4) {
			case 0, 1:
				in := new(bool)
				here = append(here, visitor{b.enter(r.IntN(2) == 0, func() { *in = true }), in})
			case 2:
				if len(here) > 0 {
					here[r.IntN(len(here))].hurry(r.IntN(2) == 0)
				}
			case 3:
				if n := len(here); n > 0 {
					i := r.IntN(n)
					here[i].leave()
					here[i] = here[n-1]
					here = here[:n-1]
				}
			}
			in := 0
			for _, v := range here {
				if *v.in {
					in++
				}
			}
			if want := min(slots, len(here)); in != want {
				t.Fatalf("seed %d: %d of %d are in, want %d", seed, in, len(here), want)
			}
		}
	}
}

func TestBoundOfManyGoroutinesLosesNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBound(clockutil.System(), 3, 1e9)
		var all sync.WaitGroup
		var mu sync.Mutex
		in, most := 0, 0
		for i := range 100 {
			all.Go(func() {
				for range 20 {
					let := make(chan struct{})
					ticket := b.enter(i%2 == 0, func() { close(let) })
					ticket.hurry(i%3 == 0)
					if i%7 == 0 {
						ticket.leave() // without waiting
						continue
					}
					<-let
					mu.Lock()
					in++
					most = max(most, in)
					mu.Unlock()
					time.Sleep(time.Millisecond)
					mu.Lock()
					in--
					mu.Unlock()
					ticket.leave()
				}
			})
		}
		all.Wait()
		if most != 3 || b.free != 3 {
			t.Errorf("%d were in at once, and %d slots are left; want 3 of 3", most, b.free)
		}
	})
}
