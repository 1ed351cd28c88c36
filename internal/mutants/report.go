package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// report is what the judges have said of a mutant.
type report struct {
	Mutant    string    `json:"mutant"`
	Promise   string    `json:"promise"`
	Layer     string    `json:"layer"`
	OnlyStory string    `json:"only_story,omitempty"`
	Verdicts  []verdict `json:"verdicts"`
	Caught    bool      `json:"caught"`           // by one of them at least
	Missed    []string  `json:"missed,omitempty"` // those who must find it and have not
	Error     string    `json:"error,omitempty"`  // why it could not be judged
}

func reportOf(m *mutant) report {
	return report{Mutant: m.name, Promise: m.promise, Layer: m.layer, OnlyStory: m.onlyStory}
}

// judge says who of those who were asked has missed what he must find.
func (r *report) judge(m *mutant, asked []string) {
	for _, v := range r.Verdicts {
		r.Caught = r.Caught || v.Caught
	}
	for _, name := range m.foundBy {
		if slices.Contains(asked, name) && !r.of(name).Caught {
			r.Missed = append(r.Missed, name)
		}
	}
	if !r.Caught {
		r.Missed = append(r.Missed, "all")
	}
}

// of returns the verdict of a judge; the zero verdict: he was not asked.
func (r *report) of(judge string) verdict {
	for _, v := range r.Verdicts {
		if v.Judge == judge {
			return v
		}
	}
	return verdict{}
}

// text is a verdict in a few words.
func (v verdict) text() string {
	switch {
	case v.Judge == "":
		return ""
	case !v.Caught:
		return "–"
	}
	parts := []string{v.What}
	switch v.Judge {
	case simulator:
		parts = append(parts, v.Where, fmt.Sprintf("%d seeds", v.Tried))
	case enumerator:
		parts = append(parts, v.Where, fmt.Sprintf("%d states", v.Tried))
	case promise:
		parts = append(parts, v.Where)
	case story:
		parts = []string{fmt.Sprintf("%d, %s", v.Tried, v.What)}
	}
	if v.Events > 0 {
		parts = append(parts, fmt.Sprintf("%d events", v.Events))
	}
	if v.Faults > 0 {
		parts = append(parts, fmt.Sprintf("%d faults", v.Faults))
	}
	return strings.Join(append(parts, fmt.Sprintf("%.1f s", v.Seconds)), ", ")
}

// table prints the reports for people.
func table(out io.Writer, reports []report) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "mutant\tlayer\tsimulator\tenumerator\tpromise\tstory")
	for _, r := range reports {
		_, _ = fmt.Fprintf(t, "%s\t%s", r.Mutant, r.Layer)
		for _, name := range judgeNames {
			_, _ = fmt.Fprintf(t, "\t%s", r.of(name).text())
		}
		_, _ = fmt.Fprintln(t)
	}
	_ = t.Flush()
	for _, r := range reports {
		switch {
		case r.Error != "":
			_, _ = fmt.Fprintf(out, "%s: %s\n", r.Mutant, r.Error)
		case len(r.Missed) > 0:
			_, _ = fmt.Fprintf(out, "%s: missed by %s\n", r.Mutant, strings.Join(r.Missed, ", "))
		}
	}
}
