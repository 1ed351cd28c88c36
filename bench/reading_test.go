package main

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func rounds(values ...float64) series { return readings(values...) }

func TestMedianIsTheMiddleRound(t *testing.T) {
	for _, c := range []struct {
		name string
		of   series
		want reading
	}{
		{"one", rounds(7), reading{value: 7}},
		{"odd", rounds(9, 1, 5), reading{value: 5}},
		{"even", rounds(9, 1, 5, 3), reading{value: 4}},
		{"an outlier does not count", rounds(5, 4, 1e9), reading{value: 5}},
		{"cut short", series{{value: 5, atLeast: true}, {value: 5, atLeast: true}, {value: 1}}, reading{value: 5, atLeast: true}},
		{"cut short once", series{{value: 5, atLeast: true}, {value: 2}, {value: 1}}, reading{value: 2}},
		{"what was cut short comes behind its equal", series{{value: 5, atLeast: true}, {value: 5}, {value: 1}}, reading{value: 5}},
	} {
		if got := c.of.median(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestSpreadIsFromTheLowestRoundToTheHighest(t *testing.T) {
	low, high := rounds(4, 9, 2, 5).spread()
	if low.value != 2 || high.value != 9 {
		t.Errorf("%v to %v, want 2 to 9", low, high)
	}
}

func TestSortingLeavesTheRoundsInTheirOrder(t *testing.T) {
	s := rounds(3, 1, 2)
	_ = s.median()
	if diff := cmp.Diff(rounds(3, 1, 2), s, cmp.AllowUnexported(reading{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRatioIsOfTheMediansAndItsSpreadOfTheRounds(t *testing.T) {
	got := rounds(10, 30, 20).over(rounds(1, 5, 2))
	want := ratio{reading: reading{value: 10}, low: 6, high: 10}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestRatioToWhatWasCutShortIsUnknown(t *testing.T) {
	cut := series{{value: 5, atLeast: true}}
	if got := rounds(10).over(cut); !math.IsNaN(got.value) {
		t.Errorf("10 over at least 5 is %v, want not a number", got.value)
	}
	if got := cut.over(rounds(1)); !got.atLeast || got.value != 5 {
		t.Errorf("at least 5 over 1 is %v, want at least 5", got.reading)
	}
}

func TestReadingsKeepInJSONThatTheyWereCutShort(t *testing.T) {
	got, err := json.Marshal(series{{value: 1.5}, {value: 5, atLeast: true}})
	if want := `[1.5,{"at_least":5}]`; err != nil || string(got) != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 0.0004: "0", 0.012: "0.012", 3.14159: "3.14", 18.04: "18", 12.345: "12.3",
		999.6: "1,000", 1234567: "1,234,567", -20.84: "-20.8", math.NaN(): "?",
	} {
		if got := format(v); got != want {
			t.Errorf("format(%v) = %q, want %q", v, got, want)
		}
	}
	if got := (reading{value: 5000, atLeast: true}).String(); got != "≥ 5,000" {
		t.Errorf("%q", got)
	}
}
