package main

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/simcore"
)

// enough is how many violations are shown: the first ones tell most.
const enough = 5

// campaign plays seeds of a plan, and says how it goes.
func campaign(plan simcore.Plan, seeds uint64) func(options) report {
	return func(o options) report {
		if o.one {
			return alone(plan, o)
		}
		defer debug.SetGCPercent(debug.SetGCPercent(1000)) // worlds are small, and make much that is thrown away
		if o.seeds > 0 {
			seeds = o.seeds
		}
		started := now()
		c := simcore.Campaign{
			Plan: plan, Weather: o.weather, From: o.seed, Seeds: seeds, Workers: workers(), Twice: o.twice, AtMost: enough,
		}
		c.Until, c.Every = until(o, started), 1000
		c.Progress = func(s simcore.Summary) { o.progress(s, now().Sub(started)) }
		sum := c.Run()
		return of(sum, now().Sub(started))
	}
}

// until says when the time that was given is over; nil: it never is.
func until(o options, started time.Time) func() bool {
	if o.duration == 0 {
		return nil
	}
	return func() bool { return now().Sub(started) >= o.duration }
}

func now() time.Time { return clockutil.System().Now() }

func (o options) progress(s simcore.Summary, wall time.Duration) {
	_, _ = fmt.Fprintf(o.log, "%d seeds, %.0f/s, %.1f virtual years, %d violations\n",
		s.Seeds, float64(s.Seeds)/wall.Seconds(), s.Years(), len(s.Violations))
}

// alone plays one seed, and tells what happens.
func alone(plan simcore.Plan, o options) report {
	started := now()
	sum, script, text := simcore.Told(plan, o.seed, o.weather)
	_, _ = fmt.Fprintf(o.log, "%s\n%s", script, text)
	return of(sum, now().Sub(started))
}
