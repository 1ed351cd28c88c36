package clockutil_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/holdfast-go/holdfast/clockutil"
)

// ticking is a Clock under test, and how to let d pass on it, all calls that are
// due included.
type ticking struct {
	clockutil.Clock
	pass func(d time.Duration)
}

// onEveryClock runs f on each kind of clock, in a bubble, so that those that run
// on system time need no waiting either.
func onEveryClock(t *testing.T, f func(*testing.T, ticking)) {
	inBubble := func(c clockutil.Clock) ticking { return ticking{c, time.Sleep} }
	clocks := map[string]func() ticking{
		"System":             func() ticking { return inBubble(clockutil.System()) },
		"Adapt(clock.New())": func() ticking { return inBubble(clockutil.Adapt(clock.New())) },
		"Adapt(clock.NewMock())": func() ticking {
			mock := clock.NewMock()
			return ticking{clockutil.Adapt(mock), mock.Add}
		},
		"Virtual": func() ticking {
			v := new(clockutil.Virtual)
			return ticking{v, v.Advance}
		},
	}
	for name, start := range clocks {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := start()
				pass := c.pass
				c.pass = func(d time.Duration) { pass(d); synctest.Wait() }
				f(t, c)
			})
		})
	}
}

func TestNowMovesByWhatPasses(t *testing.T) {
	onEveryClock(t, func(t *testing.T, c ticking) {
		before := c.Now()
		c.pass(time.Hour)
		if got := c.Now().Sub(before); got != time.Hour {
			t.Errorf("the clock moved by %v in an hour", got)
		}
	})
}

func TestTimerFiresOnceAndNotEarly(t *testing.T) {
	onEveryClock(t, func(t *testing.T, c ticking) {
		var calls atomic.Int32
		c.AfterFunc(time.Hour, func() { calls.Add(1) })
		c.pass(time.Hour - 1)
		if got := calls.Load(); got != 0 {
			t.Errorf("%d calls before the hour was over", got)
		}
		c.pass(1)
		c.pass(24 * time.Hour)
		if got := calls.Load(); got != 1 {
			t.Errorf("%d calls in all, want 1", got)
		}
	})
}

func TestTimerOfNoDelayFiresAtOnce(t *testing.T) {
	onEveryClock(t, func(t *testing.T, c ticking) {
		for _, d := range []time.Duration{0, -time.Hour} {
			var called atomic.Bool
			c.AfterFunc(d, func() { called.Store(true) })
			c.pass(0)
			if !called.Load() {
				t.Errorf("AfterFunc(%v) did not call", d)
			}
		}
	})
}

// If it did, nobody would be left to open the gate, and the bubble would say so.
func TestAfterFuncDoesNotCallByItself(t *testing.T) {
	onEveryClock(t, func(_ *testing.T, c ticking) {
		for _, d := range []time.Duration{0, -time.Hour} {
			gate := make(chan struct{})
			c.AfterFunc(d, func() { <-gate })
			close(gate)
			c.pass(0)
		}
	})
}

func TestTimerOfNegativeDelaySeesNoEarlierTime(t *testing.T) {
	onEveryClock(t, func(t *testing.T, c ticking) {
		before := c.Now()
		var seen atomic.Pointer[time.Time]
		c.AfterFunc(-time.Hour, func() { now := c.Now(); seen.Store(&now) })
		c.pass(0)
		if got := seen.Load(); got.Before(before) {
			t.Errorf("the call was made at %v, armed at %v", got, before)
		}
	})
}

func TestStopPreventsTheCallOnce(t *testing.T) {
	onEveryClock(t, func(t *testing.T, c ticking) {
		var calls atomic.Int32
		timer := c.AfterFunc(time.Hour, func() { calls.Add(1) })
		c.pass(time.Minute)
		if !timer.Stop() {
			t.Error("Stop of a pending timer reports false")
		}
		if timer.Stop() {
			t.Error("the second Stop reports true")
		}
		c.pass(2 * time.Hour)
		if got := calls.Load(); got != 0 {
			t.Errorf("%d calls by a stopped timer", got)
		}
	})
}

func TestStopOfFiredTimerReportsFalse(t *testing.T) {
	onEveryClock(t, func(t *testing.T, c ticking) {
		timer := c.AfterFunc(time.Hour, func() {})
		c.pass(time.Hour)
		if timer.Stop() {
			t.Error("Stop reports true although the call was made")
		}
	})
}

func TestCallbackMayArmAndStopTimers(t *testing.T) {
	onEveryClock(t, func(t *testing.T, c ticking) {
		var stopped, fired atomic.Bool
		other := c.AfterFunc(3*time.Hour, func() {})
		c.AfterFunc(time.Hour, func() {
			stopped.Store(other.Stop())
			c.AfterFunc(time.Hour, func() { fired.Store(true) })
		})
		c.pass(time.Hour)
		c.pass(time.Hour)
		if !stopped.Load() || !fired.Load() {
			t.Errorf("stopped %v, fired %v", stopped.Load(), fired.Load())
		}
	})
}
