package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// end lets the faults stop, and sees whether everything mends.
func (w *promiseWorld) end() {
	if w.broken != "" {
		return
	}
	w.calm = true
	w.logf("%v from here on nothing goes wrong", w.clock)
	w.settle(w.clock + 15*time.Minute)
	for i := range w.procs {
		w.finalAsk(&w.procs[i])
		w.settle(w.clock + time.Second) // the others hear of it
	}
	w.checkKept()
	w.closeAll()
}

// settle lets happen what is under way.
func (w *promiseWorld) settle(limit time.Duration) {
	last := w.steps + 3000
	for w.broken == "" && w.turn(limit) {
		if w.steps > last {
			w.breaks("calm: it never comes to rest")
		}
	}
	w.clock = max(w.clock, limit)
}

// finalAsk asks until there is a token or nothing more to wait for.
func (w *promiseWorld) finalAsk(p *promiseProc) {
	if w.broken != "" {
		return
	}
	if !p.alive {
		w.breaks("calm: process %d has not started again", p.id)
		return
	}
	var err error
	for limit := w.clock + w.plan.life + 3*time.Hour; w.broken == "" && w.clock < limit; {
		var a messages.Ask = messages.Refresh{}
		if err != nil {
			a = messages.Get{}
		}
		c := w.ask(p, askRefresh, a)
		w.until(p, c)
		if w.broken != "" {
			return
		}
		err = p.callers[c-1].reply.Err
		after, again := messages.RetryAfter(err)
		if !again {
			break
		}
		w.settle(w.clock + after + time.Millisecond)
	}
	w.judge(err)
	if err == nil {
		w.finalExchange(p)
	}
}

// until waits for an answer.
func (w *promiseWorld) until(p *promiseProc, c Caller) {
	limit := w.clock + 2*time.Minute
	for w.broken == "" && !p.callers[c-1].answered {
		if !w.turn(limit) {
			w.breaks("calm: caller %d is not answered", c)
		}
	}
}

// judge says whether an honest end was due.
func (w *promiseWorld) judge(err error) {
	if w.broken != "" || err == nil || w.plan.static {
		return
	}
	r := w.store.now()
	switch {
	case !w.plan.rules.Human:
		w.breaks("recovers: a grant that can be used again brings no token: %v", err)
	case r == nil && w.plan.given && w.good(w.plan.rules.Given):
		w.breaks("recovers: what was given is not used: %v", err)
	case r == nil, r.Status.Tombstone():
	case w.good(r.Token):
		w.breaks("recovers: the store has a good refresh token: %v", err)
	}
}

// good reports whether a token can be renewed, to the server's knowledge and to ours.
func (w *promiseWorld) good(t messages.Token) bool {
	return w.server.renewable(t.Refresh) && !w.runOut(t)
}

func (w *promiseWorld) runOut(t messages.Token) bool {
	return !t.RefreshExpiry.IsZero() && !w.now().Before(t.RefreshExpiry)
}

// checkKept looks whether a rotated token was lost.
func (w *promiseWorld) checkKept() {
	r := w.store.now()
	if w.broken != "" || !w.plan.rules.OneTime || w.excused() || r == nil {
		return
	}
	if r.Status != messages.Alive || !w.server.renewable(r.Token.Refresh) && !w.runOut(r.Token) {
		w.breaks("kept: the refresh token was lost")
	}
}

// closeAll lets go of everything, and sees whether it ends.
func (w *promiseWorld) closeAll() {
	w.over = true
	for i := range w.procs {
		if p := &w.procs[i]; p.alive && w.broken == "" {
			p.closed = true
			w.step(p, Close{})
		}
	}
	if w.broken == "" {
		w.settle(w.clock + 15*time.Minute)
	}
	for i := range w.procs {
		if w.procs[i].alive {
			w.breaks("close: process %d is not quiet", i)
		}
	}
}
