package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// report is a run and what came of it.
type report struct {
	began     time.Time
	took      time.Duration
	host      host
	versions  map[string]string
	settings  settings
	scenarios []scenario
	outcomes  outcomes
}

func (r *report) add(s scenario, all []outcome) {
	r.scenarios = append(r.scenarios, s)
	r.outcomes = append(r.outcomes, all...)
}

// introduce says on what and beside whom is being measured.
func (r *report) introduce(out io.Writer) {
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(out, format+"\n", values...) }
	line("%v", r.host)
	for _, one := range measuredModules() {
		if text, ok := r.versions[one.name]; ok {
			line("  %-14s %s", one.name, text)
		}
	}
	line("Each figure is the median of its rounds (lowest–highest).")
}

// write writes the files that were asked for.
func (r *report) write() error {
	var errs []error
	if r.settings.json != "" {
		errs = append(errs, r.writeJSON(r.settings.json))
	}
	if r.settings.markdown != "" {
		errs = append(errs, r.writeMarkdown(r.settings.markdown))
	}
	if r.settings.summary != "" {
		errs = append(errs, r.writeSummary(r.settings.summary))
	}
	if r.settings.plot != "" {
		errs = append(errs, drawAll(r.outcomes, r.settings.plot))
	}
	return errors.Join(errs...)
}

// The JSON that is written. A figure that an entrant does not have is missing.
type (
	jsonReport struct {
		Began    time.Time         `json:"began"`
		Seconds  float64           `json:"seconds"`
		Quick    bool              `json:"quick"`
		Host     host              `json:"host"`
		Versions map[string]string `json:"versions"`
		Contests []jsonContest     `json:"contests"`
		Goals    []jsonVerdict     `json:"goals"`
	}
	jsonContest struct {
		Scenario string        `json:"scenario"`
		Name     string        `json:"contest"`
		Title    string        `json:"title"`
		Entrants []jsonEntrant `json:"entrants"`
	}
	jsonEntrant struct {
		Name    string       `json:"name"`
		Role    role         `json:"role"`
		Cannot  string       `json:"cannot,omitempty"`
		Figures []jsonFigure `json:"figures,omitempty"`
	}
	jsonFigure struct {
		Name   string  `json:"name"`
		Unit   unit    `json:"unit,omitempty"`
		Median reading `json:"median"`
		Low    reading `json:"low"`
		High   reading `json:"high"`
		Rounds series  `json:"rounds"` // all, in their order
	}
	jsonVerdict struct {
		Scenario string   `json:"scenario"`
		Goal     string   `json:"goal"`
		Bound    string   `json:"to_reach"`
		Reached  *float64 `json:"reached"` // null: not measured
		Missed   bool     `json:"missed"`
	}
)

func (r *report) writeJSON(file string) error {
	text, err := json.MarshalIndent(r.forPrograms(), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

func (r *report) forPrograms() jsonReport {
	j := jsonReport{
		Began:    r.began,
		Seconds:  r.took.Seconds(),
		Quick:    r.settings.quick,
		Host:     r.host,
		Versions: r.versions,
	}
	for _, o := range r.outcomes {
		j.Contests = append(j.Contests, o.forPrograms())
	}
	for _, v := range r.outcomes.verdicts() {
		j.Goals = append(j.Goals, v.forPrograms())
	}
	return j
}

func (o outcome) forPrograms() jsonContest {
	c := jsonContest{Scenario: o.scenario, Name: o.name, Title: o.title}
	for _, e := range o.entrants {
		one := jsonEntrant{Name: e.name, Role: e.role, Cannot: e.cannot}
		for i, s := range o.figures[e.name] {
			low, high := s.spread()
			one.Figures = append(one.Figures, jsonFigure{
				Name: o.columns[i].name, Unit: o.columns[i].unit,
				Median: s.median(), Low: low, High: high, Rounds: s,
			})
		}
		c.Entrants = append(c.Entrants, one)
	}
	return c
}
