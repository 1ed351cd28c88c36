package crew

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestCrewRunsAllAndKeepsFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New()
		var ran atomic.Int64
		gate := make(chan struct{})
		for range 1_000 { // each of whom has to be run while the others do not end
			c.Run(func() { <-gate; ran.Add(1) })
		}
		close(gate)
		synctest.Wait()
		equal(t, "ran", ran.Load(), int64(1_000))
		equal(t, "kept", c.waiting.Load(), c.spares)
		for range c.spares {
			c.Run(func() { ran.Add(1) })
			synctest.Wait()
		}
		equal(t, "ran", ran.Load(), 1_000+c.spares)
		equal(t, "kept", c.waiting.Load(), c.spares)
		c.Dismiss()
		c.Run(func() { ran.Add(1) })
		c.Wait() // for those who were kept as well
		equal(t, "ran", ran.Load(), 1_001+c.spares)
	})
}

func equal(t *testing.T, what string, got, want int64) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}
