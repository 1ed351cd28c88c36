package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args string
		want settings
	}{
		{"", settings{}},
		{"-quick -check", settings{quick: true, check: true}},
		{"-scenario hot,herd -rounds 9", settings{only: []string{"hot", "herd"}, rounds: 9}},
		{"-json a.json -plot plots", settings{json: "a.json", plot: "plots"}},
		{"-redis redis://a -postgres postgres://b", settings{redis: "redis://a", postgres: "postgres://b"}},
	} {
		got, err := parse(strings.Fields(c.args), new(bytes.Buffer))
		if err != nil {
			t.Errorf("%q: %v", c.args, err)
		}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(settings{})); diff != "" {
			t.Errorf("%q: -want +got:\n%s", c.args, diff)
		}
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	for args, want := range map[string]string{
		"-scenario warm": `there is no scenario "warm"`,
		"-rounds -1":     "-rounds must be 1 or more",
		"hot":            `"hot" is no flag`,
	} {
		var out bytes.Buffer
		if _, err := parse(strings.Fields(args), &out); err == nil || !strings.Contains(out.String(), want) {
			t.Errorf("%q: %v, said %q", args, err, &out)
		}
	}
}

func TestRounds(t *testing.T) {
	short, long := scenario{name: "a"}, scenario{name: "b", longRounds: true}
	for _, c := range []struct {
		settings    settings
		short, long int
	}{
		{settings{}, 5, 3},
		{settings{quick: true}, 3, 1},
		{settings{rounds: 7, quick: true}, 7, 7},
	} {
		if s, l := c.settings.roundsOf(short), c.settings.roundsOf(long); s != c.short || l != c.long {
			t.Errorf("%+v: %d and %d, want %d and %d", c.settings, s, l, c.short, c.long)
		}
	}
}

func TestOnlyTheChosenScenariosRun(t *testing.T) {
	chosen := settings{only: []string{"herd"}}.chosen()
	if len(chosen) != 1 || chosen[0].name != "herd" {
		t.Errorf("%d scenarios", len(chosen))
	}
	if n := len(settings{}.chosen()); n != len(scenarios()) {
		t.Errorf("without a choice %d scenarios, want all %d", n, len(scenarios()))
	}
}
