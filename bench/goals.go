package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// goal is a figure of this library and what it must reach.
type goal struct {
	scenario string
	what     string
	least    bool // bound is the least; else the most
	bound    float64
	unit     unit

	// of finds the figure; false: it was not measured in this run.
	of func(outcomes) (ratio, bool)
}

// outcomes are what came of a run.
type outcomes []outcome

// find returns the outcome of a contest; of several, the one that is there.
func (all outcomes) find(scenario string, contests ...string) (outcome, bool) {
	for _, name := range contests {
		for _, o := range all {
			if o.scenario == scenario && o.name == name {
				return o, true
			}
		}
	}
	return outcome{}, false
}

const us = "holdfast"

// goals are all of them. What is a promise rather than a speed (requests, errors) is judged by
// the worst round, not by the median.
var goals = []goal{
	{
		scenario: "hot", what: "x/oauth2's time over ours, 1,000 goroutines, one session", least: true, bound: 60, unit: times,
		of: quotient("hot", "1000", "time", "x/oauth2", us),
	},
	{
		scenario: "hot", what: "the best library's time over ours, 1,000 goroutines, one session", least: true, bound: 15, unit: times,
		of: overBest("hot", []string{"1000"}, "time", isLibrary),
	},
	{
		scenario: "hot", what: "our time over " + atomicLoad + ", 1,000 goroutines, one session", bound: 5, unit: times,
		of: quotient("hot", "1000", "time", us, atomicLoad),
	},
	{
		scenario: "hot", what: "allocations", bound: 0,
		of: worst("hot", []string{"1000"}, us, "allocations"),
	},
	{
		scenario: "hot", what: "our time with lookup by key over " + bareMap, bound: 2, unit: times,
		of: quotient("hot", "keys", "time", us, bareMap),
	},

	{
		scenario: "request", what: "Authorize over " + headerAssignment, bound: 1.5, unit: times,
		of: quotient("request", "header 1", "time", us, headerAssignment),
	},
	{
		scenario: "request", what: "allocations of Authorize", bound: 1,
		of: worst("request", []string{"header 1"}, us, "allocations"),
	},
	{
		scenario: "request", what: "what x/oauth2's Transport adds over Authorize", least: true, bound: 12, unit: times,
		of: transportOverAuthorize,
	},

	{
		scenario: "herd", what: "requests", bound: 1,
		of: worst("herd", []string{"100000", "10000"}, us, "requests"),
	},
	{
		scenario: "herd", what: "our time over the fastest rival's", bound: 1, unit: times,
		of: inverse(overBest("herd", []string{"100000", "10000"}, "until the last has it", isRival)),
	},
	{
		scenario: "herd", what: "the same where all have to wait", bound: 1, unit: times,
		of: inverse(overBest("herd", []string{"waiting", "10000"}, "until the last has it", isRival)),
	},

	{
		scenario: "failure", what: "requests with Retries none, 10,000 callers", bound: 1,
		of: worst("failure", []string{"10000"}, withoutRetries, "requests"),
	},
	{
		scenario: "failure", what: "until all know with Retries none: less than two round trips", bound: 2 * ms(roundTrip), unit: milliseconds,
		of: middle("failure", "10000", withoutRetries, "until all know"),
	},
	{
		scenario: "failure", what: "requests with 2 Retries, 10,000 callers", bound: 3,
		of: worst("failure", []string{"10000"}, us, "requests"),
	},

	{
		scenario: "outage", what: "errors given to callers", bound: 0,
		of: worst("outage", []string{"outage"}, us, "errors"),
	},
	{
		scenario: "outage", what: "time between two requests: the shortest step of the back-off", least: true, bound: 1_000, unit: milliseconds,
		of: shortest("outage", "outage", us, "shortest time between requests"),
	},
	{
		scenario: "outage", what: "a call in the outage over a hot one", bound: 1.25, unit: times,
		of: within("outage", "outage", us, "a call in the outage", "a hot call"),
	},

	{
		scenario: "cancel", what: "left after the deadline", bound: 5, unit: milliseconds,
		of: middle("cancel", "cancel", us, "left after the deadline"),
	},
	{
		scenario: "cancel", what: "requests", bound: 1,
		of: worst("cancel", []string{"cancel"}, us, "requests"),
	},
	{
		scenario: "cancel", what: "patient callers who got an error", bound: 0,
		of: worst("cancel", []string{"cancel"}, us, "patient ones who got an error"),
	},

	{
		scenario: "storm", what: "in flight", bound: stormInFlight,
		of: worst("storm", []string{"storm"}, us, "most in flight"),
	},
	{
		scenario: "storm", what: "renewals over what the endpoint can do", least: true, bound: 0.8, unit: times,
		of: middle("storm", "storm", us, "of what the endpoint can do"),
	},
	{
		scenario: "storm", what: "longest wait over the ideal", bound: 2, unit: times,
		of: worst("storm", []string{"storm"}, us, "longest wait over the ideal"),
	},

	{
		scenario: "renewals", what: "our renewals over " + postLoop + ", loopback", least: true, bound: 0.8, unit: times,
		of: quotient("renewals", "loopback", "renewals", us, postLoop),
	},

	{
		scenario: "memory", what: "a session with a token, without token and store", bound: 1024, unit: octets,
		of: middle("memory", "resident", us, "the rest"),
	},
	{
		scenario: "memory", what: "a session asleep, without the store", bound: 300, unit: octets,
		of: middle("memory", "asleep", us, "the rest"),
	},
	{
		scenario: "memory", what: "heap after a burst over before", bound: 1.1, unit: times,
		of: middle("memory", "burst 2", us, "after over before"),
	},

	{
		scenario: "latency", what: "p99.9 with renewals over p99.9 without", bound: 2, unit: times,
		of: renewedOverCalm,
	},
}

func isLibrary(e entrant) bool { return e.role == library }
func isRival(e entrant) bool   { return e.role == library || e.role == homeMade }

// quotient is one entrant's figure over another's.
func quotient(scenario, contest, column, top, bottom string) func(outcomes) (ratio, bool) {
	return func(all outcomes) (ratio, bool) {
		o, _ := all.find(scenario, contest)
		a, okA := o.figure(top, column)
		b, okB := o.figure(bottom, column)
		if !okA || !okB {
			return ratio{}, false
		}
		return a.over(b), true
	}
}

// within is one column of an entrant over another.
func within(scenario, contest, who, top, bottom string) func(outcomes) (ratio, bool) {
	return func(all outcomes) (ratio, bool) {
		o, _ := all.find(scenario, contest)
		a, okA := o.figure(who, top)
		b, okB := o.figure(who, bottom)
		if !okA || !okB {
			return ratio{}, false
		}
		return a.over(b), true
	}
}

// overBest is the lowest median among some entrants over ours.
func overBest(scenario string, contests []string, column string, counts func(entrant) bool) func(outcomes) (ratio, bool) {
	return func(all outcomes) (ratio, bool) {
		o, _ := all.find(scenario, contests...)
		var best series
		for _, e := range o.entrants {
			s, ok := o.figure(e.name, column)
			if ok && counts(e) && (best == nil || s.median().value < best.median().value) {
				best = s
			}
		}
		mine, ok := o.figure(us, column)
		if !ok || best == nil {
			return ratio{}, false
		}
		return best.over(mine), true
	}
}

func inverse(of func(outcomes) (ratio, bool)) func(outcomes) (ratio, bool) {
	return func(all outcomes) (ratio, bool) {
		r, ok := of(all)
		return ratio{reading: reading{value: 1 / r.value}, low: 1 / r.high, high: 1 / r.low}, ok
	}
}

// middle is the median of a figure.
func middle(scenario, contest, who, column string) func(outcomes) (ratio, bool) {
	return figureOf(scenario, []string{contest}, who, column, series.median)
}

// worst is the highest round of a figure.
func worst(scenario string, contests []string, who, column string) func(outcomes) (ratio, bool) {
	return figureOf(scenario, contests, who, column, func(s series) reading {
		_, high := s.spread()
		return high
	})
}

// shortest is the lowest round of a time between events; without two events there is
// none, and it is infinite.
func shortest(scenario, contest, who, column string) func(outcomes) (ratio, bool) {
	return figureOf(scenario, []string{contest}, who, column, func(s series) reading {
		low := reading{value: math.Inf(1)}
		for _, r := range s {
			if r.value > 0 && r.value < low.value {
				low = r
			}
		}
		return low
	})
}

func figureOf(scenario string, contests []string, who, column string, pick func(series) reading) func(outcomes) (ratio, bool) {
	return func(all outcomes) (ratio, bool) {
		o, _ := all.find(scenario, contests...)
		s, ok := o.figure(who, column)
		if !ok {
			return ratio{}, false
		}
		low, high := s.spread()
		return ratio{reading: pick(s), low: low.value, high: high.value}, true
	}
}

// transportOverAuthorize compares two ways to the same end.
func transportOverAuthorize(all outcomes) (ratio, bool) {
	theirs, _ := all.find("request", "transport 1")
	mine, _ := all.find("request", "header 1")
	a, okA := theirs.figure("x/oauth2", "time")
	b, okB := mine.figure(us, "time")
	if !okA || !okB {
		return ratio{}, false
	}
	return a.over(b), true
}

func renewedOverCalm(all outcomes) (ratio, bool) {
	renewed, _ := all.find("latency", "renewed")
	calm, _ := all.find("latency", "calm")
	a, okA := renewed.figure(us, "p99.9")
	b, okB := calm.figure(us, "p99.9")
	if !okA || !okB {
		return ratio{}, false
	}
	return a.over(b), true
}

// verdict is a goal and what was reached.
type verdict struct {
	goal
	reached  ratio
	measured bool
}

func (all outcomes) verdicts() []verdict {
	var vs []verdict
	for _, g := range slices.Concat(goals, storeGoals()) {
		v := verdict{goal: g}
		v.reached, v.measured = g.of(all)
		vs = append(vs, v)
	}
	return vs
}

// missed reports whether the goal was measured and not reached. What is not a number
// has not been reached.
func (v verdict) missed() bool {
	switch {
	case !v.measured:
		return false
	case v.least:
		return !(v.reached.value >= v.bound)
	}
	return !(v.reached.value <= v.bound) || v.reached.atLeast && v.reached.value == v.bound
}

// judge prints the goals if that was asked for. The error says how many were missed.
func (r *report) judge(out io.Writer) error {
	if !r.settings.check {
		return nil
	}
	t := table{{"goal", "", "to reach", "reached", ""}}
	missed := 0
	for _, v := range r.outcomes.verdicts() {
		t = append(t, v.row())
		if v.missed() {
			missed++
		}
	}
	_, _ = fmt.Fprintln(out)
	printTable(out, t, "", 2)
	if missed > 0 {
		return errors.New(plural(missed, "goal") + " missed")
	}
	return nil
}

func (v verdict) row() []string {
	row := []string{v.scenario, v.what, v.toReach(), "not measured", ""}
	if v.measured {
		row[3], row[4] = v.got(), "reached"
	}
	if v.missed() {
		row[4] = "MISSED"
	}
	return row
}

func (v verdict) toReach() string {
	sign := "≤ "
	if v.least {
		sign = "≥ "
	}
	return v.with(sign + format(v.bound))
}

func (v verdict) got() string {
	if math.IsInf(v.reached.value, 1) {
		return "never two"
	}
	if v.reached.low == v.reached.high {
		return v.with(v.reached.String())
	}
	return fmt.Sprintf("%s (%s–%s)", v.with(v.reached.String()), format(v.reached.low), format(v.reached.high))
}

func (v verdict) with(number string) string {
	if v.unit == count {
		return number
	}
	return number + " " + string(v.unit)
}

func (v verdict) forPrograms() jsonVerdict {
	j := jsonVerdict{Scenario: v.scenario, Goal: v.what, Bound: v.toReach(), Missed: v.missed()}
	if v.measured && !math.IsInf(v.reached.value, 0) && !math.IsNaN(v.reached.value) {
		j.Reached = &v.reached.value
	}
	return j
}
