package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
)

// headline is a figure that is in the summary.
type headline struct {
	what     string
	scenario string
	contests []string // of several, the one that is there
	column   string
	highest  bool // the highest is the best, not the lowest

	// who is the entrant that is ours, and limit the one that bounds it; empty: holdfast, and
	// whoever is in the role.
	who, limit string
}

func (h headline) ours() string { return cmp.Or(h.who, us) }

var headlines = []headline{
	{what: "a valid token, 1,000 goroutines", scenario: "hot", contests: []string{"1000"}, column: "time"},
	{what: "the same by its key among 100,000 sessions", scenario: "hot", contests: []string{"keys"}, column: "time"},
	{what: "a token put on a request", scenario: "request", contests: []string{"header 1"}, column: "time"},
	{what: "100,000 callers on an expired token, all served after", scenario: "herd", contests: []string{"100000", "10000"}, column: "until the last has it"},
	{what: "10,000 callers while the endpoint fails: requests", scenario: "failure", contests: []string{"10000"}, column: "requests"},
	{what: "the same: until all know", scenario: "failure", contests: []string{"10000"}, column: "until all know"},
	{what: "an outage while the token is still valid: errors", scenario: "outage", contests: []string{"outage"}, column: "errors"},
	{what: "100,000 sessions expire together: in flight at once", scenario: "storm", contests: []string{"storm"}, column: "most in flight"},
	{what: "the same: the longest wait over the ideal", scenario: "storm", contests: []string{"storm"}, column: "longest wait over the ideal"},
	{what: "renewals over loopback", scenario: "renewals", contests: []string{"loopback"}, column: "renewals", highest: true},
	{what: "a session with a token, without token and store", scenario: "memory", contests: []string{"resident"}, column: "the rest"},
	{what: "a session asleep, without the store", scenario: "memory", contests: []string{"asleep"}, column: "the rest"},
	{what: "a Swap of a record in PostgreSQL, 1 caller", scenario: "stores", contests: []string{"1"}, column: "Swap", who: postgresShelf().name, limit: postgresShelf().hand},
	{what: "the same until another process's hot path has it, p99", scenario: "stores", contests: []string{"notice"}, column: "p99", who: postgresShelf().name, limit: postgresShelf().tells},
}

// The summary stands between these lines of a file.
const (
	summaryBegins = "<!-- The figures below are written by: go run ./bench -summary README.md -->\n"
	summaryEnds   = "<!-- The figures end here. -->\n"
)

// writeSummary puts the summary into a file that has a place for it. What is there of
// headlines that were not measured stays.
func (r *report) writeSummary(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), summaryBegins)
	old, after, ends := strings.Cut(rest, summaryEnds)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for a summary", file)
	}
	var middle strings.Builder
	r.summary(&middle, rowsOf(old))
	return os.WriteFile(file, []byte(before+summaryBegins+middle.String()+summaryEnds+after), 0o644)
}

// rowsOf are the rows of a table by their first cells.
func rowsOf(markdown string) map[string][]string {
	rows := map[string][]string{}
	for line := range strings.Lines(markdown) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		rows[cells[0]] = cells
	}
	return rows
}

// summary writes a line for each headline that was measured, or that old has.
func (r *report) summary(out io.Writer, old map[string][]string) {
	t := table{{"", us, "x/oauth2", "the best other", "the limit"}}
	for _, h := range headlines {
		if o, ok := r.outcomes.find(h.scenario, h.contests...); ok {
			t = append(t, []string{h.what, o.cell(h.ours(), h.column), o.cell("x/oauth2", h.column), o.best(h), o.limitOf(h)})
		} else if row, ok := old[h.what]; ok {
			t = append(t, row)
		}
	}
	_, _ = fmt.Fprintln(out)
	t.markdown(out)
	_, _ = fmt.Fprintf(out, "Medians of alternating rounds in one process (lowest–highest), %v.\n\n", r.host)
}

// cell is a figure with its unit; empty: there is none.
func (o outcome) cell(who, column string) string {
	s, ok := o.figure(who, column)
	if !ok {
		return ""
	}
	for _, c := range o.columns {
		if c.name == column && c.unit != count {
			return s.String() + " " + string(c.unit)
		}
	}
	return s.String()
}

// best is the figure of the rival who does best, but for x/oauth2, and his name.
func (o outcome) best(h headline) string {
	var name string
	var best series
	for _, e := range o.entrants {
		s, ok := o.figure(e.name, h.column)
		if !ok || !isRival(e) || e.name == "x/oauth2" {
			continue
		}
		if best == nil || (s.median().value > best.median().value) == h.highest {
			name, best = e.name, s
		}
	}
	if name == "" {
		return ""
	}
	return name + ": " + o.cell(name, h.column)
}

// limitOf is the figure of what bounds ours, and its name.
func (o outcome) limitOf(h headline) string {
	for _, e := range o.entrants {
		if _, ok := o.figure(e.name, h.column); ok && e.role == limit && (h.limit == "" || h.limit == e.name) {
			return e.name + ": " + o.cell(e.name, h.column)
		}
	}
	return ""
}
