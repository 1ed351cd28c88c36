package simcore

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
)

// Story is what happens in a history, for people: who wants what, which leaves go out, are
// served and come back, what is written, what the steps do, the faults that strike, and at
// last the promise that is broken. Steps that do nothing are left out.
type Story struct {
	world   *World
	lines   []scene
	struck  []Strike
	pending []Fault                 // that strike what the next line tells
	states  map[*seat]machine.State // that were told last
}

// scene is something that happens: at one, or from one to another.
type scene struct {
	at       time.Duration
	from, to string
	text     string
}

// Those who are no process.
const (
	everybody = "all"
	callers   = "callers"
	theStore  = "store"
	theServer = "server"
)

func newStory(w *World) *Story { return &Story{world: w, states: map[*seat]machine.State{}} }

// String returns the timeline: when, who or who to whom, and what.
func (t *Story) String() string {
	var b strings.Builder
	for _, l := range t.lines {
		who := l.from
		if l.to != l.from {
			who += " > " + l.to
		}
		fmt.Fprintf(&b, "%-14v %-16s %s\n", l.at, who, l.text)
	}
	return b.String()
}

// add adds a line. The broken promise is the last.
func (t *Story) add(from, to, text string) {
	if t.world.broken != nil {
		return
	}
	for _, f := range t.pending {
		text += ", " + f.String() + " strikes"
	}
	t.pending = t.pending[:0]
	t.lines = append(t.lines, scene{t.world.now, from, to, text})
}

// strikes notes a fault. It is told with what it strikes, which comes next.
func (t *Story) strikes(s Strike) {
	if t == nil {
		return
	}
	t.struck = append(t.struck, s)
	if s.Fault == Leave {
		t.add(callers, callers, "who asks will leave")
		return
	}
	t.pending = append(t.pending, s.Fault)
}

func (p *process) label() string { return procNames[p.slot] }

func (s *seat) label() string { return s.by.label() + " s" + strconv.Itoa(s.index) }

// notes tells what a line of the trace is about, where it is no step.
func (t *Story) notes(what noted, p *process, session int, of []uint64) {
	if t == nil {
		return
	}
	switch what {
	case noteBoot:
		t.add(p.label(), p.label(), "starts")
	case noteCrash:
		t.add(p.label(), p.label(), "crashes")
	case notePause:
		t.add(p.label(), p.label(), "stands still for "+time.Duration(of[0]).String())
	case noteJump:
		t.add(p.label(), p.label(), "has its clock set, ahead by "+time.Duration(of[0]).String())
	case noteBlind:
		t.add(p.label(), p.label(), "loses the watch")
	case noteClosed:
		t.add(p.label(), p.label(), "closes")
	case noteWish:
		t.add(callers, p.seats[session].label(), Request(of[0]).String())
	case noteAnswer:
		t.answered(&p.seats[session], of[1])
	case noteLeft:
		t.add(callers, p.seats[session].label(), "somebody leaves")
	case noteWrite:
		t.add(theStore, theStore, fmt.Sprintf("s%d has revision %d: %s", session, of[0], tracedRecord(*t.world.store.shelves[session].newest())))
	case noteReuse:
		t.add(theServer, theServer, fmt.Sprintf("r%d comes again", of[0]))
	case noteCalm:
		t.add(everybody, everybody, "nothing goes wrong any more")
	case noteStep, noteEffect, noteServed:
	}
}

func (t *Story) answered(s *seat, token uint64) {
	switch {
	case s.last != nil:
		t.add(s.label(), callers, s.last.Error())
	case token != 0:
		t.add(s.label(), callers, "a"+strconv.FormatUint(token, 10))
	default:
		t.add(s.label(), callers, "done")
	}
}

// steps tells a step that does something, but for its leaves, which tell of themselves.
func (t *Story) steps(s *seat, v *machine.View, ev machine.Event, effects []machine.Effect) {
	if t == nil {
		return
	}
	var does []string
	if was := t.states[s]; was != v.State {
		t.states[s] = v.State
		does = append(does, was.String()+" -> "+v.State.String())
	}
	for _, e := range effects {
		switch e := e.(type) {
		case machine.Publish, machine.Withdraw, machine.Answer, machine.Emit:
			does = append(does, traced(e))
		}
	}
	if len(does) > 0 {
		t.add(s.label(), s.label(), fmt.Sprintf("%s: %s", traced(ev), strings.Join(does, ", ")))
	}
}

// side is who serves a leaf.
func (l *leaf) side() string {
	if l.remote() {
		return theServer
	}
	return theStore
}

// goes tells of a leaf that goes out.
func (t *Story) goes(l *leaf) {
	if t != nil && !l.by.dead {
		t.add(l.seat.label(), l.side(), traced(l.job.Effect))
	}
}

// served tells of a leaf that is done. A write that has landed was told of.
func (t *Story) served(l *leaf) {
	if t == nil {
		return
	}
	if _, landed := l.outcome.(machine.Written); !landed {
		t.add(l.side(), l.side(), fmt.Sprintf("leaf %d of %s: %s", l.job.Leaf.Number, l.seat.label(), traced(l.outcome)))
	}
}

// comes tells of a leaf that has come back, or is given up.
func (t *Story) comes(l *leaf) {
	switch {
	case t == nil:
	case l.instead != nil:
		t.add(l.seat.label(), l.seat.label(), fmt.Sprintf("leaf %d: %s", l.job.Leaf.Number, traced(l.outcome)))
	default:
		t.add(l.side(), l.seat.label(), fmt.Sprintf("leaf %d: %s", l.job.Leaf.Number, bare(l.outcome)))
	}
}

// breaks tells of the broken promise.
func (t *Story) breaks(monitor, text string) {
	if t != nil {
		t.add(everybody, everybody, "BROKEN: "+monitor+": "+text)
	}
}
