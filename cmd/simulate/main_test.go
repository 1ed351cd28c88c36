package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func runs(args ...string) (code int, out, log string) {
	var o, l strings.Builder
	code = run(args, &o, &l)
	return code, o.String(), l.String()
}

func TestUnknownNamesAreToldWithTheKnownOnes(t *testing.T) {
	for _, args := range [][]string{{"-scenario", "typhoon"}, {"-faults", "typhoon"}} {
		code, _, log := runs(args...)
		if code != 2 || !strings.Contains(log, `"typhoon"`) || !strings.Contains(log, "there are:") {
			t.Errorf("%v: exit %d: %s", args, code, log)
		}
	}
	if code, _, log := runs("stray"); code != 2 || !strings.Contains(log, `"stray"`) {
		t.Errorf("exit %d: %s", code, log)
	}
}

func TestListNamesEveryScenario(t *testing.T) {
	_, out, _ := runs("-scenario", "list")
	for _, s := range scenarios {
		if !strings.Contains(out, s.name+" ") || !strings.Contains(out, s.about) {
			t.Errorf("%s is not in the list:\n%s", s.name, out)
		}
	}
}

func TestLastLineIsOneObject(t *testing.T) {
	code, out, log := runs("-scenario", "storm", "-seeds", "3", "-twice", "-json")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, log)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"events", "hash", "renewals", "scenario", "seeds", "states", "transitions", "violations", "virtual_seconds", "wall_seconds"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if got["seeds"] != 3.0 || got["violations"] != 0.0 || got["scenario"] != "storm" {
		t.Errorf("got %v", got)
	}
}

func TestOneSeedIsToldWithAllThatHappens(t *testing.T) {
	code, _, log := runs("-scenario", "storm", "-seed", "0")
	if code != 0 || !strings.Contains(log, "nothing goes wrong any more") || !strings.Contains(log, `"Events"`) {
		t.Errorf("exit %d, told %d bytes", code, len(log))
	}
}
