package clockutil_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/clockutil"
)

// diary is a Virtual that writes down what was called, and when.
type diary struct {
	clockutil.Virtual
	entries []string
}

// note returns a callback that writes text down and then does each of then.
func (d *diary) note(text string, then ...func()) func() {
	return func() {
		d.entries = append(d.entries, d.Now().Format(time.TimeOnly)+" "+text)
		for _, f := range then {
			f()
		}
	}
}

func (d *diary) want(t *testing.T, entries ...string) {
	t.Helper()
	if diff := cmp.Diff(entries, d.entries); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestZeroVirtualStandsAtNoonUTC(t *testing.T) {
	want := time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)
	for name, v := range map[string]*clockutil.Virtual{
		"zero":       new(clockutil.Virtual),
		"zero start": clockutil.NewVirtual(time.Time{}),
	} {
		if got := v.Now(); got != want {
			t.Errorf("%s: Now() = %v, want %v", name, got, want)
		}
	}
}

func TestNewVirtualKeepsLocationAndDropsMonotonicReading(t *testing.T) {
	now := time.Now()
	for _, start := range []time.Time{now, now.In(time.FixedZone("here", 3600))} {
		if got, want := clockutil.NewVirtual(start).Now(), start.Round(0); got != want {
			t.Errorf("Now() = %v, want %v", got, want)
		}
	}
}

func TestAdvanceCallsInOrderOfInstant(t *testing.T) {
	var d diary
	d.AfterFunc(3*time.Minute, d.note("third"))
	d.AfterFunc(time.Minute, d.note("first"))
	d.AfterFunc(time.Hour, d.note("never"))
	d.AfterFunc(2*time.Minute, d.note("second"))
	d.Advance(4 * time.Minute)
	d.want(t, "12:01:00 first", "12:02:00 second", "12:03:00 third")
	if got := d.Now().Format(time.TimeOnly); got != "12:04:00" {
		t.Errorf("the clock stands at %s after the advance", got)
	}
}

func TestEqualInstantsFireInTheOrderTheyWereMade(t *testing.T) {
	var d diary
	d.AfterFunc(2*time.Minute, d.note("1"))
	d.AfterFunc(time.Minute, d.note("at once", func() {
		d.AfterFunc(time.Minute, d.note("4"))
	}))
	d.AfterFunc(2*time.Minute, d.note("2")).Stop()
	d.AfterFunc(2*time.Minute, d.note("3"))
	d.Advance(2 * time.Minute)
	d.want(t, "12:01:00 at once", "12:02:00 1", "12:02:00 3", "12:02:00 4")
}

func TestAdvanceCallsWhatItsCallsArm(t *testing.T) {
	var d diary
	d.AfterFunc(time.Minute, d.note("arms", func() {
		d.AfterFunc(0, d.note("no delay"))
		d.AfterFunc(time.Minute, d.note("on the way"))
		d.AfterFunc(4*time.Minute, d.note("at the end"))
		d.AfterFunc(4*time.Minute+1, d.note("later"))
	}))
	d.Advance(5 * time.Minute)
	d.want(t, "12:01:00 arms", "12:01:00 no delay", "12:02:00 on the way", "12:05:00 at the end")
	if got := d.Pending(); got != 1 {
		t.Errorf("%d timers pending, want 1", got)
	}
}

func TestCallbackStopsTimerOfItsInstant(t *testing.T) {
	var d diary
	var second clockutil.Timer
	d.AfterFunc(time.Minute, d.note("first", func() {
		if !second.Stop() {
			t.Error("Stop reports that it came too late")
		}
	}))
	second = d.AfterFunc(time.Minute, d.note("second"))
	d.Advance(time.Hour)
	d.want(t, "12:01:00 first")
}

func TestStopInsideOwnCallbackReportsFalse(t *testing.T) {
	var v clockutil.Virtual
	var timer clockutil.Timer
	timer = v.AfterFunc(time.Minute, func() {
		if timer.Stop() {
			t.Error("Stop reports that it prevented the call it is in")
		}
	})
	v.Advance(time.Minute)
}

func TestNegativeAdvanceDoesNotTurnTheClockBack(t *testing.T) {
	var d diary
	d.Advance(time.Hour)
	d.AfterFunc(0, d.note("due"))
	d.Advance(-time.Hour)
	d.want(t, "13:00:00 due")
}

func TestAdvanceToNextRunsOneInstant(t *testing.T) {
	var d diary
	if d.AdvanceToNext() {
		t.Error("AdvanceToNext reports that something was pending")
	}
	d.AfterFunc(time.Hour, d.note("a", func() { d.AfterFunc(0, d.note("c")) }))
	d.AfterFunc(time.Hour, d.note("b", func() { d.AfterFunc(1, d.note("next")) }))
	if !d.AdvanceToNext() {
		t.Error("AdvanceToNext reports that nothing was pending")
	}
	d.want(t, "13:00:00 a", "13:00:00 b", "13:00:00 c")
	if got := d.Pending(); got != 1 {
		t.Errorf("%d timers pending, want 1", got)
	}
}

func TestNextSeesTheEarliestAndNotTheStopped(t *testing.T) {
	var v clockutil.Virtual
	if at, ok := v.Next(); ok || !at.IsZero() {
		t.Errorf("Next() = %v, %v with nothing pending", at, ok)
	}
	v.AfterFunc(2*time.Hour, func() {})
	earlier := v.AfterFunc(time.Hour, func() {})
	if at, ok := v.Next(); !ok || !at.Equal(v.Now().Add(time.Hour)) {
		t.Errorf("Next() = %v, %v, want 13:00", at, ok)
	}
	earlier.Stop()
	if at, ok := v.Next(); !ok || !at.Equal(v.Now().Add(2*time.Hour)) {
		t.Errorf("Next() = %v, %v, want 14:00", at, ok)
	}
}

func TestEndOfTimeIsReachedAndNotPassed(t *testing.T) {
	var v clockutil.Virtual
	end := v.Now().Add(math.MaxInt64 - 1)
	v.Advance(time.Hour)
	v.AfterFunc(math.MaxInt64, func() { t.Error("a timer for after the end fired") })
	if at, ok := v.Next(); ok || v.AdvanceToNext() {
		t.Errorf("Next() = %v, although that is after the end", at)
	}
	v.Advance(math.MaxInt64)
	v.Advance(time.Hour)
	if v.Now() != end || v.Pending() != 1 {
		t.Errorf("the clock stands at %v with %d pending, want %v with 1", v.Now(), v.Pending(), end)
	}
}

func TestTimerThatArmsItselfEndsWithTime(t *testing.T) {
	var v clockutil.Virtual
	years := 0
	var yearly func()
	yearly = func() {
		years++
		v.AfterFunc(365*24*time.Hour, yearly)
	}
	yearly()
	for v.AdvanceToNext() {
	}
	if years != 293 {
		t.Errorf("%d calls, want one at the start and in each of 292 years", years)
	}
}

func TestAdvanceFromInsideCallbackPanics(t *testing.T) {
	var v clockutil.Virtual
	var nested func(depth int, f func())
	nested = func(depth int, f func()) {
		if depth == 0 {
			f()
			return
		}
		nested(depth-1, f)
	}
	for name, advance := range map[string]func(){
		"Advance":       func() { v.Advance(time.Second) },
		"AdvanceToNext": func() { v.AdvanceToNext() },
		"deep down":     func() { nested(1_000, func() { v.Advance(0) }) },
	} {
		var got any
		v.AfterFunc(time.Minute, func() {
			defer func() { got = recover() }()
			advance()
		})
		v.Advance(time.Minute)
		if text := fmt.Sprint(got); !strings.Contains(text, "must not advance") {
			t.Errorf("%s: recovered %q", name, text)
		}
	}
}

func TestCallbackMayAdvanceAnIdleClock(t *testing.T) {
	var outer, inner clockutil.Virtual
	called := false
	inner.AfterFunc(time.Hour, func() { called = true })
	outer.AfterFunc(time.Minute, func() { inner.Advance(time.Hour) })
	outer.Advance(time.Minute)
	if !called {
		t.Error("the inner clock's timer did not fire")
	}
}

func TestPanickingCallbackLeavesTheClockInOrder(t *testing.T) {
	var d diary
	d.AfterFunc(time.Minute, d.note("panics", func() { panic("oh") }))
	d.AfterFunc(time.Minute, d.note("after it"))
	func() {
		defer func() {
			if got := recover(); got != "oh" {
				t.Errorf("recovered %v", got)
			}
		}()
		d.Advance(time.Hour)
	}()
	d.want(t, "12:01:00 panics")
	d.Advance(time.Hour)
	d.want(t, "12:01:00 panics", "12:01:00 after it")
	if got := d.Now().Format(time.TimeOnly); got != "13:01:00" {
		t.Errorf("the clock stands at %s", got)
	}
}

// The model of a Virtual is a sorted list.
func TestRandomTimersFireAsASortedListWould(t *testing.T) {
	for seed := range uint64(200) {
		draw := func(n, what, i uint64) uint64 { return clockutil.Mix(seed, what, i) % n }
		type timer struct{ due, made int }
		var v clockutil.Virtual
		var got, want []timer
		var stops []clockutil.Timer
		count := int(draw(150, 0, 0))
		for i := range count {
			this := timer{int(draw(20, 1, uint64(i))), i} // few instants, many ties
			want = append(want, this)
			stops = append(stops, v.AfterFunc(time.Duration(this.due), func() { got = append(got, this) }))
		}
		for i, stop := range stops {
			if draw(3, 2, uint64(i)) == 0 && stop.Stop() {
				want = slices.DeleteFunc(want, func(w timer) bool { return w.made == i })
			}
		}
		slices.SortStableFunc(want, func(a, b timer) int { return a.due - b.due })
		for v.AdvanceToNext() {
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(timer{})); diff != "" {
			t.Fatalf("seed %d: fired (-want +got):\n%s", seed, diff)
		}
	}
}

func TestMillionTimersFireInOrder(t *testing.T) {
	count := 1_000_000
	if testing.Short() {
		count = 20_000
	}
	var v clockutil.Virtual
	last, fired := v.Now(), 0
	check := func() {
		now := v.Now()
		if now.Before(last) {
			t.Fatalf("a timer fired at %v after one at %v", now, last)
		}
		last = now
		fired++
	}
	for i := range uint64(count) {
		v.AfterFunc(clockutil.Spread(24*time.Hour, clockutil.Mix(1, i)), check)
	}
	v.Advance(24 * time.Hour)
	if fired != count || v.Pending() != 0 {
		t.Errorf("%d of %d fired, %d pending", fired, count, v.Pending())
	}
}

func TestConcurrentUseLosesAndDoublesNoTimer(t *testing.T) {
	const workers, rounds = 8, 200
	var v clockutil.Virtual
	var armed, fired, stopped atomic.Int64
	start := v.Now()
	var wg sync.WaitGroup
	for worker := range uint64(workers) {
		wg.Go(func() {
			for round := range uint64(rounds) {
				d := time.Duration(clockutil.Mix(worker, round) % 50)
				armed.Add(1)
				timer := v.AfterFunc(d, func() { fired.Add(1); v.Now() })
				if d%3 == 0 && timer.Stop() {
					stopped.Add(1)
				}
				if d%5 == 0 {
					v.Advance(10)
				}
				v.Next()
			}
		})
	}
	wg.Wait()
	pending := int64(v.Pending())
	if armed.Load() != fired.Load()+stopped.Load()+pending {
		t.Errorf("%d armed, but %d fired, %d stopped and %d pending",
			armed.Load(), fired.Load(), stopped.Load(), pending)
	}
	v.Advance(50)
	if got := armed.Load() - fired.Load() - stopped.Load(); got != 0 {
		t.Errorf("%d timers lost", got)
	}
	if v.Now().Sub(start)%10 != 0 {
		t.Errorf("the clock moved by %v in steps of 10ns", v.Now().Sub(start))
	}
}

func TestConcurrentAdvancesAddUpAndCallOneAtATime(t *testing.T) {
	var v clockutil.Virtual
	start := v.Now()
	var running atomic.Int32
	calls := 0 // without a lock: the race detector watches
	for i := range 100 {
		v.AfterFunc(time.Duration(i)*time.Minute, func() {
			if running.Add(1) != 1 {
				t.Error("two calls at once")
			}
			calls++
			running.Add(-1)
		})
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { v.Advance(10 * time.Minute) })
	}
	wg.Wait()
	if got := v.Now().Sub(start); got != 100*time.Minute {
		t.Errorf("ten advances by ten minutes moved the clock by %v", got)
	}
	if calls != 100 {
		t.Errorf("%d calls, want 100", calls)
	}
}

// How much is one timer, armed and fired, with others pending?
func BenchmarkVirtualFireAndArm(b *testing.B) {
	for _, pending := range []int{1, 1_000, 10_000, 1_000_000} {
		b.Run(fmt.Sprintf("pending=%d", pending), func(b *testing.B) {
			var v clockutil.Virtual
			var f func()
			i := uint64(0)
			f = func() {
				i++
				v.AfterFunc(clockutil.Spread(time.Second, clockutil.Mix(2, i)), f)
			}
			for range pending {
				f()
			}
			b.ReportAllocs()
			for b.Loop() {
				v.AdvanceToNext()
			}
		})
	}
}

// How much is a timer that is stopped before it fires, as most are?
func BenchmarkVirtualArmAndStop(b *testing.B) {
	var v clockutil.Virtual
	for i := range uint64(10_000) {
		v.AfterFunc(clockutil.Spread(time.Hour, clockutil.Mix(2, i)), func() {})
	}
	b.ReportAllocs()
	for b.Loop() {
		v.AfterFunc(30*time.Minute, func() {}).Stop()
	}
}
