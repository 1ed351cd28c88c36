package simulate

import (
	"context"
	"time"
)

// Leaf is an I/O of the user's own under the faults of the run: it takes time to arrive
// where apply is done, which happens in one instant, and its answer takes time to come back; each may
// be late or lost. It returns what apply has returned or, when no answer has come within 30 s or until ctx
// ends, the cause of that: then nobody knows whether it was done. The name says what it is.
// apply is called by the scheduler, possibly after Leaf has returned; it must not wait for
// anything.
func Leaf[T any](ctx context.Context, s *Sim, name string, apply func() (T, error)) (T, error) {
	var none T
	if err := s.refuses(ctx); err != nil {
		return none, err
	}
	who := s.visitor(ctx)
	if err := who.goesOn(); err != nil {
		return none, err
	}
	o := s.begets(who, name)
	s.note(who.name, name)
	ctx, cancel := context.WithTimeout(ctx, o.most)
	defer cancel()
	v, err := travel(ctx, s, o, apply)
	s.loop.waits("back "+o.label, who.life, nil)
	s.note(who.name, name+": "+outcome(err))
	if err := who.goesOn(); err != nil {
		return none, err
	}
	return v, err
}

// outcome is what the trace says of one. The error itself may hold a secret.
func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "done"
}

// begets makes a new I/O of somebody's own, in a turn of its own.
func (s *Sim) begets(who *caller, what string) op {
	label := who.name + " " + what
	s.loop.waits(label, who.life, who.unnamed())
	return op{label: s.once(label), who: who.name, what: what, by: who.life, most: 30 * time.Second}
}
