package simulate

import (
	"context"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/store"
)

// Perform carries out a leaf of I/O on a goroutine of its own, as outside of simulations.
func (l *life) Perform(j *actor.Job) {
	if l.isDead() {
		return
	}
	s := l.sim
	what := leafName(j.Effect)
	o := op{
		label: s.once(l.name + " " + what + " " + j.Session.Key()),
		who:   l.name, what: what + " of " + j.Session.Key(), by: l, most: j.Leaf.Deadline,
	}
	s.note(o.who, o.what)
	ctx, end := l.while(context.WithValue(j.Context, opKey{}, o))
	j.Context = ctx
	go func() {
		defer end()
		outcome := j.Do()
		s.loop.bring(errand{label: "done " + o.label, by: l, what: func() { l.report(j, o, outcome) }})
	}()
}

// report tells a session what came of a leaf, now and then twice.
func (l *life) report(j *actor.Job, o op, outcome machine.Outcome) {
	if l.isDead() {
		return
	}
	j.Report(outcome)
	s := l.sim
	if !s.strikes(s.faults.Duplicate, o.label, saltDuplicate) {
		return
	}
	s.loop.after(s.within(2*o.most, o.label, saltDuplicate), errand{label: o.label, by: l, what: func() {
		if !l.isDead() {
			s.note(o.who, "the answer to "+o.what+" comes a second time")
			j.Report(outcome)
		}
	}})
}

// while returns a context that ends with the process as well. end lets go of it.
func (l *life) while(ctx context.Context) (inner context.Context, end func()) {
	inner, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(l.alive, cancel)
	return inner, func() {
		stop()
		cancel()
	}
}

// leafName is what a leaf is called in the trace.
func leafName(e machine.Effect) string {
	switch e.(type) {
	case machine.Load:
		return "load"
	case machine.Claim:
		return "claim"
	case machine.Mint:
		return "mint"
	case machine.Save:
		return "save"
	case machine.Exchange:
		return "exchange"
	case machine.RevokeToken:
		return "revocation"
	case machine.Queue, machine.Publish, machine.Withdraw, machine.Answer, machine.Emit:
	}
	panic("BUG: no leaf")
}

// Watch has the store tell of its changes. Now and then it loses the thread.
func (l *life) Watch(ctx context.Context, st store.Store, tell func(store.Change), ended func(error)) {
	if l.isDead() {
		return
	}
	s := l.sim
	label := s.once("watch " + l.name)
	ctx, end := l.while(ctx)
	go func() {
		defer end()
		err := st.Watch(ctx, func(c store.Change) {
			s.loop.waits(label, l, nil)
			switch {
			case ctx.Err() != nil:
			case c.Kind == store.Changed && s.strikes(s.faults.Gap, s.once(label+" "+c.Entry.Key), saltGap):
				s.note(l.name, "its watch of the store is broken")
				end()
			default:
				tell(c)
			}
		})
		s.loop.waits("end of "+label, l, nil)
		if ctx.Err() != nil {
			err = store.ErrUnavailable
		}
		if !l.isDead() {
			ended(err)
		}
	}()
}
