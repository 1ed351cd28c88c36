package clockutil

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestCoarseIsRightFromItsStartAndFromEachRestart(t *testing.T) {
	for range 3 {
		before := nanos(time.Now())
		c := StartCoarse(func() {})
		got := c.Now()
		if after := nanos(time.Now()); got < before || got > after {
			t.Errorf("Now() = %d, want between %d and %d", got, before, after)
		}
		c.Release()
	}
}

func TestHoldersShareOneGoroutineUntilTheLastRelease(t *testing.T) {
	first, second := StartCoarse(func() {}), StartCoarse(func() {})
	if first.beat != second.beat {
		t.Error("two holders, two goroutines")
	}
	ended := first.beat.ended
	first.Release()
	first.Release() // must not count for the second holder
	select {
	case <-ended:
		t.Error("the goroutine ended although somebody holds the clock")
	default:
	}
	second.Release()
	select {
	case <-ended:
	default:
		t.Error("the last Release returned before the goroutine had ended")
	}
}

func TestConcurrentHoldersLeaveNothingBehind(t *testing.T) {
	done := make(chan struct{})
	for range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for range 50 {
				before := nanos(time.Now()) - int64(time.Minute)
				c := StartCoarse(func() {})
				if c.Now() < before {
					t.Error("the clock is more than a minute behind")
				}
				c.Release()
			}
		}()
	}
	for range 8 {
		<-done
	}
	beating.mu.Lock()
	defer beating.mu.Unlock()
	if len(beating.holders) != 0 || beating.beat != nil {
		t.Errorf("%d holders, heartbeat %v", len(beating.holders), beating.beat)
	}
}

// In a bubble a goroutine that is left behind fails the test, and time can be
// stopped between two beats.
func TestHeartbeatLagsByATickAndNeverRunsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHeartbeat(time.Now, func() {})
		defer h.end()
		last, beats := h.now.Load(), 0
		for range 100 {
			time.Sleep(tick / 5)
			synctest.Wait()
			got, now := h.now.Load(), nanos(time.Now())
			if got > now || got <= now-int64(tick) {
				t.Fatalf("the heartbeat is %v behind", time.Duration(now-got))
			}
			if got < last {
				t.Fatalf("the heartbeat went back by %v", time.Duration(last-got))
			}
			if got != last {
				beats++
			}
			last = got
		}
		if beats != 20 {
			t.Errorf("%d beats in 20 ticks", beats)
		}
	})
}

func TestEachHolderIsToldUntilItsRelease(t *testing.T) {
	var first, second int
	a, b := StartCoarse(func() { first++ }), StartCoarse(func() { second++ })
	defer b.Release()
	a.beat.woke()
	a.Release()
	b.beat.woke()
	if first != 1 || second != 2 {
		t.Errorf("told %d and %d times, want 1 and 2", first, second)
	}
}

func TestHeartbeatStopsAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHeartbeat(time.Now, func() {})
		time.Sleep(10 * tick)
		h.end()
		last := h.now.Load()
		time.Sleep(10 * tick)
		if got := h.now.Load(); got != last {
			t.Errorf("it moved by %v after its end", time.Duration(got-last))
		}
	})
}

func TestCoarseIsExactInABubbleAndSharesNothing(t *testing.T) {
	outside := StartCoarse(func() {})
	defer outside.Release()
	synctest.Test(t, func(t *testing.T) {
		c := StartCoarse(func() {})
		defer c.Release()
		if c.beat != nil {
			t.Error("the bubble has a heartbeat")
		}
		for range 3 {
			if got, want := c.Now(), nanos(time.Now()); got != want {
				t.Errorf("Now() = %d, want %d", got, want)
			}
			time.Sleep(24 * time.Hour)
		}
	})
}

func TestReadingACoarseDoesNotAllocate(t *testing.T) {
	c := StartCoarse(func() {})
	defer c.Release()
	if got := testing.AllocsPerRun(100, func() { c.Now() }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// How much is a reading, beside one of the system's clock?
func BenchmarkNow(b *testing.B) {
	b.Run("coarse", func(b *testing.B) {
		c := StartCoarse(func() {})
		defer c.Release()
		b.ReportAllocs()
		var sum int64
		for b.Loop() {
			sum += c.Now()
		}
	})
	b.Run("time.Now", func(b *testing.B) {
		b.ReportAllocs()
		var sum int64
		for b.Loop() {
			sum += nanos(time.Now())
		}
	})
}
