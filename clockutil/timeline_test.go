package clockutil_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/asleep"
)

// Each line is what a machine goes through, and what a Timeline makes of it when it is
// asked after each.
func TestTimelineGoesByWhicheverClockGoesOn(t *testing.T) {
	run := func(d time.Duration) func(*asleep.Clock) { return func(c *asleep.Clock) { c.Runs(d) } }
	set := func(d time.Duration) func(*asleep.Clock) { return func(c *asleep.Clock) { c.Sleeps(d) } }
	const h, m, ms = time.Hour, time.Minute, time.Millisecond
	for name, test := range map[string]struct {
		does []func(*asleep.Clock)
		want time.Duration
	}{
		"runs":                                {[]func(*asleep.Clock){run(h), run(m)}, h + m},
		"sleeps":                              {[]func(*asleep.Clock){run(m), set(h), run(m)}, h + 2*m},
		"sleeps twice":                        {[]func(*asleep.Clock){set(h), run(m), set(h)}, 2*h + m},
		"is set back":                         {[]func(*asleep.Clock){run(m), set(-h), run(m)}, 2 * m},
		"is set back, and sleeps":             {[]func(*asleep.Clock){run(m), set(-h), run(m), set(m)}, 3 * m},
		"sleeps, and is set back by more":     {[]func(*asleep.Clock){set(h), set(-2 * h), run(m)}, h + m},
		"is set forward, and back":            {[]func(*asleep.Clock){run(m), set(h), run(m), set(-h), run(m)}, h + 3*m},
		"sleeps a little, many times":         {[]func(*asleep.Clock){set(60 * ms), set(60 * ms), set(60 * ms), set(60 * ms)}, 240 * ms},
		"has two clocks that agree not quite": {[]func(*asleep.Clock){set(60 * ms), set(-60 * ms), set(60 * ms), set(-60 * ms)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var c asleep.Clock
			var line clockutil.Timeline
			first := line.At(c.Now())
			for _, do := range test.does {
				do(&c)
				line.At(c.Now())
			}
			if got := time.Duration(line.At(c.Now()) - first); got != test.want {
				t.Errorf("%s have passed, want %s", got, test.want)
			}
		})
	}
}

func TestTimelineHasInstantsToComeInTheirPlaces(t *testing.T) {
	var c asleep.Clock
	var line clockutil.Timeline
	end := c.Now().Add(time.Hour)
	place := line.Of(end, c.Now())
	c.Runs(10 * time.Minute)
	c.Sleeps(30 * time.Minute)
	if got := line.Of(end, c.Now()); got != place {
		t.Errorf("an instant has moved by %s", time.Duration(got-place))
	}
	if left := time.Duration(place - line.At(c.Now())); left != 20*time.Minute {
		t.Errorf("%s are left of an hour after 40 minutes", left)
	}
}

// Who has read the clock before the machine slept, and comes to ask after somebody
// else, has not seen the clock being set back.
func TestTimelineCountsASleepOnceForAllWhoAsk(t *testing.T) {
	var c asleep.Clock
	var line clockutil.Timeline
	first := line.At(c.Now())
	before := c.Now()
	c.Sleeps(time.Hour)
	c.Runs(time.Minute)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			line.At(c.Now())
			line.At(before)
		})
	}
	all.Wait()
	if got := time.Duration(line.At(c.Now()) - first); got != 61*time.Minute || line.Slept() != time.Hour {
		t.Errorf("%s have passed and %s were slept, want an hour of 61 minutes", got, line.Slept())
	}
}

func TestCoarseSeesASleepWithinATickAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c asleep.Clock
		var told atomic.Int64
		now, end := clockutil.StartHeartbeat(c.Now, func() { told.Add(1) })
		defer end()
		ticks := func() { c.Runs(clockutil.Tick); time.Sleep(clockutil.Tick); synctest.Wait() }
		ticks()
		before := now()
		expect := func(passed time.Duration, times int64) {
			t.Helper()
			if got := time.Duration(now() - before); got != passed || told.Load() != times {
				t.Errorf("the clock has gone on by %s and told %d times, want %s and %d", got, told.Load(), passed, times)
			}
		}
		c.Sleeps(time.Hour)
		synctest.Wait()
		expect(0, 0)
		ticks()
		expect(time.Hour+clockutil.Tick, 1)
		c.Sleeps(-time.Minute) // its wall clock is set back
		ticks()
		expect(time.Hour+2*clockutil.Tick, 1)
	})
}

func TestLeftIsByTheClockThatSaysLess(t *testing.T) {
	now := time.Now()
	end := now.Add(time.Hour)
	for name, test := range map[string]struct {
		now  time.Time
		want time.Duration
	}{
		"both agree":         {now.Add(time.Minute), 59 * time.Minute},
		"slept":              {asleep.Past(now, 50*time.Minute), 10 * time.Minute},
		"slept too long":     {asleep.Past(now, 2*time.Hour), -time.Hour},
		"set back":           {asleep.Past(now, -time.Hour), time.Hour},
		"no monotonic clock": {now.Add(time.Minute).Round(0), 59 * time.Minute},
	} {
		if got := clockutil.Left(test.now, end); got != test.want {
			t.Errorf("%s: %s left, want %s", name, got, test.want)
		}
	}
}

func TestRebasedInstantIsLeftByBothClocks(t *testing.T) {
	now := time.Now()
	end := now.Add(time.Hour)
	if got := clockutil.Rebase(end, asleep.Past(now, 50*time.Millisecond)); got != end {
		t.Error("an instant was moved though the clocks agree")
	}
	for name, ahead := range map[string]time.Duration{"slept": 50 * time.Minute, "set back": -50 * time.Minute} {
		later := asleep.Past(now, ahead)
		got := clockutil.Rebase(end, later)
		mono, wall := got.Sub(later), got.Round(0).Sub(later.Round(0))
		if want := min(time.Hour, time.Hour-ahead); mono != want || wall != want {
			t.Errorf("%s: left are %s by the monotonic and %s by the wall clock, want %s", name, mono, wall, want)
		}
	}
	if got := clockutil.Rebase(time.Time{}, now); !got.IsZero() {
		t.Error("no instant has become one")
	}
}

func TestClockThatWasSetBackIsFoundOut(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		now  time.Time
		want bool
	}{
		"both agree":                     {now.Add(time.Minute), false},
		"slept":                          {asleep.Past(now, time.Minute), false},
		"put right by little":            {asleep.Past(now.Add(time.Minute), -99*time.Millisecond), false},
		"set back":                       {asleep.Past(now.Add(time.Minute), -100*time.Millisecond), true},
		"slept, set back by more":        {asleep.Past(now, time.Minute-time.Hour), true},
		"no monotonic clock":             {now.Add(-time.Minute).Round(0), false},
		"slept, and set back by so much": {asleep.Past(asleep.Past(now, time.Minute), -time.Minute), false},
	} {
		if got := clockutil.SetBack(now, test.now); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestMomentsCenturiesAwayStayAsTheyAre(t *testing.T) {
	now := time.Now()
	for _, far := range []time.Time{{}, time.Unix(0, 0), time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC), now.AddDate(250, 0, 0)} {
		if got := clockutil.Rebase(far, now); got != far {
			t.Errorf("%v becomes %v", far, got)
		}
	}
}
