package sessions_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const pageIntro = `# Coming from Box, Spatium or Caspio

<!-- Written by go test ./sessions -run TestComingFrom -update. Change the rows, not this page. -->

What the kinds of session do, beside what those systems do that they come from. Each row of the
tables is a test that plays the case against a scripted server, in virtual time, and checks what the
third column says, down to the fields of the forms in their order. Where the last column is empty we do what
they expect. The line by line parts are taken from code that compiles and runs.
`

// wholePage prints the table.
func wholePage(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(pageIntro)
	for _, s := range systems {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.name, s.intro)
		if s.moves != "" {
			writeMoves(&b, movesOf(t, s.moves))
		}
		for _, c := range s.classes {
			writeClass(&b, c)
		}
	}
	return b.String()
}

func writeClass(b *strings.Builder, c class) {
	fmt.Fprintf(b, "\n### %s\n\n", c.name)
	if c.intro != "" {
		fmt.Fprintf(b, "%s\n\n", c.intro)
	}
	b.WriteString("| their case | what they expect | what we do | where it differs, and why |\n| --- | --- | --- | --- |\n")
	for _, r := range c.replays {
		theirs := strings.ReplaceAll(r.theirs, " / ", "<br>")
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", theirs, r.expect, r.ours, r.differs)
	}
}

// move is a line, or a few, that one had, and what one writes now.
type move struct{ had, write []string }

// A move begins with a comment that quotes what one had, and ends with the paragraph
// or with the check of its error.
const (
	hadPrefix  = "// had: "
	errorCheck = "if err != nil {"
)

// movesOf reads the moves out of a Go file.
func movesOf(t *testing.T, file string) []move {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var moves []move
	for _, paragraph := range strings.Split(string(text), "\n\n") {
		if m := moveIn(paragraph); m.had != nil {
			if m.write == nil {
				t.Fatalf("%s: nothing is written instead of %q", file, m.had)
			}
			moves = append(moves, m)
		}
	}
	return moves
}

func moveIn(paragraph string) move {
	var m move
	for line := range strings.Lines(paragraph) {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\t"), "\n")
		had, ok := strings.CutPrefix(line, hadPrefix)
		switch {
		case ok:
			m.had = append(m.had, had)
		case line == errorCheck:
			return m
		case m.had != nil:
			m.write = append(m.write, line)
		}
	}
	return m
}

func writeMoves(b *strings.Builder, moves []move) {
	b.WriteString("\n### Line by line\n\nA comment is what you had, below it is what you write.\n\n```go\n")
	for i, m := range moves {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "// %s\n%s\n", strings.Join(m.had, "\n// "), strings.Join(m.write, "\n"))
	}
	b.WriteString("```\n")
}
