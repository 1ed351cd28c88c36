package clockutil

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestCoarseIsRightFromItsStartAndFromEachRestart(t *testing.T) {
	for range 3 {
		before := Nanos(time.Now())
		c := StartCoarse()
		got := c.Now()
		if after := Nanos(time.Now()); got < before || got > after {
			t.Errorf("Now() = %d, want between %d and %d", got, before, after)
		}
		c.Release()
	}
}

func TestHoldersShareOneGoroutineUntilTheLastRelease(t *testing.T) {
	first, second := StartCoarse(), StartCoarse()
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
				before := Nanos(time.Now()) - int64(time.Minute)
				c := StartCoarse()
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
	if beating.holders != 0 || beating.beat != nil {
		t.Errorf("%d holders, heartbeat %v", beating.holders, beating.beat)
	}
}

// In a bubble a goroutine that is left behind fails the test, and time can be
// stopped between two beats.
func TestHeartbeatLagsByATickAndNeverRunsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHeartbeat()
		defer h.end()
		last, beats := h.now.Load(), 0
		for range 100 {
			time.Sleep(tick / 5)
			synctest.Wait()
			got, now := h.now.Load(), exact()
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

func TestHeartbeatStopsAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := startHeartbeat()
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
	outside := StartCoarse()
	defer outside.Release()
	synctest.Test(t, func(t *testing.T) {
		c := StartCoarse()
		defer c.Release()
		if c.beat != nil {
			t.Error("the bubble has a heartbeat")
		}
		for range 3 {
			if got, want := c.Now(), Nanos(time.Now()); got != want {
				t.Errorf("Now() = %d, want %d", got, want)
			}
			time.Sleep(24 * time.Hour)
		}
	})
}

func TestNanosCountsMonotonicallyFromTheBase(t *testing.T) {
	now := time.Now()
	if got, want := Nanos(now.Add(time.Hour))-Nanos(now), int64(time.Hour); got != want {
		t.Errorf("an hour is %d ns, want %d", got, want)
	}
	if got := Nanos(base.Add(-time.Second)); got != -int64(time.Second) {
		t.Errorf("a second before the base is %d", got)
	}
	if got := Nanos(base.Round(0).Add(time.Second)); got != int64(time.Second) {
		t.Errorf("a second after the base, without monotonic reading, is %d", got)
	}
}

func TestReadingACoarseDoesNotAllocate(t *testing.T) {
	c := StartCoarse()
	defer c.Release()
	if got := testing.AllocsPerRun(100, func() { c.Now() }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// How much is a reading, beside one of the system's clock?
func BenchmarkNow(b *testing.B) {
	b.Run("coarse", func(b *testing.B) {
		c := StartCoarse()
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
			sum += Nanos(time.Now())
		}
	})
}
