package clockutil

import (
	"sync"
	"sync/atomic"
	"time"
)

// tick is how often a Coarse is brought up to date: often enough for tokens, whose
// lifetimes are whole seconds, and too seldom for the wake-ups to show in a profile.
const tick = 15 * time.Millisecond

// Coarse is a coarse clock, for code that cannot afford to ask the real one: reading it
// is one atomic load. Its numbers are those of a [Timeline], so the sleep of a suspended
// machine counts. One goroutine for the whole process keeps it up to date, every 15
// milliseconds, while anybody holds a Coarse.
//
// It lags by up to those 15 milliseconds plus whatever the scheduler adds on a busy
// machine: half a second was seen. It never runs ahead. So what it reads means "not later
// than now": whatever is over by a Coarse is over, whatever is not may be over all the
// same. After a machine was suspended, or the whole process stopped, that holds too: until
// the goroutine has run, which is due within 15 milliseconds, it reads what it read before.
//
// In a bubble of testing/synctest a Coarse is the exact clock of the bubble and
// needs no goroutine. It is then of no use outside of that bubble.
type Coarse struct {
	line *Timeline
	beat *heartbeat // nil: in a bubble
	woke func()
}

// beating is the heartbeat that all holders share. It belongs to the process, not
// to anybody in it: a program with a hundred clients needs no hundred goroutines.
var beating struct {
	mu      sync.Mutex // guards the fields below
	holders map[*Coarse]bool
	beat    *heartbeat // nil: nobody holds it
}

// StartCoarse returns a clock that is right from now until its Release. The first
// holder in the process starts the goroutine, the others share it.
//
// That goroutine calls woke when the wall clock has gone ahead of the monotonic one,
// that is, when the machine was suspended: timers are late by as long as it has slept.
// woke must not block, nor start or release a Coarse. It is not called any more when
// Release has returned. In a bubble nobody sleeps.
func StartCoarse(woke func()) *Coarse {
	if inBubble() {
		return &Coarse{line: &Timeline{}}
	}
	beating.mu.Lock()
	defer beating.mu.Unlock()
	if beating.beat == nil {
		beating.beat = startHeartbeat(time.Now, tellHolders)
		beating.holders = map[*Coarse]bool{}
	}
	c := &Coarse{line: &beating.beat.line, beat: beating.beat, woke: woke}
	beating.holders[c] = true
	return c
}

func tellHolders() {
	beating.mu.Lock()
	defer beating.mu.Unlock()
	for c := range beating.holders {
		c.woke()
	}
}

// Now returns a number of the clock's Timeline. It never decreases. After Release it
// may stand still.
func (c *Coarse) Now() int64 {
	if c.beat == nil {
		return c.line.At(time.Now())
	}
	return c.beat.now.Load()
}

// Timeline returns what the numbers of Now are compared with. It is that of all who hold
// a Coarse.
func (c *Coarse) Timeline() *Timeline { return c.line }

// Word returns the word in memory that Now reads, for who cannot afford the call; nil
// in a bubble. It is to be read only, and not after Release.
func (c *Coarse) Word() *atomic.Int64 {
	if c.beat == nil {
		return nil
	}
	return &c.beat.now
}

// Release says that the holder is done with the clock. The last holder's Release
// returns when the goroutine has ended. A second Release of one holder does
// nothing.
func (c *Coarse) Release() {
	if last := c.leave(); last != nil {
		last.end() // without the lock, which it may be waiting for
	}
}

// leave returns the heartbeat if nobody holds it any more.
func (c *Coarse) leave() (last *heartbeat) {
	beating.mu.Lock()
	defer beating.mu.Unlock()
	if !beating.holders[c] {
		return nil
	}
	delete(beating.holders, c)
	if len(beating.holders) == 0 {
		last, beating.beat = beating.beat, nil
	}
	return last
}

// heartbeat is the goroutine behind a Coarse, and what it writes.
type heartbeat struct {
	now atomic.Int64

	// Ends a cache line, and so does the last field: with somebody else's variable in
	// the same one, each of its writes would slow all readers.
	_ [64 - 8]byte

	line  Timeline
	read  func() time.Time
	woke  func()
	stop  chan struct{}
	ended chan struct{}

	_ [64 - 5*8]byte
}

// startHeartbeat returns a heartbeat that is right already. Its end must be called.
func startHeartbeat(read func() time.Time, woke func()) *heartbeat {
	h := &heartbeat{read: read, woke: woke, stop: make(chan struct{}), ended: make(chan struct{})}
	h.now.Store(h.line.At(read()))
	go h.run()
	return h
}

func (h *heartbeat) run() {
	defer close(h.ended)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	slept := h.line.Slept()
	for {
		select {
		case <-ticker.C:
			slept = h.moveOn(slept)
		case <-h.stop:
			return
		}
	}
}

// moveOn brings the clock up to date, and says so if the machine has slept for
// longer than until now.
func (h *heartbeat) moveOn(until time.Duration) (slept time.Duration) {
	now := h.line.At(h.read())
	h.now.Store(max(now, h.now.Load()))
	if slept = h.line.Slept(); slept > until {
		h.woke()
	}
	return slept
}

// end returns when the goroutine has ended.
func (h *heartbeat) end() {
	close(h.stop)
	<-h.ended
}

// inBubble reports whether the caller is in a bubble of testing/synctest. A
// goroutine in a bubble has a time of its own and must not wait for one outside,
// so it can share no heartbeat; and a heartbeat inside would beat six million
// times in each simulated day.
func inBubble() bool {
	// There is no function to ask. But the times of a bubble have no monotonic
	// reading, while all others that time.Now returns have one, which Round
	// takes away and == compares.
	now := time.Now()
	return now == now.Round(0) //nolint:staticcheck // Equal would not look at the readings.
}
