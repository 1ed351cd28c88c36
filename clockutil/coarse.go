package clockutil

import (
	"sync"
	"sync/atomic"
	"time"
)

// tick is how often a Coarse is brought up to date: often enough for tokens, whose
// lifetimes are whole seconds, and too seldom for the wake-ups to show in a profile.
const tick = 15 * time.Millisecond

// base is where [Coarse.Now] and [Nanos] count from.
var base = time.Now()

// Nanos returns t in nanoseconds on the base of [Coarse.Now], which is some instant
// at the start of the process; before it they are negative. If t has a monotonic
// reading, that is what counts, and no change of the wall clock matters. Otherwise
// t is placed by the wall clock as it was set when the process started.
func Nanos(t time.Time) int64 { return int64(t.Sub(base)) }

// Coarse is a coarse monotonic clock, for code that cannot afford to ask the real
// one: reading it is one atomic load. One goroutine for the whole process keeps it
// up to date, every 15 milliseconds, while anybody holds a Coarse.
//
// It lags by up to those 15 milliseconds plus whatever the scheduler adds on a busy
// machine. It never runs ahead. So what it reads means "not later than now":
// whatever is over by a Coarse is over, whatever is not may be over all the same.
//
// In a bubble of testing/synctest a Coarse is the exact clock of the bubble and
// needs no goroutine. It is then of no use outside of that bubble.
type Coarse struct {
	beat     *heartbeat // nil: in a bubble
	released bool       // guarded by beating.mu
}

// beating is the heartbeat that all holders share. It belongs to the process, not
// to anybody in it: a program with a hundred clients needs no hundred goroutines.
var beating struct {
	mu      sync.Mutex // guards the fields below
	holders int
	beat    *heartbeat // nil: nobody holds it
}

// StartCoarse returns a clock that is right from now until its Release. The first
// holder in the process starts the goroutine, the others share it.
func StartCoarse() *Coarse {
	if inBubble() {
		return &Coarse{}
	}
	beating.mu.Lock()
	defer beating.mu.Unlock()
	if beating.holders == 0 {
		beating.beat = startHeartbeat()
	}
	beating.holders++
	return &Coarse{beat: beating.beat}
}

// Now returns nanoseconds on the process's monotonic clock, to be compared with
// [Nanos]. It never decreases. After Release it may stand still.
func (c *Coarse) Now() int64 {
	if c.beat == nil {
		return exact()
	}
	return c.beat.now.Load()
}

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
	if c.beat == nil {
		return
	}
	beating.mu.Lock()
	defer beating.mu.Unlock()
	if c.released {
		return
	}
	c.released = true
	beating.holders--
	if beating.holders == 0 {
		beating.beat.end()
		beating.beat = nil
	}
}

// heartbeat is the goroutine behind a Coarse, and what it writes.
type heartbeat struct {
	now   atomic.Int64
	stop  chan struct{}
	ended chan struct{}

	// Fills 128 bytes, which the allocator aligns: with somebody else's
	// variable in the same cache line, each of its writes would slow all readers.
	_ [128 - 3*8]byte
}

// startHeartbeat returns a heartbeat that is right already. Its end must be called.
func startHeartbeat() *heartbeat {
	h := &heartbeat{stop: make(chan struct{}), ended: make(chan struct{})}
	h.now.Store(exact())
	go h.run()
	return h
}

func (h *heartbeat) run() {
	defer close(h.ended)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			h.now.Store(exact())
		case <-h.stop:
			return
		}
	}
}

// end returns when the goroutine has ended.
func (h *heartbeat) end() {
	close(h.stop)
	<-h.ended
}

func exact() int64 { return int64(time.Since(base)) }

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
