package main

import (
	"runtime"
	"sync"
	"time"
)

// crowd is goroutines that are ready to go: they exist, and wait, so that starting
// them is in nobody's figure.
type crowd struct {
	gate  chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex // guards first
	first error
}

// gather makes n goroutines that will call f with their number.
func gather(n int, f func(i int) error) *crowd {
	c := &crowd{gate: make(chan struct{})}
	var ready sync.WaitGroup
	ready.Add(n)
	for i := range n {
		c.ended.Go(func() {
			ready.Done()
			<-c.gate
			c.note(f(i))
		})
	}
	ready.Wait()
	for range 10 { // the last ones are on their way to the gate
		runtime.Gosched()
	}
	return c
}

func (c *crowd) note(err error) {
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.first = firstError(c.first, err)
}

// release lets all go, and returns when the last has ended: how long that took, and
// the first error.
func (c *crowd) release() (time.Duration, error) {
	began := time.Now()
	close(c.gate)
	c.ended.Wait()
	return time.Since(began), c.first
}
