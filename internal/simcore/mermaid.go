package simcore

import (
	"fmt"
	"slices"
	"strings"
)

// Mermaid returns the story as a sequence diagram: https://mermaid.js.org/syntax/sequenceDiagram.html
func (t *Story) Mermaid() string {
	all := t.participants()
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	for _, name := range all {
		fmt.Fprintf(&b, "    participant %s as %s\n", participant(name), name)
	}
	for _, l := range t.lines {
		text := plain.Replace(fmt.Sprintf("%v %s", l.at, l.text))
		if l.from != l.to {
			fmt.Fprintf(&b, "    %s->>%s: %s\n", participant(l.from), participant(l.to), text)
			continue
		}
		fmt.Fprintf(&b, "    Note over %s: %s\n", over(l.from, all), text)
	}
	return b.String()
}

// plain takes out of a text what ends it in a diagram.
var plain = strings.NewReplacer(";", ",", "#", "no. ", "\n", " ", "%%", "%")

// participant is how a diagram names somebody.
func participant(name string) string { return strings.ReplaceAll(name, " ", "") }

// participants are those who stand in the diagram, from the callers to the server.
func (t *Story) participants() []string {
	var seats []string
	for slot := range t.world.procs {
		for i := range t.world.kinds {
			seats = append(seats, fmt.Sprintf("%s s%d", procNames[slot], i))
		}
	}
	return slices.Concat([]string{callers}, seats, []string{theStore, theServer})
}

// over is where a note stands: over somebody, or from the first session of a process to
// its last, or over all.
func over(who string, all []string) string {
	if slices.Contains(all, who) {
		return participant(who)
	}
	var of []string
	for _, name := range all {
		if who == everybody || strings.HasPrefix(name, who+" ") {
			of = append(of, participant(name))
		}
	}
	if len(of) == 1 {
		return of[0]
	}
	return of[0] + "," + of[len(of)-1]
}
