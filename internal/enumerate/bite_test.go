package enumerate

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// Each promise is broken once by a bug that is planted in the machine, or around it.
// A history that shows it is found, and it is short.

// bug is a machine that does something else with what the real one says.
type bug func(was, is machine.Session, ev machine.Event, effects []machine.Effect) (machine.Session, []machine.Effect)

// planted is the real machine with a bug.
func planted(b bug) func(machine.Session, time.Time, machine.Event) (machine.Session, []machine.Effect) {
	return func(s machine.Session, now time.Time, ev machine.Event) (machine.Session, []machine.Effect) {
		was := s.Clone()
		is, effects := s.Step(now, ev)
		return b(was, is, ev, effects)
	}
}

// each has every effect replaced by others.
func each(f func(machine.Effect) []machine.Effect) bug {
	return func(_, is machine.Session, _ machine.Event, effects []machine.Effect) (machine.Session, []machine.Effect) {
		var out []machine.Effect
		for _, e := range effects {
			out = append(out, f(e)...)
		}
		return is, out
	}
}

// dropping leaves the effects of one kind out.
func dropping[E machine.Effect]() bug {
	return each(func(e machine.Effect) []machine.Effect {
		if _, ok := e.(E); ok {
			return nil
		}
		return []machine.Effect{e}
	})
}

// saving has every Save write something else.
func saving(change func(*messages.Record)) bug {
	return each(func(e machine.Effect) []machine.Effect {
		if save, ok := e.(machine.Save); ok {
			change(&save.Record)
			return []machine.Effect{save}
		}
		return []machine.Effect{e}
	})
}

// reading has the machine see every record otherwise.
func reading(change func(*messages.Record)) func(machine.Session, time.Time, machine.Event) (machine.Session, []machine.Effect) {
	return func(s machine.Session, now time.Time, ev machine.Event) (machine.Session, []machine.Effect) {
		switch e := ev.(type) {
		case machine.Changed:
			change(&e.Record)
			ev = e
		case machine.Done:
			if found, ok := e.Outcome.(machine.Found); ok {
				change(&found.Record)
				e.Outcome, ev = found, machine.Done{Leaf: e.Leaf, Outcome: found}
			}
		}
		return s.Step(now, ev)
	}
}

// deafToTombstones does not hear of a revocation elsewhere.
func deafToTombstones(s machine.Session, now time.Time, ev machine.Event) (machine.Session, []machine.Effect) {
	if e, ok := ev.(machine.Changed); ok && e.Record.Status.Tombstone() {
		ev = machine.Tick{}
	}
	return s.Step(now, ev)
}

// answeringTwice tells everybody twice.
func answeringTwice(e machine.Effect) []machine.Effect {
	if _, ok := e.(machine.Answer); ok {
		return []machine.Effect{e, e}
	}
	return []machine.Effect{e}
}

// silentAboutErrors tells nobody of an error.
func silentAboutErrors(e machine.Effect) []machine.Effect {
	if a, ok := e.(machine.Answer); ok && a.Reply.Err != nil {
		return nil
	}
	return []machine.Effect{e}
}

// savingTwice sends each Save again beside itself.
func savingTwice(e machine.Effect) []machine.Effect {
	if save, ok := e.(machine.Save); ok {
		second := save
		second.Number++
		return []machine.Effect{save, second}
	}
	return []machine.Effect{e}
}

// publishingForEver has no token end but the first.
func publishingForEver(e machine.Effect) []machine.Effect {
	if p, ok := e.(machine.Publish); ok && p.Generation > 1 {
		p.Until = p.Token.Expiry.Add(time.Second)
		return []machine.Effect{p}
	}
	return []machine.Effect{e}
}

// publishingOld publishes the first token after each other one.
func publishingOld(e machine.Effect) []machine.Effect {
	if p, ok := e.(machine.Publish); ok && p.Generation > 1 {
		old := p
		old.Generation, old.Token.Access = 1, secret('a', 1)
		return []machine.Effect{p, old}
	}
	return []machine.Effect{e}
}

// dropsMinted forgets what a Mint brings.
func dropsMinted(was, is machine.Session, ev machine.Event, effects []machine.Effect) (machine.Session, []machine.Effect) {
	if done, ok := ev.(machine.Done); ok {
		if _, minted := done.Outcome.(machine.Minted); minted {
			return was, nil
		}
	}
	return is, effects
}

// publishesMinted gives a pair out at once.
func publishesMinted(_, is machine.Session, ev machine.Event, effects []machine.Effect) (machine.Session, []machine.Effect) {
	if done, ok := ev.(machine.Done); ok {
		if m, minted := done.Outcome.(machine.Minted); minted {
			at := m.Token.Expiry.Add(-time.Minute)
			effects = append(effects, machine.Publish{Token: m.Token, Generation: 2, StaleAt: at, Until: at})
		}
	}
	return is, effects
}

// revokesByWord says at once that a Revoke is done.
func revokesByWord(_, is machine.Session, ev machine.Event, effects []machine.Effect) (machine.Session, []machine.Effect) {
	if ask, ok := ev.(machine.Ask); ok {
		if _, revoke := ask.Ask.(messages.Revoke); revoke {
			effects = append(effects, machine.Answer{Caller: ask.Caller})
		}
	}
	return is, effects
}

// givesUp does nothing more for anybody once its token is over.
func givesUp(was, is machine.Session, ev machine.Event, effects []machine.Effect) (machine.Session, []machine.Effect) {
	ask, ok := ev.(machine.Ask)
	if ok && was.View(epoch.Add(2*time.Minute)).State == machine.Expired {
		return was, []machine.Effect{machine.Answer{Caller: ask.Caller, Reply: messages.Reply{Err: errors.New("no")}}}
	}
	return is, effects
}

func TestEachPromiseBites(t *testing.T) {
	for _, c := range []struct {
		promise string
		within  int // moves
		plant   func(*World)
	}{
		{answeredOnce, 2, func(w *World) { w.step = planted(each(answeringTwice)) }},
		{answeredInTime, 25, func(w *World) { w.step = planted(each(silentAboutErrors)); *w = w.oneFault(onlyA, pause) }},
		{heldForCause, 2, func(w *World) { w.step = planted(dropping[machine.Answer]()) }},
		{oneLeaf, 9, func(w *World) { w.step = planted(each(savingTwice)) }},
		{spentOnce, 6, func(w *World) { w.settings.Store = machine.Traits{} }},
		{spentLate, 14, func(w *World) {
			w.rules.ReuseGrace = 10 * time.Minute
			*w = w.oneFault(onlyA, beUnheard)
		}},
		{spentSaved, 17, func(w *World) { w.loses, w.tokens = true, 3 }},
		{kept, 8, func(w *World) { w.step = planted(dropsMinted) }},
		{revokedDead, 4, func(w *World) { w.step = planted(revokesByWord); w.budget.revokes, w.revokers = 1, 1 }},
		{revokedHere, 9, func(w *World) { w.step = planted(dropping[machine.Withdraw]()); w.budget.revokes, w.revokers = 1, 1 }},
		{revokedHere, 6, func(w *World) { w.step = deafToTombstones; w.budget.revokes, w.revokers = 1, 1 }},
		{rejectedHere, 1, func(w *World) { w.step = planted(dropping[machine.Withdraw]()); w.budget.rejects = 1 }},
		{expiredNever, 10, func(w *World) { w.step = planted(each(publishingForEver)) }},
		{killedNever, 8, func(w *World) { w.kills = true }},
		{inOrder, 10, func(w *World) { w.step = planted(each(publishingOld)) }},
		{savedFirst, 8, func(w *World) { w.step = planted(publishesMinted) }},
		{recordForward, 9, func(w *World) {
			w.step = planted(saving(func(r *messages.Record) { r.Generation = 0 }))
		}},
		{tombstoneStays, 9, func(w *World) {
			w.step = planted(saving(func(r *messages.Record) {
				if r.Status == messages.Gone {
					r.Status = messages.Alive
				}
			}))
			w.budget.revokes, w.revokers = 1, 1
		}},
		{deathStays, 9, func(w *World) {
			w.step = reading(func(r *messages.Record) { r.Status = messages.Alive })
			w.status, w.read, w.start = messages.Dead, false, 2*time.Minute
		}},
		{claimRespected, 9, func(w *World) {
			w.step = reading(func(r *messages.Record) { r.Claim = messages.Claim{} })
		}},
		{recovers, 3, func(w *World) { w.step = planted(givesUp) }},
	} {
		t.Run(c.promise, func(t *testing.T) {
			w := rotating()
			w.Name, w.only = "bug", c.promise
			c.plant(&w)
			r := Search(w, func(r *Result) bool { return len(r.Violations) > 0 })
			if len(r.Violations) == 0 {
				t.Fatalf("not found in %d states", r.States)
			}
			f := r.Violations[0]
			if f.Name != c.promise || len(f.History.Lines) > c.within {
				t.Errorf("%s after %d moves, want %d at most:\n%s", f.Name, len(f.History.Lines), c.within, f.History)
			}
		})
	}
}
