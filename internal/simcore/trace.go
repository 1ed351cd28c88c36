package simcore

import (
	"math/bits"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// noted is what a line of the trace is about.
type noted uint64

const (
	noteBoot noted = iota + 1
	noteCrash
	notePause
	noteJump
	noteBlind
	noteServed
	noteWrite
	noteStep
	noteEffect
	noteWish
	noteAnswer
	noteLeft
	noteReuse
	noteCalm
	noteClosed
)

// note adds a line to the trace: to its hash always, to the story if somebody reads it. No
// pointer, name of an actor or other thing that differs between two plays may be in it.
func (w *World) note(what noted, p *process, session int, of ...uint64) {
	slot := ^uint64(0)
	if p != nil {
		slot = uint64(p.slot)
	}
	h := stir(stir(stir(stir(w.hash, uint64(what)), uint64(w.now)), slot), uint64(session))
	for _, x := range of {
		h = stir(h, x)
	}
	w.hash = h
	w.story.notes(what, p, session, of)
}

// stir adds x to a hash. For each x it maps different hashes to different ones, so two
// traces that have differed once go on differing.
func stir(h, x uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15
	return bits.RotateLeft64((h^x)*odd, 29)
}

// noteStepped adds a step and its effects.
func (w *World) noteStepped(s *seat, v *machine.View, ev machine.Event, effects []machine.Effect) {
	kind, a, b := eventNumbers(ev)
	w.note(noteStep, s.by, s.index, kind, a, b, uint64(v.State), v.Generation, uint64(v.Held))
	for _, e := range effects {
		kind, a, b := effectNumbers(e)
		w.note(noteEffect, s.by, s.index, kind, a, b)
	}
	w.story.steps(s, v, ev, effects)
}

func eventNumbers(ev machine.Event) (kind, a, b uint64) {
	switch ev := ev.(type) {
	case machine.Tick:
		return 1, 0, 0
	case machine.Ask:
		return 2, uint64(ev.Caller), askNumber(ev.Ask)
	case machine.Leave:
		return 3, uint64(ev.Caller), 0
	case machine.Done:
		return 4, ev.Leaf, outcomeNumber(ev.Outcome)
	case machine.Changed:
		return 5, uint64(ev.Rev), 0
	case machine.Gap:
		return 6, 0, 0
	case machine.Sleep:
		return 7, 0, 0
	case machine.Close:
		return 8, 0, 0
	case machine.Unseen:
		return 9, 0, 0
	}
	panic("BUG: unknown event")
}

func askNumber(a messages.Ask) uint64 {
	switch a := a.(type) {
	case messages.Get:
		return 1
	case messages.Refresh:
		return 2
	case messages.Exchange:
		return 3
	case messages.Revoke:
		return 4
	case messages.Establish:
		return 5
	case messages.Reject:
		return 6 + uint64(numberOf(a.Token))<<8
	}
	panic("BUG: unknown ask")
}

func outcomeNumber(o machine.Outcome) uint64 {
	switch o := o.(type) {
	case machine.Granted:
		return 1
	case machine.Found:
		return 2 + uint64(o.Rev)<<8
	case machine.NotFound:
		return 3
	case machine.Foreign:
		return 4
	case machine.Written:
		return 5 + uint64(o.Rev)<<8
	case machine.Conflict:
		return 6
	case machine.Unwritten:
		return 7
	case machine.Unread:
		return 8
	case machine.Minted:
		return 9 + uint64(numberOf(o.Token.Access))<<8
	case machine.Ended:
		return 10
	case machine.Failed:
		return 11 + uint64(o.Failure.Status)<<8
	case machine.TimedOut:
		return 12
	}
	panic("BUG: unknown outcome")
}

func effectNumbers(e machine.Effect) (kind, a, b uint64) {
	switch e := e.(type) {
	case machine.Publish:
		return 1, uint64(numberOf(e.Token.Access)), uint64(e.Until.UnixNano())
	case machine.Withdraw:
		return 2, 0, 0
	case machine.Answer:
		return 3, uint64(e.Caller), uint64(numberOf(e.Reply.Token.Access))
	case machine.Emit:
		return 4, e.Event.Head().Generation, 0
	case machine.Queue:
		return 5, e.Number, e.Flight
	case machine.Load:
		return 6, e.Number, uint64(e.Min)
	case machine.Claim:
		return 7, e.Number, uint64(e.Prev)
	case machine.Mint:
		return 8, e.Number, uint64(numberOf(e.Refresh))
	case machine.Save:
		return 9, e.Number, uint64(e.Prev)
	case machine.Exchange:
		return 10, e.Number, e.Flight
	case machine.RevokeToken:
		return 11, e.Number, uint64(numberOf(e.Token))
	}
	panic("BUG: unknown effect")
}
