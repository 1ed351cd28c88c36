package actor

import (
	"container/list"
	"sync"

	"golang.org/x/time/rate"

	"github.com/holdfast-go/holdfast/clockutil"
)

// bound limits how many renewals are under way at one token endpoint, and how
// many begin in a second. Those with callers waiting go first; among equals the
// one who came first does. It is safe for concurrent use.
type bound struct {
	clock clockutil.Clock

	mu      sync.Mutex // guards the fields below
	free    int
	limiter *rate.Limiter
	urgent  list.List // of *ticket
	patient list.List // of *ticket
	timer   clockutil.Timer
	closed  bool
}

// ticket is one renewal's place at a bound.
type ticket struct {
	bound   *bound
	granted func() // called once, on any goroutine, when the slot is there

	// The bound's mu guards the fields below.
	place  *list.Element // in the list of urgent or patient ones; nil: not waiting
	urgent bool
	has    bool
}

func newBound(clock clockutil.Clock, inFlight int, perSecond float64) *bound {
	burst := max(1, int(perSecond/10))
	return &bound{clock: clock, free: inFlight, limiter: rate.NewLimiter(rate.Limit(perSecond), burst)}
}

// enter queues for a slot.
func (b *bound) enter(urgent bool, granted func()) *ticket {
	t := &ticket{bound: b, granted: granted, urgent: urgent}
	b.mu.Lock()
	t.queue()
	b.grant()
	return t
}

// hurry says whether somebody waits for the renewal.
func (t *ticket) hurry(urgent bool) {
	b := t.bound
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.place == nil || t.urgent == urgent {
		return
	}
	t.unqueue()
	t.urgent = urgent
	t.queue()
}

// leave gives the slot back, or the place in the queue.
func (t *ticket) leave() {
	b := t.bound
	b.mu.Lock()
	t.unqueue()
	if t.has {
		t.has = false
		b.free++
	}
	b.grant()
}

func (t *ticket) queue() {
	if t.urgent {
		t.place = t.bound.urgent.PushBack(t)
		return
	}
	t.place = t.bound.patient.PushBack(t)
}

func (t *ticket) unqueue() {
	if t.place == nil {
		return
	}
	if t.urgent {
		t.bound.urgent.Remove(t.place)
	} else {
		t.bound.patient.Remove(t.place)
	}
	t.place = nil
}

// grant gives out what slots and rate allow, and then tells those who got one,
// without the lock. The caller holds mu; grant releases it.
func (b *bound) grant() {
	var lucky []*ticket
	for b.free > 0 && !b.closed {
		t := b.first()
		if t == nil || !b.allowed() {
			break
		}
		t.unqueue()
		t.has = true
		b.free--
		lucky = append(lucky, t)
	}
	b.mu.Unlock()
	for _, t := range lucky {
		t.granted()
	}
}

func (b *bound) first() *ticket {
	front := b.urgent.Front()
	if front == nil {
		front = b.patient.Front()
	}
	if front == nil {
		return nil
	}
	return front.Value.(*ticket)
}

// allowed takes one from the rate, or arms the timer for when there is one.
func (b *bound) allowed() bool {
	if b.timer != nil {
		return false
	}
	now := b.clock.Now()
	r := b.limiter.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		return true
	}
	r.CancelAt(now)
	b.timer = b.clock.AfterFunc(wait, b.again)
	return false
}

func (b *bound) again() {
	b.mu.Lock()
	b.timer = nil
	b.grant()
}

// close stops the timer. Nobody is granted anything after it.
func (b *bound) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.timer != nil {
		b.timer.Stop()
	}
}
