package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// measured makes an outcome of one column.
func measured(scenario, name, column string, figures map[string]series) outcome {
	o := outcome{scenario: scenario, contest: contest{name: name, columns: columns(column)}, figures: map[string][]series{}}
	for who, s := range figures {
		one := entrant{name: who, role: library}
		switch who {
		case "holdfast":
			one.role = ours
		case "singleflight":
			one.role = homeMade
		case atomicLoad, bareMap:
			one.role = limit
		}
		o.entrants = append(o.entrants, one)
		o.figures[who] = []series{s}
	}
	return o
}

func columns(names ...string) []column {
	var all []column
	for _, n := range names {
		all = append(all, column{name: n})
	}
	return all
}

func TestAGoalIsMissedWhenItsBoundIs(t *testing.T) {
	for _, c := range []struct {
		name    string
		verdict verdict
		want    bool
	}{
		{"least, reached", verdict{goal: goal{least: true, bound: 60}, measured: true, reached: ratio{reading: reading{value: 60}}}, false},
		{"least, missed", verdict{goal: goal{least: true, bound: 60}, measured: true, reached: ratio{reading: reading{value: 59.9}}}, true},
		{"most, reached", verdict{goal: goal{bound: 5}, measured: true, reached: ratio{reading: reading{value: 5}}}, false},
		{"most, missed", verdict{goal: goal{bound: 5}, measured: true, reached: ratio{reading: reading{value: 5.01}}}, true},
		{"most, would have become more", verdict{goal: goal{bound: 5}, measured: true, reached: ratio{reading: reading{5, true}}}, true},
		{"not a number", verdict{goal: goal{bound: 5}, measured: true, reached: ratio{reading: reading{value: math.NaN()}}}, true},
		{"not measured", verdict{goal: goal{least: true, bound: 60}}, false},
	} {
		if got := c.verdict.missed(); got != c.want {
			t.Errorf("%s: missed is %v", c.name, got)
		}
	}
}

func TestTheBestLibraryIsNeitherHomeMadeNorALimit(t *testing.T) {
	all := outcomes{measured("hot", "1000", "time", map[string]series{
		"holdfast": rounds(2), "x/oauth2": rounds(100), "aws cache": rounds(40), "singleflight": rounds(10), atomicLoad: rounds(1),
	})}
	got, ok := overBest("hot", []string{"1000"}, "time", isLibrary)(all)
	if !ok || got.value != 20 {
		t.Errorf("%v over ours, want 20", got.value)
	}
	got, ok = inverse(overBest("hot", []string{"1000"}, "time", isRival))(all)
	if !ok || got.value != 0.2 {
		t.Errorf("ours over the best of all is %v, want 0.2", got.value)
	}
}

func TestPromisesAreJudgedByTheWorstRound(t *testing.T) {
	all := outcomes{measured("herd", "10000", "requests", map[string]series{"holdfast": rounds(1, 1, 2)})}
	got, ok := worst("herd", []string{"100000", "10000"}, "holdfast", "requests")(all)
	if !ok || got.value != 2 {
		t.Errorf("%v requests, want 2", got.value)
	}
}

func TestGoalsThatWereNotMeasuredAreNotMissed(t *testing.T) {
	for _, v := range (outcomes{}).verdicts() {
		if v.measured || v.missed() {
			t.Errorf("%s: %s", v.scenario, v.what)
		}
	}
}

// A goal that asks for a contest or a column that is not there would never be missed.
func TestEveryGoalFindsItsFigure(t *testing.T) {
	for _, quick := range []bool{false, true} {
		for _, v := range pretendAll(t, quick).verdicts() {
			if !v.measured {
				t.Errorf("quick %v: %s: %s is not measured", quick, v.scenario, v.what)
			}
		}
	}
}

// pretendAll is what would come of a run of all scenarios.
func pretendAll(t *testing.T, quick bool) (all outcomes) {
	t.Helper()
	for _, one := range scenarios() {
		contests, err := one.contests(settings{quick: quick})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range contests {
			all = append(all, pretend(one.name, c))
		}
	}
	return all
}

// pretend gives everybody who can a figure.
func pretend(scenario string, c contest) outcome {
	o := outcome{scenario: scenario, contest: c, figures: map[string][]series{}}
	for _, e := range c.entrants {
		if e.cannot == "" {
			o.figures[e.name] = make([]series, len(c.columns))
			for i := range c.columns {
				o.figures[e.name][i] = rounds(1, 2, 3)
			}
		}
	}
	return o
}

func TestCheckFailsWhenAGoalIsMissed(t *testing.T) {
	r := report{settings: settings{check: true}}
	r.outcomes = outcomes{measured("hot", "1000", "time", map[string]series{"holdfast": rounds(2), "x/oauth2": rounds(100), atomicLoad: rounds(1)})}
	var out bytes.Buffer
	if err := r.judge(&out); err == nil || err.Error() != "1 goal missed" {
		t.Errorf("%v", err)
	}
	if !strings.Contains(out.String(), "MISSED") {
		t.Errorf("nothing is marked as missed:\n%s", &out)
	}
	r.settings.check = false
	if err := r.judge(&out); err != nil {
		t.Errorf("without -check: %v", err)
	}
}
