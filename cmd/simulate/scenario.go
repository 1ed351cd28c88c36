package main

import (
	"fmt"
	"io"
	"strings"
)

// scenario is something that can be played.
type scenario struct {
	name, about string
	play        func(options) report
}

// scenarios are all there are, in the order in which list tells them. To add one, write
// a file that has it, and a line here.
var scenarios = []scenario{calm, storm, month, processes, kinds, exhaust}

func list(out io.Writer) {
	for _, s := range scenarios {
		_, _ = fmt.Fprintf(out, "%-10s %s\n", s.name, s.about)
	}
}

func named(name string) (scenario, error) {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		if s.name == name {
			return s, nil
		}
		names[i] = s.name
	}
	return scenario{}, fmt.Errorf("unknown scenario %q; there are: list, %s", name, strings.Join(names, ", "))
}
