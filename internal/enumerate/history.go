package enumerate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-go/holdfast/internal/machine"
)

// History is how a state was reached, a line a move.
type History struct {
	end   int32
	Lines []string
}

// String is the timeline.
func (h History) String() string { return strings.Join(h.Lines, "\n") }

// Moves counts what happens but for the passing of time.
func (h History) Moves() int { return len(h.Lines) }

// tell writes the histories of what was found.
func (k *walk) tell() {
	for _, list := range [][]Finding{k.sum.Violations, k.sum.Admitted} {
		for i := range list {
			list[i].History.Lines = k.lines(list[i].History.end)
		}
	}
}

// lines goes the way to a state once more, and listens.
func (k *walk) lines(end int32) []string {
	var way []uint16
	for i := end; i != 0; i = k.nodes[i].parent {
		way = append(way, k.nodes[i].move)
	}
	slices.Reverse(way)
	s := k.world.begin()
	var lines []string
	for _, at := range way {
		m := s.moves(nil)[at]
		t := &teller{}
		t.move(s, m)
		n := s.next(&scratch{})
		n.story = t
		n.do(m)
		lines = append(lines, t.line(n))
		s = n
	}
	return lines
}

// teller listens to one move.
type teller struct {
	who  string
	what string
	then []string
}

func (t *teller) line(s *state) string {
	text := fmt.Sprintf("%s %-2s %s", epoch.Add(s.now).Format("15:04:05"), t.who, t.what)
	if len(t.then) > 0 {
		text += ": " + strings.Join(t.then, "; ")
	}
	if s.broken != "" {
		text += "\n            BROKEN: " + s.broken + ": " + s.why
	}
	return text
}

// move says what is about to happen.
func (t *teller) move(s *state, m move) {
	t.who = processNames[m.proc]
	switch m.kind {
	case passTime, storeFalls, storeRises:
		t.who = ""
	}
	t.what = m.kind.words(s, m)
}

// words says what a move is.
func (kind moveKind) words(s *state, m move) string {
	switch kind {
	case passTime:
		return "time passes"
	case tick:
		return "a timer fires"
	case hear:
		return fmt.Sprintf("the watch tells of revision %d", s.store.rev)
	case askGet:
		return "a caller wants a token"
	case askReject:
		return "a caller rejects " + s.procs[m.proc].snapshot.Token.Access.Reveal()
	case askRevoke:
		return "a caller revokes"
	case askLogin:
		return "somebody has logged in"
	case resume:
		return "goes on"
	case storeRises:
		return "the store answers again"
	case storeFalls:
		return "the store goes down"
	case crash:
		return "crashes, and starts again"
	case pause:
		return "stands still"
	case serve, deliver, beLate, beUnheard, fail, twice, readBehind:
	}
	f := &s.procs[m.proc].flights[m.at]
	return f.words() + " " + kind.ofLeaf(f)
}

// ofLeaf says what happens to a leaf.
func (kind moveKind) ofLeaf(f *flight) string {
	switch kind {
	case serve:
		return "arrives"
	case deliver:
		return "is answered (" + outcomeWords(f.outcome) + ")"
	case beLate:
		return "hangs"
	case beUnheard:
		return "is cut off"
	case fail:
		return "is refused"
	case twice:
		return "is answered (" + outcomeWords(f.outcome) + "), and will be again"
	case readBehind:
		return "is served by a replica that lags behind"
	case passTime, tick, hear, askGet, askReject, askRevoke, askLogin, resume, storeRises, storeFalls, crash, pause:
	}
	panic("BUG: not of a leaf")
}

func (f *flight) words() string {
	return fmt.Sprintf("leaf %d, %s,", f.leaf.Number, effectWords(f.effect))
}

func outcomeWords(o machine.Outcome) string {
	switch o := o.(type) {
	case machine.Found:
		return fmt.Sprintf("revision %d", o.Rev)
	case machine.Written:
		return fmt.Sprintf("written as %d", o.Rev)
	case machine.Minted:
		return o.Token.Access.Reveal()
	case machine.NotFound:
		return "nothing there"
	case machine.Conflict:
		return "conflict"
	case machine.Unwritten, machine.Unread:
		return "the store is down"
	case machine.Ended:
		return "ended"
	case machine.Failed:
		return o.Failure.Error()
	case machine.Granted, machine.Foreign, machine.TimedOut:
	}
	return fmt.Sprintf("%T", o)
}

func effectWords(e machine.Effect) string {
	switch e := e.(type) {
	case machine.Queue:
		return "a slot"
	case machine.Load:
		return "load"
	case machine.Claim:
		return "claim"
	case machine.Mint:
		return strings.TrimSpace("mint " + e.Refresh.Reveal())
	case machine.Save:
		return saveWords(e)
	case machine.RevokeToken:
		return "revoke " + e.Token.Reveal()
	case machine.Publish:
		return "publishes " + e.Token.Access.Reveal()
	case machine.Withdraw:
		return "withdraws"
	case machine.Answer:
		return answerWords(e)
	case machine.Emit:
		return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", e.Event), "messages."))
	case machine.Exchange:
	}
	return fmt.Sprintf("%T", e)
}

func saveWords(e machine.Save) string {
	r := e.Record
	if r.Status.Tombstone() {
		return "save a tombstone"
	}
	return strings.TrimSpace(fmt.Sprintf("save %s as %d.%d", r.Token.Access.Reveal(), r.Grant, r.Generation))
}

func answerWords(e machine.Answer) string {
	switch {
	case e.Reply.Err != nil:
		return fmt.Sprintf("caller %d is told: %v", e.Caller, e.Reply.Err)
	case e.Reply.Token.IsZero():
		return fmt.Sprintf("caller %d is told that it is done", e.Caller)
	}
	return fmt.Sprintf("caller %d gets %s", e.Caller, e.Reply.Token.Access.Reveal())
}

func (t *teller) effect(_ *state, e machine.Effect) { t.then = append(t.then, effectWords(e)) }
