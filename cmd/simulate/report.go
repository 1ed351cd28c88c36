package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/internal/simcore"
)

// report is what a scenario has come to; its JSON is the last line that -json prints.
type report struct {
	Scenario       string  `json:"scenario"`
	Seeds          uint64  `json:"seeds"`
	Violations     int     `json:"violations"`
	States         uint64  `json:"states"`      // that were told apart; of scenarios that look at all of them
	Transitions    uint64  `json:"transitions"` // steps of the machine
	VirtualSeconds float64 `json:"virtual_seconds"`
	WallSeconds    float64 `json:"wall_seconds"`
	Renewals       uint64  `json:"renewals"` // tokens that the server has granted
	Events         uint64  `json:"events"`   // turns of the scheduler
	Hash           string  `json:"hash"`     // of all traces

	Shrunk *int `json:"shrunk,omitempty"` // the events of the script that was made small; nil: none was

	found []*simcore.Violation
	notes []string // for people
	told  *history // nil: none was told
}

// of is what a campaign has come to.
func of(s simcore.Summary, wall time.Duration) report {
	return report{
		Seeds:          s.Seeds,
		Violations:     len(s.Violations),
		Transitions:    s.Steps,
		VirtualSeconds: s.Seconds(),
		WallSeconds:    wall.Seconds(),
		Renewals:       s.Renewals,
		Events:         s.Events,
		Hash:           fmt.Sprintf("%016x", s.Hash),
		found:          s.Violations,
	}
}

func (r report) print(o options) {
	for _, v := range r.found {
		if o.script != nil {
			_, _ = fmt.Fprintf(o.log, "%s: %s (at %v)\n", v.Monitor, v.Text, v.At)
			continue
		}
		_, _ = fmt.Fprintf(o.log, "%v\n    again, with all that happens: go run ./cmd/simulate -scenario %s -seed %d\n", v, r.Scenario, v.Seed)
	}
	for _, note := range r.notes {
		_, _ = fmt.Fprintln(o.log, note)
	}
	if !o.json {
		years := r.VirtualSeconds / (365.25 * 24 * 3600)
		_, _ = fmt.Fprintf(o.out, "%s: %d seeds, %d violations, %.1f virtual years in %.1f s, %.0f seeds/s, %d renewals, %d steps, trace %s\n",
			r.Scenario, r.Seeds, r.Violations, years, r.WallSeconds, float64(r.Seeds)/r.WallSeconds, r.Renewals, r.Transitions, r.Hash)
		return
	}
	line, err := json.Marshal(r)
	if err != nil {
		panic("BUG: a report that is no JSON: " + err.Error())
	}
	_, _ = fmt.Fprintf(o.out, "%s\n", line)
}
