package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// writeMarkdown writes the tables as they can stand in a README, with how they were made.
func (r *report) writeMarkdown(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	r.markdown(f)
	return f.Close()
}

func (r *report) markdown(out io.Writer) {
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(out, format+"\n", values...) }
	line("# How fast it is\n")
	line("Each figure is the median of alternating rounds in one process (lowest–highest), measured on %s.", r.host)
	line("Machines are noisy: take ratios, not figures. Not measured: the network, TLS, and what libraries do before main.\n")
	line("    %s\n", r.settings.command())
	for _, one := range r.scenarios {
		line("### %s: %s\n", one.name, one.question)
		for _, o := range r.outcomes {
			if o.scenario == one.name {
				line("%s:\n", o.title)
				o.table().markdown(out)
			}
		}
	}
	line("Versions:\n")
	for _, one := range rivals() {
		if text, ok := r.versions[one.name]; ok {
			line("- %s: %s", one.name, text)
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
