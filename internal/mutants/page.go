package main

import (
	"fmt"
	"strings"
)

const pageHead = `# Planted bugs

Who finds a bug that is planted in the library. ` + "`make mutants`" + ` plants each of the folder ` + "`internal/mutants/planted`" + `, one after
another, and asks four judges; the package comment there says how. This page was written by
` + "`go run ./internal/mutants -markdown docs/mutants.md`" + `.

- **simulator**: seeds of the plans storm, processes and kinds in turn; which one found it, after how many.
- **enumerator**: small worlds, every state; in which one it was found, after how many states.
- **promise**: the history of the randomized promise test of the machine that found it.
- **story**: how many of the other tests of the machine, the record and the shell fail, and the first of them.

Events are those of the shortest history that shows it. Seconds are those that the judge had of one core; a judge stops at its first find.
`

// page is the reports as a page of the documentation.
func page(reports []report) string {
	var b strings.Builder
	caught := 0
	b.WriteString(pageHead)
	b.WriteString("\n| mutant | simulator | enumerator | promise | story |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range reports {
		_, _ = fmt.Fprintf(&b, "| %s |", r.Mutant)
		for _, name := range judgeNames {
			_, _ = fmt.Fprintf(&b, " %s |", strings.ReplaceAll(r.of(name).text(), "|", `\|`))
		}
		b.WriteString("\n")
		if r.Caught {
			caught++
		}
	}
	_, _ = fmt.Fprintf(&b, "\n%d mutants, %d caught. %s\n\n## What each of them breaks\n\n", len(reports), caught, worst(reports))
	for _, r := range reports {
		_, _ = fmt.Fprintf(&b, "- **%s** (%s): %s.", r.Mutant, r.Layer, r.Promise)
		if r.OnlyStory != "" {
			_, _ = fmt.Fprintf(&b, " Only a story sees it: %s", r.OnlyStory)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// worst says how far the simulator and the enumerator, whoever of them does better, are from
// finding all, at once, in a short history.
func worst(reports []report) string {
	found, seconds, events := 0, 0.0, 0
	for _, r := range reports {
		s, e := r.of(simulator), r.of(enumerator)
		switch {
		case !s.Caught && !e.Caught:
			continue
		case !s.Caught:
			s = e
		case !e.Caught:
			e = s
		}
		found++
		seconds, events = max(seconds, min(s.Seconds, e.Seconds)), max(events, min(s.Events, e.Events))
	}
	return fmt.Sprintf("The simulator or the enumerator finds %d of them, after %.1f s at most, in histories of %d events at most, whoever does better.",
		found, seconds, events)
}
