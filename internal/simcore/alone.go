package simcore

import (
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// Alone plays the sessions of a Script that needs no engine: each event is a call of
// Step, and what leaves bring is made up on the spot, after the same delays. It is what
// the engine, the shell, the fakes and the monitors are measured against.
type Alone struct {
	loop
	settings actor.Settings
	rules    []actor.Rules
	sessions []machine.Session
	wakes    []time.Duration
	revs     []messages.Rev
	life     time.Duration
	minted   int

	Steps, Renewals uint64
}

// PlayAlone plays the sessions of a Script of one process in which nobody wants anything
// and nothing goes wrong.
func PlayAlone(s *Script) *Alone {
	n := len(s.Terms.Kinds)
	a := &Alone{
		settings: s.Terms.settings(), life: s.Terms.Life,
		rules: make([]actor.Rules, n), sessions: make([]machine.Session, n), wakes: make([]time.Duration, n), revs: make([]messages.Rev, n),
	}
	a.settings.Name, a.settings.Owner = "p0", "p0/1"
	a.reset(s.Ties)
	for i, name := range s.Terms.Kinds {
		k, err := kindNamed(name)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		a.rules[i] = k.rules
		a.rules[i].Given = a.token(epoch)
		a.sessions[i] = machine.New(strconv.Itoa(i), &a.settings, &a.rules[i])
		a.step(i, machine.Ask{Ask: messages.Get{}})
	}
	for a.turn(s.Lasts) {
	}
	return a
}

func (a *Alone) token(issued time.Time) messages.Token {
	a.minted++
	return messages.Token{Access: accessOf(a.minted), Refresh: refreshOf(a.minted), Issued: issued, Expiry: issued.Add(a.life)}
}

func (a *Alone) step(i int, ev machine.Event) {
	a.Steps++
	next, effects := a.sessions[i].Step(moment(a.now, a.now), ev)
	a.sessions[i] = next
	for _, e := range effects {
		a.do(i, e)
	}
	a.setWake(i, next.Wake())
}

func (a *Alone) setWake(i int, wake time.Time) {
	if wake.IsZero() {
		return
	}
	if at := max(wake.Sub(moment(0, 0)), a.now); at != a.wakes[i] {
		a.wakes[i] = at
		a.at(at, &aloneTick{a, i, at})
	}
}

// do makes up what a leaf brings.
func (a *Alone) do(i int, e machine.Effect) {
	switch e := e.(type) {
	case machine.Queue:
		a.answers(i, e.Leaf, 0, machine.Granted{})
	case machine.Load:
		a.answers(i, e.Leaf, 5*time.Millisecond, machine.NotFound{})
	case machine.Claim:
		a.revs[i]++
		a.answers(i, e.Leaf, 5*time.Millisecond, machine.Written{Rev: a.revs[i]})
	case machine.Save:
		a.revs[i]++
		a.answers(i, e.Leaf, 5*time.Millisecond, machine.Written{Rev: a.revs[i]})
	case machine.Mint:
		a.Renewals++
		a.answers(i, e.Leaf, 20*time.Millisecond, machine.Minted{Token: a.token(moment(a.now, a.now))})
	case machine.Publish, machine.Withdraw, machine.Answer, machine.Emit, machine.Exchange, machine.RevokeToken:
	}
}

func (a *Alone) answers(i int, l machine.Leaf, after time.Duration, o machine.Outcome) {
	a.after(after, &aloneDone{a, i, machine.Done{Leaf: l.Number, Outcome: o}})
}

type aloneTick struct {
	of *Alone
	i  int
	at time.Duration
}

func (t *aloneTick) happen() {
	if t.of.wakes[t.i] == t.at {
		t.of.wakes[t.i] = -1
		t.of.step(t.i, machine.Tick{})
	}
}

type aloneDone struct {
	of   *Alone
	i    int
	done machine.Done
}

func (d *aloneDone) happen() { d.of.step(d.i, d.done) }
