package simulate

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// trace is what has happened in a run, a line for each.
type trace struct {
	out io.Writer // nil: nobody reads along

	mu    sync.Mutex // guards the fields below
	lines []line
	from  int // the line at which something was wrong first; zero: nothing was
}

// line is something that has happened.
type line struct {
	at        time.Duration
	who, what string
}

func (l line) String() string { return fmt.Sprintf("%14s  %-20s %s", moment(l.at), l.who, l.what) }

// moment writes how long a run has lasted, to the millisecond.
func moment(at time.Duration) string {
	h, rest := at/time.Hour, at%time.Hour
	return fmt.Sprintf("%d:%02d:%06.3f", h, rest/time.Minute, (rest % time.Minute).Truncate(time.Millisecond).Seconds())
}

func (t *trace) add(l line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, l)
	if t.out != nil {
		_, _ = fmt.Fprintln(t.out, l)
	}
}

// marks says that something was wrong here.
func (t *trace) marks() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.from == 0 {
		t.from = len(t.lines)
	}
}

// hash is one for what happened, to the nanosecond.
func (t *trace) hash() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := fnv.New64a()
	var at [8]byte
	for _, l := range t.lines {
		binary.LittleEndian.PutUint64(at[:], uint64(l.at))
		_, _ = h.Write(at[:])
		_, _ = io.WriteString(h, l.who+"\x00"+l.what+"\x00")
	}
	return h.Sum64()
}

// around are the lines before the one at which something was wrong.
func (t *trace) around(most int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := t.from
	if end == 0 {
		end = len(t.lines)
	}
	return text(t.lines[max(0, end-most):end])
}

func text(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintln(&b, l)
	}
	return b.String()
}

// exact is text with moments to the nanosecond, in which two runs may differ.
func exact(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%14s  %-20s %s\n", l.at, l.who, l.what)
	}
	return b.String()
}

// difference tells where two runs go apart; empty: nowhere.
func (t *trace) difference(other *trace) string {
	if slices.Equal(t.lines, other.lines) {
		return ""
	}
	n := 0
	for n < len(t.lines) && n < len(other.lines) && t.lines[n] == other.lines[n] {
		n++
	}
	const before, after = 8, 3
	from := max(0, n-before)
	return fmt.Sprintf("both:\n%sthe first time:\n%sthe second time:\n%s", text(t.lines[from:n]),
		exact(t.lines[n:min(len(t.lines), n+after)]), exact(other.lines[n:min(len(other.lines), n+after)]))
}

// tokenName is how the trace names a token: by its number, in the order in which they appear.
func (s *Sim) tokenName(access messages.Secret) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	number, known := s.tokens[access.Reveal()]
	if !known {
		number = len(s.tokens) + 1
		s.tokens[access.Reveal()] = number
	}
	return fmt.Sprintf("token %d", number)
}
