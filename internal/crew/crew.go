// Package crew keeps goroutines for those who have something to do at once, and often.
package crew

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Crew runs functions, each on a goroutine of its own as long as it runs. It keeps
// some of them for the next function: a new goroutine begins with a small stack, and
// growing it was a fifth of what a renewal cost. Use New. Its methods are safe for
// concurrent use.
type Crew struct {
	members sync.WaitGroup
	jobs    chan func()   // only who waits for the next one receives from it
	over    chan struct{} // closed: nobody waits
	end     sync.Once     // closes over
	spares  int64         // how many may wait; they take some 16 KiB each
	waiting atomic.Int64
}

// New returns a crew without members.
func New() *Crew {
	return &Crew{jobs: make(chan func()), over: make(chan struct{}), spares: int64(16 * runtime.GOMAXPROCS(0))}
}

// Run has f run, and returns at once.
func (c *Crew) Run(f func()) {
	select {
	case c.jobs <- f:
	default:
		c.members.Go(func() { c.work(f) })
	}
}

func (c *Crew) work(f func()) {
	for f != nil {
		f()
		f = c.next()
	}
}

// next waits for something to do; nil: there are enough who do.
func (c *Crew) next() func() {
	defer c.waiting.Add(-1)
	if c.waiting.Add(1) > c.spares {
		return nil
	}
	select {
	case f := <-c.jobs:
		return f
	case <-c.over:
		return nil
	}
}

// Dismiss ends those who wait, and lets nobody wait any more.
func (c *Crew) Dismiss() { c.end.Do(func() { close(c.over) }) }

// Wait returns when every goroutine has ended, those who wait included: they do so behind
// Dismiss.
func (c *Crew) Wait() { c.members.Wait() }
