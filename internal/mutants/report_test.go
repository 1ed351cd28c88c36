package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhoMissesWhatHeMustFindIsTold(t *testing.T) {
	m := &mutant{name: "m", foundBy: []string{simulator, enumerator}}
	for _, c := range []struct {
		name   string
		caught []string
		asked  []string
		want   []string
	}{
		{"both find it", []string{simulator, enumerator}, judgeNames, nil},
		{"one misses it", []string{simulator, story}, judgeNames, []string{enumerator}},
		{"one misses it who was not asked", []string{simulator}, []string{simulator, story}, nil},
		{"nobody finds it", nil, []string{promise}, []string{"all"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := reportOf(m)
			for _, name := range c.caught {
				r.Verdicts = append(r.Verdicts, verdict{Judge: name, Caught: true})
			}
			r.judge(m, c.asked)
			if diff := cmp.Diff(c.want, r.Missed); diff != "" || r.Caught != (len(c.caught) > 0) {
				t.Errorf("caught %v, missed (-want +got):\n%s", r.Caught, diff)
			}
		})
	}
}

func TestExitSaysHowItEnded(t *testing.T) {
	missed, broken := report{Missed: []string{simulator}}, report{Error: "it does not compile"}
	for want, reports := range [][]report{{{Caught: true}}, {{Caught: true}, missed}, {missed, broken}} {
		if got := exitOf(reports); got != want {
			t.Errorf("exit %d, want %d", got, want)
		}
	}
}

func TestVerdictOfStoriesNamesTheFirst(t *testing.T) {
	var v verdict
	v.add(ran{out: "ok\n"})
	if v.Caught {
		t.Error("nothing has failed")
	}
	v.add(ran{failed: true, out: "--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/sub (0.00s)\n--- FAIL: TestB (0.00s)\n"})
	v.add(ran{failed: true, out: "panic: BUG: no [recovered]\n"})
	if want := (verdict{Caught: true, What: "TestA", Tried: 3}); v != want {
		t.Errorf("got %+v, want %+v", v, want)
	}
}

func TestPageSaysHowFarTheWorstFindIs(t *testing.T) {
	reports := []report{
		{Mutant: "quick", Caught: true, Verdicts: []verdict{
			{Judge: simulator, Caught: true, Seconds: 1, Events: 20}, {Judge: enumerator, Caught: true, Seconds: 9, Events: 4},
		}},
		{Mutant: "slow", Caught: true, Verdicts: []verdict{{Judge: simulator, Seconds: 30}, {Judge: enumerator, Caught: true, Seconds: 2, Events: 3}}},
		{Mutant: "told", Caught: true, OnlyStory: "so it is.", Verdicts: []verdict{{Judge: story, Caught: true, What: "TestX", Tried: 1}}},
		{Mutant: "missed"},
	}
	got := page(reports)
	for _, want := range []string{
		"4 mutants, 3 caught. The simulator or the enumerator finds 2 of them, after 2.0 s at most, in histories of 4 events at most",
		"| slow | – | ", "| told |  |  |  | 1, TestX, 0.0 s |", "Only a story sees it: so it is.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestPanicIsFoundInWhatAProgramPrints(t *testing.T) {
	if got := panicIn("x\npanic: BUG: no leaf [recovered]\n\tpanic: again\n"); got != "panic: BUG: no leaf" {
		t.Errorf("got %q", got)
	}
	if got := panicIn("no panic: here\n"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestUnknownNamesAreToldWithTheKnownOnes(t *testing.T) {
	var log strings.Builder
	if code := run([]string{"-judges", "cook"}, &log, &log); code != 2 || !strings.Contains(log.String(), "there are: simulator") {
		t.Errorf("exit %d: %s", code, log.String())
	}
}
