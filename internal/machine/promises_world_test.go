package machine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// promiseEpoch is when every history begins.
var promiseEpoch = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// promiseWorld is one history: processes over one store and one server, and all
// that happens to them, in the order of a virtual time. It owns everything and
// is used by one goroutine.
type promiseWorld struct {
	seed  uint64
	rng   *rand.Rand
	plan  promisePlan
	clock time.Duration // since promiseEpoch
	agenda
	steps int
	calm  bool // nothing goes wrong any more
	over  bool // nobody starts again
	twins bool // a clone takes each step too

	server   promiseServer
	store    promiseStore
	procs    []promiseProc
	logins   []messages.Token // that were given to somebody
	installs int              // how many tokens were given while the world went on
	proofs   int              // how many were made up
	buried   time.Duration    // the newest tombstone landed
	excuses  [excuseCount]bool
	tally    *promiseTally

	broken string           // the first promise that was broken
	trace  *strings.Builder // nil: nobody reads it
}

// promiseExcuse is a thing after which a server with strictly single-use
// refresh tokens may end the family, whatever a client does.
type promiseExcuse uint8

const (
	excuseAnswer  promiseExcuse = iota // an answer was lost
	excuseCrash                        // a process ended with a pair that was not saved
	excuseLate                         // a request was served after its deadline
	excuseCut                          // an owner was cut off from the store before its Save
	excuseConsent                      // the human took the grant back
	excuseRevoked                      // somebody asked for the end
	excuseLogins                       // two logged in at once
	excuseCount
)

func newPromiseWorld(seed uint64, tally *promiseTally) *promiseWorld {
	w := &promiseWorld{seed: seed, rng: rand.New(rand.NewPCG(seed, 0x5eed)), tally: tally}
	w.plan = newPromisePlan(w.rng)
	r := &w.plan.rules
	w.server = promiseServer{
		strict:   w.rng.IntN(4) != 0,
		keeps:    r.OneTime && w.rng.IntN(8) == 0,
		noAccess: w.rng.IntN(4) == 0,
		oneLogin: w.rng.IntN(2) == 0,
		revokes:  r.RenewalRevokes,
		grace:    r.ReuseGrace,
	}
	if w.plan.given {
		r.Given = w.login()
	}
	w.procs = make([]promiseProc, w.plan.procs)
	for i := range w.procs {
		w.boot(i)
	}
	w.after(0, promiseItem{kind: itemAsk})
	return w
}

// login is a human who gets a pair.
func (w *promiseWorld) login() messages.Token {
	w.noteLogins(-1)
	t := w.pairOf(promisePair{family: w.server.newFamily(), proc: -1})
	if w.plan.static {
		t.Refresh = ""
	}
	w.logins = append(w.logins, t)
	return t
}

// pairOf has the server issue a pair at this moment.
func (w *promiseWorld) pairOf(p promisePair) messages.Token {
	life := w.lifetime()
	p.expiry, p.issued = w.clock+life, w.clock
	n := w.server.issue(p)
	t := messages.Token{Access: promiseSecret("a", n), Refresh: promiseSecret("r", n), Issued: w.now()}
	t.Expiry = t.Issued.Add(life)
	if w.plan.refresh > 0 {
		t.RefreshExpiry = t.Issued.Add(w.plan.refresh)
	}
	return t
}

func (w *promiseWorld) lifetime() time.Duration {
	switch {
	case w.calm:
		return max(w.plan.life, time.Hour)
	case w.draws(faultShort):
		return pick(w.rng, 0, time.Second, 3*time.Second)
	}
	return w.plan.life
}

func (w *promiseWorld) now() time.Time { return promiseEpoch.Add(w.clock) }

// draws reports whether this thing goes wrong now.
func (w *promiseWorld) draws(f promiseFault) bool {
	return w.plan.faults[f] != 0 && !w.calm && w.rng.IntN(1000) < w.plan.faults[f]
}

func (w *promiseWorld) between(from, to time.Duration) time.Duration {
	if to <= from {
		return from
	}
	return from + time.Duration(w.rng.Int64N(int64(to-from)))
}

// breaks notes the first promise that does not hold.
func (w *promiseWorld) breaks(format string, args ...any) {
	if w.broken == "" {
		w.broken = fmt.Sprintf(format, args...)
		w.logf("    BROKEN: %s", w.broken)
	}
}

func (w *promiseWorld) logf(format string, args ...any) {
	if w.trace != nil {
		fmt.Fprintf(w.trace, format+"\n", args...)
	}
}

// play runs the history to its end, with the faults and then without.
func (w *promiseWorld) play() {
	defer func() {
		if r := recover(); r != nil {
			w.breaks("panic: %v", r)
		}
	}()
	for w.steps < w.plan.steps && w.broken == "" {
		if !w.turn(1 << 62) {
			w.breaks("world: nothing happens any more")
		}
	}
	w.end()
}

// turn lets the next thing happen, unless it is later than limit.
func (w *promiseWorld) turn(limit time.Duration) bool {
	at, proc := w.nextWake()
	item, ok := w.first()
	if ok && (proc < 0 || item.at <= at) {
		if item.at > limit {
			return false
		}
		w.clock = max(w.clock, item.at)
		w.happen(w.pop())
		return true
	}
	if proc < 0 || at > limit {
		return false
	}
	w.tick(proc, at)
	return true
}

// nextWake is the earliest timer of all processes.
func (w *promiseWorld) nextWake() (at time.Duration, proc int) {
	proc = -1
	for i := range w.procs {
		p := &w.procs[i]
		if due := max(p.wake, p.frozen); p.alive && p.hasWake && (proc < 0 || due < at) {
			at, proc = due, i
		}
	}
	return at, proc
}

// tick is a timer that fires, a little late at times. One that changes nothing
// and is due again is a timer that burns.
func (w *promiseWorld) tick(proc int, at time.Duration) {
	p := &w.procs[proc]
	if at > w.clock {
		p.burns = 0
		w.clock = at
	}
	if p.burns++; p.burns > 6 {
		w.breaks("timer: process %d is due at once again and again", proc)
	}
	w.step(p, Tick{})
}

// frozenUntil is when the process that an item is for takes it.
func (w *promiseWorld) frozenUntil(i promiseItem) time.Duration {
	switch i.kind {
	case itemReply, itemTimeout:
		return w.procs[i.leaf.proc].frozen
	case itemChanged, itemGap, itemLeave:
		return w.procs[i.proc].frozen
	case itemAsk, itemServe, itemBoot:
	}
	return 0
}

func (w *promiseWorld) happen(i promiseItem) {
	if until := w.frozenUntil(i); until > w.clock {
		i.at = until
		w.push(i)
		return
	}
	switch i.kind {
	case itemAsk:
		w.askSomething()
	case itemServe:
		w.serve(i.leaf)
	case itemReply:
		w.reply(i.leaf)
	case itemTimeout:
		w.deliver(i.leaf, TimedOut{})
	case itemChanged:
		if p := &w.procs[i.proc]; p.alive && p.life == i.life {
			w.step(p, Changed{Rev: messages.Rev(i.number), Record: w.store.past[i.number-1].record})
		}
	case itemGap:
		w.mend(&w.procs[i.proc], i.life)
	case itemBoot:
		w.boot(i.proc)
	case itemLeave:
		w.leaves(&w.procs[i.proc], i.life, Caller(i.number))
	}
}
