package main

import (
	"runtime"
	"sync"
	"sync/atomic"
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

// again has callers call f as often as they can for some time, each at least once, and
// returns how often they have, and the time until the last was done.
func again(callers int, length time.Duration, f func(caller int) error) (calls int64, took time.Duration, err error) {
	var over atomic.Bool
	var done atomic.Int64
	everybody := gather(callers, func(i int) error {
		n := int64(0)
		defer func() { done.Add(n) }()
		for {
			if err := f(i); err != nil {
				return err
			}
			n++
			if over.Load() {
				return nil
			}
		}
	})
	defer time.AfterFunc(length, func() { over.Store(true) }).Stop()
	took, err = everybody.release()
	return done.Load(), took, err
}

// release lets all go, and returns when the last has ended: how long that took, and
// the first error.
func (c *crowd) release() (time.Duration, error) {
	began := time.Now()
	close(c.gate)
	c.ended.Wait()
	return time.Since(began), c.first
}
