package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// askSomething has somebody ask one of the processes, and the next one come at
// an interesting moment.
func (w *promiseWorld) askSomething() {
	if w.calm {
		return
	}
	p := &w.procs[w.rng.IntN(len(w.procs))]
	w.after(w.untilNext(p), promiseItem{kind: itemAsk})
	if p.alive && w.clock >= p.frozen {
		w.askOf(p)
	}
}

// untilNext clusters those who ask, and has them aim at the moments at which
// something changes.
func (w *promiseWorld) untilNext(p *promiseProc) time.Duration {
	switch w.rng.IntN(8) {
	case 0, 1, 2, 3:
		return w.between(0, 250*time.Millisecond)
	case 4, 5, 6:
		return w.aim(p)
	}
	return w.between(0, w.plan.life)
}

func (w *promiseWorld) aim(p *promiseProc) time.Duration {
	s := &p.session
	at := pick(w.rng, s.Wake(), s.pair.staleAt, s.pair.expiredAt, s.pair.token.Expiry, s.due)
	d := at.Sub(w.now()) + pick(w.rng, -time.Second, -time.Millisecond, 0, 0, time.Millisecond, time.Second)
	if at.IsZero() || d < 0 || d > 2*time.Hour {
		return w.between(0, 2*time.Second)
	}
	return d
}

func (w *promiseWorld) askOf(p *promiseProc) {
	switch n := w.rng.IntN(100); {
	case n < 20:
		w.ask(p, askGet, messages.Get{})
	case n < 25:
		w.crowdAsks(p)
	case n < 39:
		w.exchangesSomething(p)
	case n < 40:
		w.rejectExchanged(p)
	case n < 55:
		w.getPublished(p)
	case n < 62:
		w.ask(p, askGet, messages.Get{MinValidity: w.between(0, w.plan.life*5/4)})
	case n < 72:
		w.ask(p, askRefresh, messages.Refresh{})
	case n < 74:
		w.ask(p, askRefresh, messages.Refresh{MinValidity: w.between(0, w.plan.life*5/4)})
	case n < 81:
		w.ask(p, askReject, messages.Reject{Token: w.somePair(p)})
	case n < 88:
		w.someoneLeaves(p)
	case n < 91:
		w.revokeSometimes(p)
	case n < 95:
		w.establishSometimes(p)
	case n < 98:
		if w.plan.sleeps {
			p.rested = 0
			w.step(p, Sleep{})
		}
	default:
		if w.plan.closes {
			p.closed = true
			w.step(p, Close{})
		}
	}
}

// ask makes a caller of somebody.
func (w *promiseWorld) ask(p *promiseProc, kind promiseAsk, a messages.Ask) Caller {
	if kind == askRevoke {
		if w.step(p, Tick{}); !p.alive { // what is due comes before it
			return 0
		}
	}
	p.callers = append(p.callers, promiseCaller{ask: kind, at: w.clock, pair: w.heldNow(p, kind), grant: p.session.pair.grant})
	if r, ok := a.(messages.Reject); ok {
		p.callers[len(p.callers)-1].refused = promiseNumber(r.Token)
	}
	if x, ok := a.(messages.Exchange); ok {
		p.callers[len(p.callers)-1].set = x.Scopes[0]
	}
	c := Caller(len(p.callers))
	if kind == askRevoke {
		w.revokeAsked(p)
	}
	w.step(p, Ask{Caller: c, Ask: a})
	if !w.calm && w.rng.IntN(8) == 0 {
		w.after(w.between(0, 5*time.Second), promiseItem{kind: itemLeave, proc: p.id, life: p.life, number: uint64(c)})
	}
	return c
}

// crowdAsks has several ask for the same at once, some of whom leave.
func (w *promiseWorld) crowdAsks(p *promiseProc) {
	first, more := Caller(len(p.callers)+1), w.rng.IntN(6)
	for range more + 1 {
		p.callers = append(p.callers, promiseCaller{ask: askGet, at: w.clock, grant: p.session.pair.grant})
	}
	w.step(p, Ask{Caller: first, More: more, Ask: pick[messages.Ask](w.rng, messages.Get{}, messages.Get{},
		messages.Get{MinValidity: w.between(0, w.plan.life*5/4)}, messages.Refresh{})})
	for c := range more + 1 {
		if !w.calm && w.rng.IntN(4) == 0 {
			w.after(w.between(0, 5*time.Second), promiseItem{kind: itemLeave, proc: p.id, life: p.life, number: uint64(first) + uint64(c)})
		}
	}
}

// getPublished is the hot path: what is published is taken without asking, and
// the first who finds it stale says so.
func (w *promiseWorld) getPublished(p *promiseProc) {
	now := w.now()
	if !p.published || !now.Before(p.snapshot.Until) {
		w.ask(p, askGet, messages.Get{})
		return
	}
	w.logf("%v p%d: somebody takes %s", w.clock, p.id, p.snapshot.Token.Access.Reveal())
	w.checkToken(p, p.snapshot.Token, "taken")
	if !now.Before(p.snapshot.StaleAt) {
		w.step(p, Ask{Ask: messages.Get{}})
	}
}

// somePair is a token to reject: the one held, an old one, or one of elsewhere.
func (w *promiseWorld) somePair(p *promiseProc) messages.Secret {
	switch w.rng.IntN(10) {
	case 0:
		return "a999999"
	case 1, 2:
		return promiseSecret("a", 1+w.rng.IntN(1+len(w.server.pairs)))
	}
	return p.session.pair.token.Access
}

func (w *promiseWorld) someoneLeaves(p *promiseProc) {
	for i := p.oldest; i < len(p.callers); i++ {
		if c := p.callers[i]; !c.answered && !c.left && w.rng.IntN(2) == 0 {
			w.leaves(p, p.life, Caller(i+1))
			return
		}
	}
}

func (w *promiseWorld) leaves(p *promiseProc, life int, id Caller) {
	if p.life != life || !p.alive {
		return
	}
	if c := &p.callers[id-1]; !c.left {
		w.step(p, Leave{Caller: id})
		c.left = true
	}
}

func (w *promiseWorld) revokeSometimes(p *promiseProc) {
	if w.plan.revokes && w.plan.rules.Revocable {
		w.excuses[excuseRevoked] = true
		w.ask(p, askRevoke, messages.Revoke{})
	}
}

// establishSometimes has a human log in, or an old token be offered again.
func (w *promiseWorld) establishSometimes(p *promiseProc) {
	if !w.plan.rules.Human {
		return
	}
	if w.plan.rules.Proofs && w.rng.IntN(3) != 0 {
		w.logsIn(p)
		return
	}
	var t messages.Token
	if len(w.logins) > 0 && w.rng.IntN(3) == 0 {
		t = w.logins[w.rng.IntN(len(w.logins))]
	} else {
		t = w.login()
	}
	w.installs++
	w.ask(p, askEstablish, messages.Establish{Token: t})
}

// logsIn has a human prove who he is, or somebody say so.
func (w *promiseWorld) logsIn(p *promiseProc) {
	w.proofs++
	proof := promiseSecret("p", w.proofs)
	if w.rng.IntN(4) == 0 {
		proof = wrongProof
	}
	w.ask(p, askLogin, messages.Establish{Proofs: []messages.Secret{proof}})
}
