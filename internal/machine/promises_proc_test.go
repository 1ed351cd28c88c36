package machine

import (
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// promiseProc is a process: one session, those who ask it, what it has
// published, and what the monitors remember of it.
type promiseProc struct {
	id, life int
	alive    bool
	closed   bool
	blind    bool            // its watch is broken
	unseen   messages.Secret // not given out before a look; empty: there is none
	settings Settings
	session  Session

	frozen  time.Duration // it stands still until then
	wake    time.Duration
	hasWake bool
	burns   int // timers in a row that fired at one instant

	callers []promiseCaller
	oldest  int // the first who may still be waiting

	published bool
	snapshot  Publish
	unsaved   bool // this step has said that its pair is not saved
	high      [2]uint64
	rev       messages.Rev

	flight   promiseFlight
	aloft    []promiseAloft // leaves of exchanges
	lastLeaf uint64
	sent     []promiseSent     // refresh tokens that were sent, and what came of it
	doubted  []messages.Secret // proofs that were sent, and whose answer was lost
	rested   time.Duration     // no Mint before
	restedOf promisePlace      // with this pair
	mints    int               // of the newest renewal
	renewal  uint64
	mintsOf  [2]uint64 // with this pair

	renewed promiseRenewal

	barredPairs    []int
	barredFamilies []int
	barredLeaf     uint64 // and what these leaves brought

	barredExchanged []int
}

// promiseCaller is somebody who has asked.
type promiseCaller struct {
	ask            promiseAsk
	at             time.Duration
	answered, left bool
	reply          messages.Reply
	pair, refused  int // what was held, and what was rejected
	grant          uint64
	set            string
}

type promiseAsk uint8

const (
	askGet promiseAsk = iota
	askRefresh
	askRevoke
	askReject
	askEstablish
	askLogin
	askExchange
	askRejectExchanged
)

// promisePlace tells a pair from others.
type promisePlace struct {
	grant, generation uint64
	access            messages.Secret
}

func placeOf(s *Session) promisePlace {
	return promisePlace{s.pair.grant, s.pair.generation, s.pair.token.Access}
}

// promiseFlight is the newest leaf of a process.
type promiseFlight struct {
	leaf   *promiseLeaf
	landed bool
}

// promiseSent is a refresh token that was sent.
type promiseSent struct {
	pair   int
	first  time.Duration // the first time that may have spent it
	doubt  bool          // and nobody knows whether it did
	flying uint64        // the leaf that is under way with it
}

// boot starts a process over what the store has.
func (w *promiseWorld) boot(id int) {
	p := &w.procs[id]
	if p.alive || w.over {
		return
	}
	life := p.life + 1
	*p = promiseProc{id: id, life: life, alive: true, settings: w.plan.settings}
	p.settings.Name = "p" + strconv.Itoa(id)
	p.settings.Owner = p.settings.Name + "." + strconv.Itoa(life)
	if !p.settings.Store.Durable {
		w.store = promiseStore{saved: w.store.saved}
		w.excuses[excuseCrash] = life > 1
	}
	p.session = New("key", &p.settings, &w.plan.rules)
	w.logf("%v p%d starts as %s", w.clock, id, p.settings.Owner)
	w.step(p, Tick{})
	if p.settings.Store.Shared && w.store.rev() > 0 {
		w.notify(p) // a watch begins with all that there is
	}
}

// crash ends a process. What it has sent may still arrive.
func (w *promiseWorld) crash(p *promiseProc) {
	w.logf("%v p%d crashes", w.clock, p.id)
	w.noteCrash(p)
	p.alive, p.published = false, false
	w.after(w.between(0, 30*time.Second), promiseItem{kind: itemBoot, proc: p.id})
}

func (w *promiseWorld) noteCrash(p *promiseProc) {
	s := &p.session
	if s.run.active() || s.unsaved.waiting || !s.doubt.sent.IsZero() || !p.settings.Store.Durable {
		w.excuses[excuseCrash] = true
	}
}

// step lets one event happen to a process, and its effects.
func (w *promiseWorld) step(p *promiseProc, ev Event) {
	w.steps++
	w.tally.steps++
	before := w.lookBefore(p)
	if w.trace != nil {
		w.traceEvent(p, ev)
	}
	effects := w.stepSession(p, ev)
	p.unsaved = false
	cut := len(effects)
	crash := w.draws(faultCrash)
	if len(effects) > 0 && w.draws(faultCut) {
		cut, crash = w.rng.IntN(len(effects)), true
	}
	for _, e := range effects[:cut] {
		w.do(p, e)
	}
	if crash {
		w.crash(p)
		return
	}
	w.lookAfter(p, ev, before)
	w.setWake(p)
	if w.draws(faultPause) {
		w.freeze(p)
	}
	if p.closed && p.session.Quiet() {
		w.logf("%v p%d has closed", w.clock, p.id)
		p.alive = false
		w.after(w.between(0, 30*time.Second), promiseItem{kind: itemBoot, proc: p.id})
	}
}

// freeze lets a process stand still: what it is told waits, and so do its timers.
func (w *promiseWorld) freeze(p *promiseProc) {
	p.frozen = w.clock + w.between(0, time.Minute)
	w.excuses[excuseLate] = true
	w.logf("%v p%d stands still until %v", w.clock, p.id, p.frozen)
}

func (w *promiseWorld) stepSession(p *promiseProc, ev Event) []Effect {
	var twin Session
	var its []Effect
	if w.twins {
		twin, its = w.checkTwin(p, ev)
	}
	if why := impossible(p.session.rules, pairingOf(p.session, w.now(), ev)); why != "" {
		w.breaks("impossible: %T in %s: %s", ev, p.session.state, why)
	}
	var effects []Effect
	p.session, effects = p.session.Step(w.now(), ev)
	if w.twins {
		w.compareTwin(p, effects, twin, its)
	}
	return effects
}

func (w *promiseWorld) setWake(p *promiseProc) {
	at := p.session.Wake()
	p.hasWake = !at.IsZero()
	if p.hasWake {
		p.wake = max(at.Sub(promiseEpoch), w.clock)
	}
}

// do is the shell.
func (w *promiseWorld) do(p *promiseProc, e Effect) {
	if w.trace != nil {
		w.traceEffect(e)
	}
	switch e := e.(type) {
	case Publish:
		w.published(p, e)
	case Withdraw:
		p.published = false
	case Answer:
		w.crowdAnswered(p, e)
	case Emit:
		switch e.Event.(type) {
		case messages.Unsaved:
			p.unsaved = true
		case messages.Denied:
			w.checkDenied(p)
		case messages.Revoked: // numbers that were never saved may come again
			p.high = [2]uint64{}
		}
	case Queue:
		w.launch(p, e.Leaf, e, w.queueFate)
	case Exchange:
		w.checkExchange(p, e)
		w.launch(p, e.Leaf, e, w.exchangeFate)
	case Load:
		w.launch(p, e.Leaf, e, w.storeFate)
	case Claim:
		w.claims(p, e)
		w.launch(p, e.Leaf, e, w.storeFate)
	case Save:
		w.launch(p, e.Leaf, e, w.storeFate)
	case Mint:
		w.checkMint(p, e)
		w.launch(p, e.Leaf, e, w.mintFate)
	case RevokeToken:
		w.launch(p, e.Leaf, e, w.mintFate)
	}
}

// deliver reports a leaf to its process, if that still lives.
func (w *promiseWorld) deliver(l *promiseLeaf, o Outcome) {
	p := &w.procs[l.proc]
	if !p.alive || p.life != l.life {
		if _, ok := l.effect.(Mint); ok && w.plan.rules.OneTime {
			w.excuses[excuseCrash] = true
		}
		return
	}
	if ofFlight(l.effect) {
		w.deliverAside(p, l, o)
		return
	}
	w.learn(p, l, o)
	switch o.(type) {
	case Found, NotFound:
		p.unseen = ""
	}
	w.step(p, Done{Leaf: l.Number, Outcome: o})
}

// swap is a write that has arrived; all who watch are told.
func (w *promiseWorld) swap(s Swap) Outcome {
	var old messages.Record
	if r := w.store.now(); r != nil {
		old = *r
	}
	o, landed := w.store.swap(s)
	if !landed {
		return o
	}
	w.checkRecord(old, s.Record)
	if !w.plan.settings.Store.Shared {
		return o
	}
	for i := range w.procs {
		w.notify(&w.procs[i])
	}
	return o
}

// notify tells a process of the newest revision, unless its watch is broken.
func (w *promiseWorld) notify(p *promiseProc) {
	if w.draws(faultGap) && !p.blind {
		p.blind = true
		w.logf("%v p%d: the watch breaks", w.clock, p.id)
		w.after(w.between(time.Second, 2*time.Minute), promiseItem{kind: itemGap, proc: p.id, life: p.life})
	}
	if p.blind {
		return
	}
	w.after(w.between(time.Millisecond, 100*time.Millisecond),
		promiseItem{kind: itemChanged, proc: p.id, life: p.life, number: uint64(w.store.rev())})
}

// mend ends a Gap: the newest revision is told again.
func (w *promiseWorld) mend(p *promiseProc, life int) {
	if p.life != life || !p.alive {
		return
	}
	p.blind = false
	w.step(p, Gap{})
	if p.alive && w.rng.IntN(3) == 0 { // it was too long
		p.unseen = p.session.pair.token.Access
		w.step(p, Unseen{})
	}
	if w.store.rev() > 0 {
		w.notify(p)
	}
}
