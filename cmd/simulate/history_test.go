package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/simcore"
)

// impatient is a storm in which nobody is answered soon enough: one who asks is all that
// is needed for that.
func impatient(seed uint64, allowed simcore.Weather, s *simcore.Script) {
	simcore.Storm(seed, allowed, s)
	s.Terms.HoldFor = -time.Hour
}

// failing is a file with a script that breaks a promise.
func failing(t *testing.T) string {
	t.Helper()
	s := new(simcore.Script)
	impatient(1, simcore.Weather{}, s)
	return file(t, s.String())
}

// file is a file with a text.
func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "script.json")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFirstSeedThatFailsIsMadeSmallAndTold(t *testing.T) {
	var out, log strings.Builder
	r := campaign(impatient, 3)(options{shrink: true, json: true, out: &out, log: &log, seed: 1})
	r.print(options{json: true, out: &out, log: &log})
	var line struct{ Shrunk *int }
	if err := json.Unmarshal([]byte(out.String()), &line); err != nil {
		t.Fatal(err)
	}
	if line.Shrunk == nil || *line.Shrunk != 1 || *line.Shrunk != len(r.told.script.Events) {
		t.Errorf("%s", out.String())
	}
	for _, want := range []string{"BROKEN: answered in time", "callers > p0 s0", "shrunk from 200 events to 1"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q is not in\n%v", want, log.String())
		}
	}
}

func TestWithoutShrinkTheSeedIsToldAsItIs(t *testing.T) {
	r := campaign(impatient, 1)(options{out: io.Discard, log: io.Discard, seed: 1})
	if r.Shrunk != nil || r.told == nil || len(r.told.script.Events) != 200 {
		t.Errorf("told %+v", r.told)
	}
}

func TestScriptThatFailsIsMadeSmallAndWritten(t *testing.T) {
	dir := t.TempDir()
	small, diagram := filepath.Join(dir, "small.json"), filepath.Join(dir, "small.mmd")
	code, _, log := runs("-script", failing(t), "-save", small, "-mermaid", diagram)
	if code != 1 || !strings.Contains(log, "shrunk from 200 events to 1") {
		t.Fatalf("exit %d: %s", code, log)
	}
	drawn, err := os.ReadFile(diagram)
	if err != nil || !strings.HasPrefix(string(drawn), "sequenceDiagram\n") {
		t.Errorf("%v: %s", err, drawn)
	}
	again, err := read(small)
	if err != nil || len(again.Events) != 1 || !strings.HasPrefix(again.About, "answered in time: ") {
		t.Fatalf("%v: %v", err, again)
	}
	code, _, log = runs("-script", small, "-shrink=false")
	if code != 1 || !strings.Contains(log, "BROKEN: answered in time") || strings.Contains(log, "shrunk from") {
		t.Errorf("exit %d: %s", code, log)
	}
}

func TestScriptThatKeepsAllPromisesIsTold(t *testing.T) {
	s := new(simcore.Script)
	simcore.Calm(1, simcore.Weather{}, s)
	diagram := filepath.Join(t.TempDir(), "calm.mmd")
	code, out, log := runs("-script", file(t, s.String()), "-mermaid", diagram)
	if code != 0 || !strings.HasPrefix(out, "script: 1 seeds, 0 violations") || !strings.Contains(log, "nothing goes wrong any more") {
		t.Errorf("exit %d: %s", code, out)
	}
	if _, err := os.Stat(diagram); err != nil {
		t.Error(err)
	}
}

func TestNothingIsWrittenWhereNothingIsTold(t *testing.T) {
	name := filepath.Join(t.TempDir(), "nothing.json")
	code, _, log := runs("-seeds", "1", "-save", name)
	if _, err := os.Stat(name); code != 0 || err == nil || !strings.Contains(log, name+" is not written") {
		t.Errorf("exit %d, %v: %s", code, err, log)
	}
}

func TestScriptThatCannotBePlayedIsToldWhy(t *testing.T) {
	for _, c := range []struct {
		want string
		args []string
	}{
		{"no such file", []string{"-script", filepath.Join(t.TempDir(), "none.json")}},
		{"is no script: ", []string{"-script", file(t, "{")}},
		{`unknown kind "typhoon"`, []string{"-script", file(t, `{"Terms":{"Processes":1,"Kinds":["typhoon"],"Life":60000000000}}`)}},
		{"-seed goes without -script", []string{"-script", failing(t), "-seed", "1"}},
		{"-scenario goes without -script", []string{"-script", failing(t), "-scenario", "storm"}},
		{"write what was told: ", []string{"-script", failing(t), "-save", filepath.Join(t.TempDir(), "none", "x.json")}},
	} {
		if code, _, log := runs(c.args...); code != 2 || !strings.Contains(log, c.want) {
			t.Errorf("%v: exit %d: %s", c.args, code, log)
		}
	}
}
