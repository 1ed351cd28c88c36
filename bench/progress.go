package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress says what is being measured: on a terminal in one line that is written over again and
// again, elsewhere in a line for each contest.
type progress struct {
	out      io.Writer
	terminal bool
	began    time.Time
	last     string
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, began: time.Now()}
	if f, ok := out.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// tell says what comes next.
func (p *progress) tell(scenario, contest string, round, rounds int, entrant string) {
	what := fmt.Sprintf("%s: %s", scenario, contest)
	if p.terminal {
		_, _ = fmt.Fprintf(p.out, "\r\x1b[K%s, round %d of %d, %s", what, round+1, rounds, entrant)
		return
	}
	if what != p.last {
		_, _ = fmt.Fprintf(p.out, "%5.0fs  %s\n", time.Since(p.began).Seconds(), what)
		p.last = what
	}
}

// clear makes room for a table.
func (p *progress) clear() {
	if p.terminal {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K")
	}
}
