package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sample is an outcome with everything that a table can show.
func sampleOutcome() outcome {
	return outcome{
		scenario: "failure",
		contest: contest{
			name: "200", title: "200 callers",
			columns: []column{{name: "requests", drawn: true}, {name: "until all know", unit: milliseconds, drawn: true}},
			entrants: []entrant{
				{name: "holdfast", role: ours},
				{name: "x/oauth2", role: library},
				{name: "azcore", role: library, cannot: "it hands out no token"},
			},
		},
		figures: map[string][]series{
			"holdfast": {rounds(1, 1, 1), rounds(20.5, 30, 25)},
			"x/oauth2": {{{value: 250, atLeast: true}, {value: 251, atLeast: true}, {value: 249}}, rounds(5000, 5000, 5000)},
		},
	}
}

func TestATableShowsMedianSpreadAndWhoCannot(t *testing.T) {
	var out bytes.Buffer
	printScenario(&out, scenario{name: "failure", question: "What then?"}, []outcome{sampleOutcome()})
	want := `
failure: What then?

  200 callers
                     requests  until all know, ms
  holdfast                  1        25 (20.5–30)
  x/oauth2  ≥ 250 (249–≥ 251)               5,000
  azcore    cannot: it hands out no token
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestJSONHasAllRounds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rounds.json")
	r := report{settings: settings{json: file}, outcomes: outcomes{sampleOutcome()}}
	if err := r.write(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Contests []struct {
			Entrants []struct {
				Name, Cannot string
				Figures      []struct {
					Name   string
					Median json.RawMessage
					Rounds json.RawMessage
				}
			}
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	all := got.Contests[0].Entrants
	if all[2].Cannot != "it hands out no token" {
		t.Errorf("cannot is %q", all[2].Cannot)
	}
	compact := strings.Join(strings.Fields(string(all[1].Figures[0].Rounds)), "")
	if want := `[{"at_least":250},{"at_least":251},249]`; compact != want {
		t.Errorf("rounds are %s, want %s", compact, want)
	}
	if got := string(all[0].Figures[1].Median); got != "25" {
		t.Errorf("median is %s, want 25", got)
	}
}

func TestPlotsAreWrittenAsSVGAndPNG(t *testing.T) {
	folder := t.TempDir()
	if err := drawAll([]outcome{sampleOutcome()}, folder); err != nil {
		t.Fatal(err)
	}
	for name, begins := range map[string]string{
		"failure-200-requests.png": "\x89PNG", "failure-200-until-all-know.svg": "<?xml",
	} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !strings.HasPrefix(string(text), begins) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMarkdownIsForAReadme(t *testing.T) {
	r := report{
		host:      host{Cores: 2, CPU: "some CPU", Go: "go1.26", OS: "linux", Arch: "amd64"},
		settings:  settings{only: []string{"failure"}, rounds: 3},
		scenarios: []scenario{{name: "failure", question: "What then?"}},
		outcomes:  outcomes{sampleOutcome()},
	}
	var out bytes.Buffer
	r.markdown(&out, page{})
	want := `# How fast it is

Each figure is the median of alternating rounds in one process (lowest–highest), measured on 2 cores of some CPU, go1.26 linux/amd64.
Machines are noisy: take ratios, not figures. Not measured: the network, TLS, and what libraries do before main.

    go run ./bench -scenario failure -rounds 3

### failure: What then?

200 callers:

|  | requests | until all know, ms |
| --- | ---: | ---: |
| holdfast | 1 | 25 (20.5–30) |
| x/oauth2 | ≥ 250 (249–≥ 251) | 5,000 |
| azcore | cannot: it hands out no token |  |

Versions:

`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAPageKeepsWhatWasMeasuredBefore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "performance.md")
	old := `# How fast it is

Measured on another day.

    go run ./bench

### hot: What does a token cost?

the old table

### failure: What then?

what is measured again

### latency: How long?

the last table

Versions:

- x/oauth2: an old one
`
	if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	r := report{
		host:      host{Cores: 2, Go: "go1.26", OS: "linux", Arch: "amd64"},
		settings:  settings{only: []string{"failure"}},
		scenarios: []scenario{{name: "failure", question: "What then?", remark: "Nobody is hurt."}},
		outcomes:  outcomes{sampleOutcome()},
		versions:  map[string]string{"x/oauth2": "a new one"},
	}
	want := `# How fast it is

Measured on another day.

    go run ./bench

### hot: What does a token cost?

the old table

### failure: What then?

Nobody is hurt.

Measured apart from the others, on 2 cores, go1.26 linux/amd64:

    go run ./bench -scenario failure

200 callers:

|  | requests | until all know, ms |
| --- | ---: | ---: |
| holdfast | 1 | 25 (20.5–30) |
| x/oauth2 | ≥ 250 (249–≥ 251) | 5,000 |
| azcore | cannot: it hands out no token |  |

### latency: How long?

the last table

Versions:

- x/oauth2: a new one
`
	for range 2 { // the second time it is read as it was written
		if err := r.writeMarkdown(file); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
			t.Errorf("the page (-want +got):\n%s%v", diff, err)
		}
	}
}
