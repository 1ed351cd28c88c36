package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// process is one process with the one session of a world. Its leaves of I/O are
// carried out one by one, by whoever plays it.
type process struct {
	world    *world
	name     string
	store    store.Store
	settings machine.Settings
	session  machine.Session
	sent     []machine.Effect // leaves that have not been carried out
	arrived  []machine.Done   // what leaves have brought, and the process has not taken
	stop     point            // where it stops next; zero: nowhere
	stopped  bool
	watch    *watched // nil: it does not watch
	callers  machine.Caller
	told     string // what the last caller was
}

// point is a place before or behind a leaf of I/O.
type point struct {
	behind bool
	leaf   string
}

func (p point) String() string {
	if p.behind {
		return "behind " + p.leaf
	}
	return "before " + p.leaf
}

func before(leaf string) point { return point{leaf: leaf} }
func behind(leaf string) point { return point{leaf: leaf, behind: true} }

// asks has a caller want a token, and carries out what that leads to.
func (p *process) asks() *process { return p.wants(messages.Get{}) }

func (p *process) wants(a messages.Ask) *process {
	p.callers++
	p.told = "waits"
	p.step(machine.Ask{Caller: p.callers, Ask: a})
	return p.goesOn()
}

// watches has the process watch its store.
func (p *process) watches() *process {
	p.watch = p.world.watches(p.store)
	return p
}

// hears waits for the watch to tell of the newest record.
func (p *process) hears() *process {
	e := p.watch.sees(p.world.key, p.world.loads(p.store, p.world.key, 0).Rev)
	p.step(machine.Changed{Rev: e.Rev, Record: p.world.decodes(e)})
	return p.goesOn()
}

// step passes an event to the session and notes what is to be done.
func (p *process) step(ev machine.Event) {
	next, effects := p.session.Step(p.world.now, ev)
	p.session = next
	for _, e := range effects {
		switch e := e.(type) {
		case machine.Publish, machine.Withdraw, machine.Emit:
		case machine.Answer:
			p.told = answerOf(e.Reply)
		case machine.Queue, machine.Load, machine.Claim, machine.Mint, machine.Save, machine.RevokeToken, machine.Exchange:
			p.sent = append(p.sent, e)
		}
	}
}

// answerOf is what a caller was told: the token, or what is wrong.
func answerOf(r messages.Reply) string {
	switch {
	case r.Err == nil:
		return r.Token.Access.Reveal()
	case errors.Is(r.Err, messages.ErrOutcomeUnknown):
		return "unknown"
	case errors.Is(r.Err, messages.ErrUnavailable):
		return "unavailable"
	case errors.Is(r.Err, messages.ErrRevoked):
		return "revoked"
	}
	return r.Err.Error()
}

// goesOn carries out what is under way, and what follows from it, until nothing is or
// the process stops.
func (p *process) goesOn() *process {
	for !p.stopped && len(p.sent)+len(p.arrived) > 0 {
		if len(p.arrived) == 0 {
			p.carriesOut()
			continue
		}
		d := p.arrived[0]
		p.arrived = p.arrived[1:]
		p.step(d)
	}
	return p
}

// carriesOut does what the next leaf says, unless the process stops before it.
func (p *process) carriesOut() {
	name, number := leafOf(p.sent[0])
	if p.stop == before(name) {
		p.stop, p.stopped = point{}, true
		return
	}
	e := p.sent[0]
	p.sent = p.sent[1:]
	p.arrived = append(p.arrived, machine.Done{Leaf: number, Outcome: p.outcome(e)})
	if p.stop == behind(name) {
		p.stop, p.stopped = point{}, true
	}
}

// stopsAt has the process stop there, as one does that is paused.
func (p *process) stopsAt(at point) *process {
	p.stop = at
	return p
}

// resumes ends the pause. What it was about to do it does now, however late.
func (p *process) resumes() *process {
	p.stopped = false
	return p.goesOn()
}

// dies ends the process where it stands.
func (p *process) dies() { p.stopped, p.sent, p.arrived = true, nil, nil }

func leafOf(e machine.Effect) (name string, number uint64) {
	switch e := e.(type) {
	case machine.Queue:
		return "queue", e.Number
	case machine.Load:
		return "load", e.Number
	case machine.Claim:
		return "claim", e.Number
	case machine.Mint:
		return "mint", e.Number
	case machine.Save:
		return "save", e.Number
	case machine.RevokeToken, machine.Exchange, machine.Publish, machine.Withdraw, machine.Answer, machine.Emit:
	}
	panic(fmt.Sprintf("BUG: %T is no leaf of a renewal", e))
}

// outcome does what a leaf says.
func (p *process) outcome(e machine.Effect) machine.Outcome {
	switch e := e.(type) {
	case machine.Queue:
		return machine.Granted{}
	case machine.Load:
		return p.loads(e)
	case machine.Claim:
		return p.swaps(e.Swap)
	case machine.Save:
		return p.swaps(e.Swap)
	case machine.Mint:
		return p.world.server.renews(e.Refresh, p.world.now)
	case machine.RevokeToken, machine.Exchange, machine.Publish, machine.Withdraw, machine.Answer, machine.Emit:
	}
	panic(fmt.Sprintf("BUG: %T is no leaf of a renewal", e))
}

func (p *process) loads(l machine.Load) machine.Outcome {
	e, err := p.store.Load(p.world.Context(), p.world.key, l.Min)
	if errors.Is(err, store.ErrNotFound) {
		return machine.NotFound{}
	}
	if err != nil {
		return machine.Unread{Reason: "unavailable"}
	}
	r, err := record.Decode(e.Value)
	if err != nil {
		return machine.Foreign{}
	}
	return machine.Found{Rev: e.Rev, Record: r}
}

func (p *process) swaps(w machine.Swap) machine.Outcome {
	rev, err := p.store.Swap(p.world.Context(), p.world.key, w.Prev, record.Encode(w.Record), w.Gone(), w.Op)
	switch {
	case err == nil:
		return machine.Written{Rev: rev}
	case errors.Is(err, store.ErrConflict):
		return machine.Conflict{}
	}
	return machine.Unwritten{Reason: "unavailable", Open: errors.Is(err, store.ErrUnknown)}
}

// world is processes that share the store on trial, an authorization server, and a
// time of their own.
type world struct {
	*trial
	key       string
	now       time.Time
	server    server
	rules     machine.Rules
	processes []*process
}

// newWorld returns one in which a human has just logged in. What its store has is under
// this key.
func (t *trial) newWorld(key string) *world {
	w := &world{trial: t, key: key, now: noon, server: server{spent: map[messages.Secret]time.Time{}}}
	w.rules = machine.Rules{OneTime: true, Human: true, Given: w.server.grants(noon)}
	return w
}

// starts starts a process over a store.
func (w *world) starts(name string, s store.Store) *process {
	caps := s.Caps()
	p := &process{world: w, name: name, store: s}
	p.settings = machine.Settings{
		Name:  name,
		Owner: fmt.Sprintf("%s/%d", name, len(w.processes)),
		Store: machine.Traits{Shared: caps.Shared, Durable: caps.Durable},
	}.WithDefaults()
	p.session = machine.New(w.key, &p.settings, &w.rules)
	w.processes = append(w.processes, p)
	return p
}

// passes lets time go by for all processes that have not stopped.
func (w *world) passes(d time.Duration) {
	w.Helper()
	end := w.now.Add(d)
	for range 10_000 {
		p, at := w.next(end)
		if p == nil {
			w.now = end
			return
		}
		if at.After(w.now) {
			w.now = at
		}
		p.step(machine.Tick{})
		p.goesOn()
	}
	w.Fatalf("the processes have more to do in %s than can be", d)
}

// next returns which process has something to do first, and when; nil: none has.
func (w *world) next(end time.Time) (first *process, at time.Time) {
	for _, p := range w.processes {
		wake := p.session.Wake()
		if !p.stopped && !wake.IsZero() && !wake.After(end) && (first == nil || wake.Before(at)) {
			first, at = p, wake
		}
	}
	return first, at
}

// record is what the store has.
func (w *world) record(s store.Store) messages.Record {
	w.Helper()
	return w.decodes(w.loads(s, w.key, 0))
}

func (w *world) decodes(e store.Entry) messages.Record {
	w.Helper()
	r, err := record.Decode(e.Value)
	if err != nil {
		w.Fatalf("the record cannot be read: %v", err)
	}
	return r
}

// asked says what the server was asked for.
func (w *world) asked() string {
	return fmt.Sprintf("%d requests, %d reused", w.server.requests, w.server.reused)
}
