package authserver

import (
	"container/heap"
	"time"
)

// expiries is what has to be forgotten, and when: a heap, the next one first.
type expiries []expiring

type expiring struct {
	at time.Time

	// forget returns the zero time if it has forgotten, else when to call it
	// again.
	forget func() time.Time
}

func (e *expiries) add(at time.Time, forget func() time.Time) {
	heap.Push((*byTime)(e), expiring{at, forget})
}

// forget calls what is due by now.
func (e *expiries) forget(now time.Time) {
	for len(*e) > 0 && !now.Before((*e)[0].at) {
		due := heap.Pop((*byTime)(e)).(expiring)
		if again := due.forget(); !again.IsZero() {
			e.add(again, due.forget)
		}
	}
}

// byTime has the methods that container/heap wants.
type byTime []expiring

func (b byTime) Len() int           { return len(b) }
func (b byTime) Less(i, j int) bool { return b[i].at.Before(b[j].at) }
func (b byTime) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }
func (b *byTime) Push(x any)        { *b = append(*b, x.(expiring)) }

func (b *byTime) Pop() any {
	last := len(*b) - 1
	x := (*b)[last]
	(*b)[last] = expiring{}
	*b = (*b)[:last]
	return x
}
