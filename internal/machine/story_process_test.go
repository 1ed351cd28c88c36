package machine

import (
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// process is one process of a story with its one session.
type process struct {
	name     string
	starts   int
	settings *Settings
	rules    Rules
	session  Session

	callers Caller
	names   map[Caller]string
	waiting map[Caller]bool // asked and not answered

	sent []*sent // leaves, in their order
	last Done
	life time.Duration // of the tokens that the endpoint gives this process

	sublife time.Duration // of those that it gives in exchange

	stores, queue mode
	paused        bool
}

// mode is how the leaves of a place end.
type mode uint8

const (
	atOnce mode = iota
	onHold      // when the script says so
	isDown      // with an error, at once
)

// sent is a leaf that went out.
type sent struct {
	leaf     Leaf
	effect   Effect
	at       time.Time
	answered bool
}

func newProcess(name string, settings Settings, rules Rules) *process {
	settings = settings.WithDefaults()
	settings.Name = name
	p := &process{name: name, settings: &settings, rules: rules, names: map[Caller]string{}, life: time.Hour, sublife: time.Hour}
	p.start()
	return p
}

func (p *process) start(rules ...Rules) {
	for _, r := range rules {
		p.rules = r
	}
	p.starts++
	settings := *p.settings
	settings.Owner = fmt.Sprintf("%s%d", p.name, p.starts)
	p.settings = &settings
	p.session = New("key", p.settings, &p.rules)
	p.waiting, p.sent = map[Caller]bool{}, nil
}

func (p *process) state(now time.Time) State { return p.session.View(now).State }

// step passes an event to the session, and to the leaves that it sends what
// becomes of them, until nothing happens at once any more.
func (p *process) step(s *story, ev Event, l *line) {
	if a, ok := ev.(Ask); ok {
		p.waiting[a.Caller] = a.Caller != 0
	}
	if d, ok := ev.(Done); ok {
		p.last = d
	}
	l.state(p.session.state)
	l.state(p.state(s.now))
	key := p.key(s)
	pair := pairingOf(p.session, s.now, ev)
	next, effects := p.session.Step(s.now, ev)
	p.session = next
	if s.watch != nil {
		s.watch.stepped(s.now, pair, ev, next, effects)
	}
	l.state(next.state)
	l.changed = l.changed || len(effects) > 0 || p.key(s) != key
	var answers []Done
	for _, e := range effects {
		if d, ok := p.perform(s, e, l); ok {
			answers = append(answers, d)
		}
	}
	for _, d := range answers {
		p.step(s, d, l)
	}
}

// key is the session's, for the stories that tell of what changes nothing.
func (p *process) key(s *story) string {
	if !s.terse {
		return ""
	}
	return p.session.Key(s.now)
}

// perform notes an effect and returns what comes of it at once, if anything does.
func (p *process) perform(s *story, e Effect, l *line) (Done, bool) {
	var o Outcome
	switch e := e.(type) {
	case Publish, Withdraw, Emit:
		l.tell(s, e, nil)
		return Done{}, false
	case Answer:
		p.waiting[e.Caller] = false
		l.tell(s, e, nil)
		return Done{}, false
	case Queue:
		o = p.sends(s, e.Leaf, e, p.queue)
	case Load:
		o = p.sends(s, e.Leaf, e, p.stores)
	case Claim:
		o = p.sends(s, e.Leaf, e, p.stores)
	case Save:
		o = p.sends(s, e.Leaf, e, p.stores)
	case Mint:
		o = p.sends(s, e.Leaf, e, onHold)
	case Exchange:
		o = p.sends(s, e.Leaf, e, onHold)
	case RevokeToken:
		o = p.sends(s, e.Leaf, e, onHold)
	}
	l.tell(s, e, o)
	leaf := p.sent[len(p.sent)-1]
	return Done{Leaf: leaf.leaf.Number, Outcome: o}, o != nil
}

// sends notes a leaf and returns what it brings at once; nil: nothing.
func (p *process) sends(s *story, leaf Leaf, e Effect, m mode) Outcome {
	out := &sent{leaf: leaf, effect: e, at: s.now, answered: m != onHold}
	p.sent = append(p.sent, out)
	switch m {
	case atOnce:
		return s.shelf.serve(e)
	case isDown:
		return broken(e)
	case onHold:
	}
	return nil
}

// broken is what a store that fails says. It has done nothing.
func broken(e Effect) Outcome {
	if _, ok := e.(Load); ok {
		return Unread{Reason: "down"}
	}
	return Unwritten{Reason: "down"}
}

// shelf is the store of a story, of the one key that matters.
type shelf struct {
	rev    messages.Rev
	record messages.Record
	landed map[messages.OpID]messages.Rev
}

func (h *shelf) serve(e Effect) Outcome {
	switch e := e.(type) {
	case Queue:
		return Granted{}
	case Load:
		if h.rev == 0 {
			return NotFound{}
		}
		return Found{Rev: h.rev, Record: h.record}
	case Claim:
		return h.swap(e.Swap)
	case Save:
		return h.swap(e.Swap)
	case Mint, Exchange, RevokeToken, Publish, Withdraw, Answer, Emit:
	}
	panic("the store does not do that")
}

func (h *shelf) swap(w Swap) Outcome {
	if rev, ok := h.landed[w.Op]; ok {
		return Written{Rev: rev}
	}
	if w.Prev != h.rev {
		return Conflict{}
	}
	h.rev++
	h.record, h.landed[w.Op] = w.Record, h.rev
	return Written{Rev: h.rev}
}
