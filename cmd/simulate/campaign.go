package main

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/simcore"
)

// enough is how many violations are shown: the first ones tell most.
const enough = 5

// campaign plays seeds of a plan, and says how it goes.
func campaign(plan simcore.Plan, seeds uint64) func(options) report {
	return func(o options) report {
		script := new(simcore.Script)
		if o.one {
			plan(o.seed, o.weather, script)
			return alone(o, script)
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
		r := of(sum, now().Sub(started))
		if v := first(sum.Violations); v != nil {
			plan(v.Seed, o.weather, script)
			r.breaks(o, script)
		}
		return r
	}
}

// first is the violation of the lowest seed; nil: there is none.
func first(found []*simcore.Violation) *simcore.Violation {
	if len(found) == 0 {
		return nil
	}
	return slices.MinFunc(found, func(a, b *simcore.Violation) int { return cmp.Compare(a.Seed, b.Seed) })
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
