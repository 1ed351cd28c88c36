package simulate

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"
)

// loop is the one scheduler of a run, on the first goroutine of its bubble. All that
// happens between goroutines is an errand: it waits in the inbox until every goroutine of
// the bubble waits for something, and then those that came together are put into an order
// that does not depend on who was faster. The seed picks who is next. Time passes only
// while nobody has an errand.
type loop struct {
	rng     *rand.Rand
	begun   time.Time
	turns   atomic.Uint64 // how many there have been; the watchdog looks at it
	busy    atomic.Int64  // how many of them in a row without time to speak of
	reached atomic.Int64  // what now was lately, for those to whom it does not pass

	mu     sync.Mutex // guards the fields below
	inbox  []errand   // what has come since the loop has last looked
	agenda agenda     // what will happen
	asleep bool       // the loop waits for time to pass, or for a kick
	kick   chan struct{}

	// Only the loop's goroutine touches the fields below.
	ready []errand
	fresh []errand // what it has just taken out of the inbox
	timer *time.Timer
	calm  time.Time // when time has last passed
}

// errand is something that is done in a turn of its own.
type errand struct {
	label string // orders what comes at one moment
	by    *life  // it waits while this one stands still; nil: nobody's
	what  func()
	frees bool    // it lets a goroutine go on, which may begin to wait for a while
	site  *caller // who has no name but where he stands; nil: his name says who he is

	// asks has the goroutine that waits bring the errand again, with its number: goroutines
	// that are alike in all else are taken in the order in which they were started.
	// nil: nobody waits, or the number is known.
	asks   func()
	number uint64
}

func newLoop(seed uint64) *loop {
	now := time.Now()
	return &loop{
		rng: rand.New(rand.NewPCG(seed, 0x51)), begun: now, calm: now,
		kick: make(chan struct{}, 1), timer: time.NewTimer(0),
	}
}

// now is how long the run has lasted.
func (l *loop) now() time.Duration {
	now := time.Now()
	if ticks(now) {
		return time.Duration(l.reached.Load())
	}
	return now.Sub(l.begun)
}

// bring hands an errand to the loop.
func (l *loop) bring(e errand) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inbox = append(l.inbox, e)
	l.wakes()
}

// wakes wakes the loop if it sleeps. The caller holds mu.
func (l *loop) wakes() {
	if l.asleep {
		l.asleep = false
		l.kick <- struct{}{}
	}
}

// waits brings an errand that lets this goroutine go on, and waits for that.
func (l *loop) waits(label string, by *life, site *caller) {
	free := make(chan bool, 1)
	e := errand{label: label, by: by, what: func() { free <- true }, frees: true, site: site, asks: func() { free <- false }}
	l.bring(e)
	if !<-free {
		e.asks, e.number = nil, number()
		l.bring(e)
		<-free
	}
}

// after has something be done when d has passed.
func (l *loop) after(d time.Duration, e errand) *appointment {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := &appointment{at: l.now() + max(d, 0), tie: l.rng.Uint64(), errand: e}
	heap.Push(&l.agenda, a)
	l.wakes() // it may be due before all that the loop waits for
	return a
}

// until takes turns until done says so or the limit has come, and reports whether it was done.
func (l *loop) until(done func() bool, limit time.Duration, each func()) bool {
	for {
		synctest.Wait()
		l.reached.Store(int64(l.now()))
		l.collect(each)
		if done() {
			return true
		}
		switch {
		case len(l.ready) > 0:
			l.turn(l.pick())
		case l.due():
		case l.now() >= limit:
			return false
		default:
			l.sleep(limit)
		}
	}
}

// collect puts what has come at this moment into an order, and shows each to look at.
func (l *loop) collect(look func()) {
	l.fresh = l.takes(l.fresh[:0])
	if len(l.fresh) > 1 {
		l.parts()
	}
	l.ready = append(l.ready, l.fresh...)
	look()
}

// parts has those tell their numbers who cannot be told apart otherwise.
func (l *loop) parts() {
	for i := 1; i < len(l.fresh); i++ {
		if l.fresh[i].site != nil && l.fresh[i].label == l.fresh[i-1].label {
			l.fresh[i].site.ambiguous()
		}
	}
	rest, alike := unlike(l.fresh)
	if len(alike) == 0 {
		return
	}
	for _, e := range alike {
		e.asks()
	}
	synctest.Wait()
	l.fresh = l.takes(rest)
}

// takes empties the inbox, adds what is in it to some errands, and puts them into an order.
func (l *loop) takes(some []errand) []errand {
	l.mu.Lock()
	some = append(some, l.inbox...)
	clear(l.inbox)
	l.inbox = l.inbox[:0]
	l.mu.Unlock()
	slices.SortStableFunc(some, func(a, b errand) int {
		return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.number, b.number))
	})
	return some
}

// unlike parts errands in order into those that nothing tells apart but the goroutines that wait, and the rest.
func unlike(errands []errand) (rest, alike []errand) {
	like := func(i, j int) bool {
		return i >= 0 && j < len(errands) && errands[i].label == errands[j].label && errands[i].asks != nil && errands[j].asks != nil
	}
	for i, e := range errands {
		if like(i-1, i) || like(i, i+1) {
			alike = append(alike, e)
		} else {
			rest = append(rest, e)
		}
	}
	return rest, alike
}

// pick takes one of what is ready.
func (l *loop) pick() errand {
	i := 0
	if n := len(l.ready); n > 1 {
		l.mu.Lock()
		i = l.rng.IntN(n)
		l.mu.Unlock()
	}
	e := l.ready[i]
	l.ready = slices.Delete(l.ready, i, i+1)
	return e
}

// turn does an errand, unless it has to wait for a process that stands still. No two
// goroutines are let go at one instant, so neither do they wake at one when they
// begin to sleep for equally long: the runtime would wake them in any order.
func (l *loop) turn(e errand) {
	if e.by.holds(e) {
		return
	}
	l.turns.Add(1)
	l.busy.Add(1)
	e.what()
	if e.frees {
		time.Sleep(time.Nanosecond)
	}
}

// due moves what is due to what is ready, and reports whether anything was.
func (l *loop) due() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for len(l.agenda) > 0 && l.agenda[0].at <= now {
		if a := heap.Pop(&l.agenda).(*appointment); a.what != nil {
			l.ready = append(l.ready, a.errand)
			a.what = nil
			return true
		}
	}
	return false
}

// sleep lets time pass until something is due, the limit has come or somebody has an errand.
func (l *loop) sleep(limit time.Duration) {
	l.timer.Reset(l.next(limit) - l.now())
	select {
	case <-l.timer.C:
		l.wakesUp()
	case <-l.kick:
	}
	if now := time.Now(); now.Sub(l.calm) >= time.Millisecond {
		l.calm = now
		l.busy.Store(0)
	}
}

// next is the moment until which the loop may sleep. From here on it has to be woken.
func (l *loop) next(limit time.Duration) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asleep = true
	if len(l.agenda) > 0 {
		return min(limit, l.agenda[0].at)
	}
	return limit
}

// wakesUp is the loop's own waking. Somebody may have kicked it all the same.
func (l *loop) wakesUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asleep = false
	select {
	case <-l.kick:
	default:
	}
}

// appointment is an errand for later.
type appointment struct {
	errand
	at  time.Duration
	tie uint64 // orders what is due at one instant
}

// agenda is a heap of appointments. One without an errand has been cancelled.
type agenda []*appointment

func (a agenda) Len() int      { return len(a) }
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].tie < a[j].tie
}
func (a *agenda) Push(x any) { *a = append(*a, x.(*appointment)) }

func (a *agenda) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = nil
	*a = (*a)[:last]
	return x
}

// cancel keeps an appointment from happening, and reports whether it would have.
func (l *loop) cancel(a *appointment) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	pending := a.what != nil
	a.what = nil
	return pending
}
