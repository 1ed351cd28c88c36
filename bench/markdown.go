package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// writeMarkdown writes the tables as they can stand in a README, with how they were made.
// Where only some scenarios were chosen, the file keeps what it has of the others.
func (r *report) writeMarkdown(file string) error {
	var old page
	if len(r.settings.only) > 0 {
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		old = pageOf(string(text))
	}
	var out bytes.Buffer
	r.markdown(&out, old)
	return os.WriteFile(file, out.Bytes(), 0o644)
}

// page is what a file of tables has: what is above the first scenario, and the scenarios by
// their names.
type page struct {
	head      string
	scenarios map[string]string
}

const (
	headOfScenario = "### "
	headOfVersions = "Versions:\n"
)

// pageOf reads what markdown has written.
func pageOf(text string) page {
	text, _, _ = strings.Cut(text, headOfVersions)
	parts := strings.Split(text, "\n"+headOfScenario)
	p := page{head: parts[0], scenarios: map[string]string{}}
	for _, part := range parts[1:] {
		name, _, _ := strings.Cut(part, ":")
		p.scenarios[name] = headOfScenario + strings.TrimRight(part, "\n") + "\n\n"
	}
	return p
}

func (r *report) markdown(out io.Writer, old page) {
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(out, format+"\n", values...) }
	apart := "" // how the scenarios of this run were made, where the head does not say it
	if old.head == "" {
		r.head(out)
	} else {
		line("%s", old.head)
		apart = fmt.Sprintf("Measured apart from the others, on %s:\n\n    %s\n\n", r.host, r.settings.command())
	}
	for _, name := range scenarioNames() {
		at := slices.IndexFunc(r.scenarios, func(s scenario) bool { return s.name == name })
		if at < 0 {
			_, _ = io.WriteString(out, old.scenarios[name])
			continue
		}
		one := r.scenarios[at]
		line(headOfScenario+"%s: %s\n", one.name, one.question)
		if one.remark != "" {
			line("%s\n", one.remark)
		}
		_, _ = io.WriteString(out, apart)
		r.tables(out, one)
	}
	line(headOfVersions)
	for _, one := range measuredModules() {
		if text, ok := r.versions[one.name]; ok {
			line("- %s: %s", one.name, text)
		}
	}
}

func (r *report) head(out io.Writer) {
	_, _ = fmt.Fprintf(out, `# How fast it is

Each figure is the median of alternating rounds in one process (lowest–highest), measured on %s.
Machines are noisy: take ratios, not figures. Not measured: the network, TLS, and what libraries do before main.

    %s

`, r.host, r.settings.command())
}

func (r *report) tables(out io.Writer, one scenario) {
	for _, o := range r.outcomes {
		if o.scenario == one.name {
			_, _ = fmt.Fprintf(out, "%s:\n\n", o.title)
			o.table().markdown(out)
		}
	}
}

// markdown writes a table, the figures to the right.
func (t table) markdown(out io.Writer) {
	for i, row := range t {
		cells := append([]string{}, row...)
		for len(cells) < len(t[0]) {
			cells = append(cells, "")
		}
		_, _ = fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			_, _ = fmt.Fprintf(out, "| --- |%s\n", strings.Repeat(" ---: |", len(t[0])-1))
		}
	}
	_, _ = fmt.Fprintln(out)
}

// String names the host for people.
func (h host) String() string {
	cpu := h.CPU
	if cpu != "" {
		cpu = " of " + cpu
	}
	return fmt.Sprintf("%s%s, %s %s/%s", plural(h.Cores, "core"), cpu, h.Go, h.OS, h.Arch)
}

// command is how to run the same again.
func (s settings) command() string {
	words := []string{"go run ./bench"}
	if s.quick {
		words = append(words, "-quick")
	}
	if len(s.only) > 0 {
		words = append(words, "-scenario "+strings.Join(s.only, ","))
	}
	if s.rounds > 0 {
		words = append(words, fmt.Sprintf("-rounds %d", s.rounds))
	}
	return strings.Join(words, " ")
}
