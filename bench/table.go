package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// printScenario writes the tables of a scenario.
func printScenario(out io.Writer, one scenario, all []outcome) {
	_, _ = fmt.Fprintf(out, "\n%s: %s\n", one.name, one.question)
	for _, o := range all {
		_, _ = fmt.Fprintf(out, "\n  %s\n", o.title)
		printTable(out, o.table(), "  ", 1)
	}
}

// table is rows of cells. The first row is the heads. A "cannot" goes across.
type table [][]string

// table writes an outcome: a row for each entrant, and those who cannot with their reason.
func (o outcome) table() table {
	heads := []string{""}
	for _, c := range o.columns {
		heads = append(heads, c.head())
	}
	t := table{heads}
	for _, e := range o.entrants {
		if e.cannot != "" {
			t = append(t, []string{e.name, "cannot: " + e.cannot})
			continue
		}
		row := []string{e.name}
		for _, s := range o.figures[e.name] {
			row = append(row, s.String())
		}
		t = append(t, row)
	}
	return t
}

func (c column) head() string {
	if c.unit == count {
		return c.name
	}
	return c.name + ", " + string(c.unit)
}

// String writes the median, and the spread if there is any.
func (s series) String() string {
	low, high := s.spread()
	if low.String() == high.String() {
		return low.String()
	}
	return fmt.Sprintf("%v (%v–%v)", s.median(), low, high)
}

// printTable writes a table: some columns to the left, the others to the right.
func printTable(out io.Writer, t table, indent string, left int) {
	widths := t.widths()
	for _, row := range t {
		var line strings.Builder
		for i, cell := range row {
			if i < left {
				cell = pad(cell, -widths[i])
			} else if !isCannot(cell) {
				cell = pad(cell, widths[i])
			}
			line.WriteString(cell + "  ")
		}
		_, _ = fmt.Fprintln(out, indent+strings.TrimRight(line.String(), " "))
	}
}

func isCannot(cell string) bool { return strings.HasPrefix(cell, "cannot: ") }

// widths leaves out what goes across.
func (t table) widths() []int {
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			if !isCannot(cell) {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	return widths
}

// pad fills a cell with spaces in front, or with a negative width behind.
func pad(cell string, width int) string {
	if width < 0 {
		return cell + strings.Repeat(" ", max(0, -width-utf8.RuneCountInString(cell)))
	}
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(cell))) + cell
}
