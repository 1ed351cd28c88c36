package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// promiseLeaf is one leaf of I/O on its way.
type promiseLeaf struct {
	Leaf
	proc, life int
	effect     Effect
	sent       time.Duration
	instead    Outcome   // what is reported whatever was done; nil: what was done
	outcome    Outcome   // what was done; nil: nothing yet
	limit      time.Time // of an exchange: its subject's expiry
}

// launch sends a leaf on its way, and draws how it fares.
func (w *promiseWorld) launch(p *promiseProc, h Leaf, e Effect, fates func(*promiseLeaf) bool) {
	l := &promiseLeaf{Leaf: h, proc: p.id, life: p.life, effect: e, sent: w.clock}
	w.flies(p, l)
	if fates(l) || w.commonFate(l) {
		return
	}
	w.fine(l)
}

// fine serves a leaf and reports it soon.
func (w *promiseWorld) fine(l *promiseLeaf) {
	there := w.between(time.Millisecond, 30*time.Millisecond)
	w.after(there, promiseItem{kind: itemServe, leaf: l})
	w.after(there+w.between(time.Millisecond, 30*time.Millisecond), promiseItem{kind: itemReply, leaf: l})
	if w.draws(faultTwice) {
		w.after(w.between(0, 2*l.Deadline), promiseItem{kind: itemReply, leaf: l})
	}
}

// commonFate is what can go wrong with every leaf.
func (w *promiseWorld) commonFate(l *promiseLeaf) bool {
	switch {
	case w.draws(faultSlow):
		w.slow(l)
	case w.draws(faultUnsent):
		w.ends(l)
	case w.draws(faultUnheard):
		w.lost(l, excuseAnswer)
		w.after(w.between(0, l.Deadline), promiseItem{kind: itemServe, leaf: l})
		w.ends(l)
	case w.draws(faultLate):
		w.lost(l, excuseLate)
		w.after(l.Deadline+w.between(0, 40*time.Second), promiseItem{kind: itemServe, leaf: l})
		w.ends(l)
	case w.draws(faultSilent):
		w.lost(l, excuseAnswer)
		w.after(w.between(0, l.Deadline), promiseItem{kind: itemServe, leaf: l})
		w.after(l.Deadline+leafGrace+w.between(0, 20*time.Second), promiseItem{kind: itemReply, leaf: l})
	default:
		return false
	}
	return true
}

// slow is a leaf that may miss its deadline. One that does is given up, and its
// answer may come all the same.
func (w *promiseWorld) slow(l *promiseLeaf) {
	there := w.between(0, l.Deadline)
	back := w.between(there, l.Deadline*3/2)
	w.after(there, promiseItem{kind: itemServe, leaf: l})
	if back < l.Deadline {
		w.after(back, promiseItem{kind: itemReply, leaf: l})
		return
	}
	w.lost(l, excuseAnswer)
	w.after(l.Deadline, promiseItem{kind: itemTimeout, leaf: l})
	if w.rng.IntN(2) == 0 {
		w.after(back, promiseItem{kind: itemReply, leaf: l})
	}
}

// ends reports a leaf as given up at its deadline.
func (w *promiseWorld) ends(l *promiseLeaf) {
	w.after(l.Deadline, promiseItem{kind: itemTimeout, leaf: l})
}

// lost excuses what may come of a Mint or a Save whose end is not known.
func (w *promiseWorld) lost(l *promiseLeaf, why promiseExcuse) {
	switch l.effect.(type) {
	case Mint:
		w.excuses[why] = true
	case Save:
		w.excuses[excuseCut] = w.excuses[excuseCut] || w.plan.settings.Store.Shared
	}
}

// mintFate is what can go wrong at the token endpoint.
func (w *promiseWorld) mintFate(l *promiseLeaf) bool {
	switch {
	case w.draws(faultBusy):
		l.instead = Failed{Failure: messages.Failure{
			Status:     pick(w.rng, 429, 503),
			RetryAfter: pick(w.rng, 0, time.Second, 5*time.Second, time.Minute, time.Hour),
		}}
	case w.draws(faultHopeless):
		l.instead = Failed{Failure: messages.Failure{Verdict: messages.Hopeless, Status: 401, Code: "invalid_client"}}
	case w.draws(faultBroken):
		l.instead = Failed{Failure: messages.Failure{Verdict: messages.Doubtful, Status: pick(w.rng, 500, 502, 504)}}
		if w.rng.IntN(2) == 0 {
			w.lost(l, excuseAnswer)
			w.after(time.Millisecond, promiseItem{kind: itemServe, leaf: l})
		}
	default:
		return false
	}
	w.after(w.between(time.Millisecond, time.Second), promiseItem{kind: itemReply, leaf: l})
	return true
}

// storeFate is what can go wrong at the store.
func (w *promiseWorld) storeFate(l *promiseLeaf) bool {
	if w.draws(faultDown) {
		w.store.downUntil = w.clock + w.between(0, 3*time.Minute)
	}
	_, load := l.effect.(Load)
	switch {
	case !w.calm && w.clock < w.store.downUntil, w.draws(faultUnwritten):
		l.instead = Unwritten{Reason: "down"}
	case !load && w.draws(faultOpen):
		l.instead = Unwritten{Reason: "connection reset", Open: true}
		if w.rng.IntN(3) != 0 {
			w.after(w.between(0, 20*time.Second), promiseItem{kind: itemServe, leaf: l})
		}
	default:
		return false
	}
	if load {
		l.instead = Unread{Reason: "down"}
	}
	w.lost(l, excuseCut)
	w.after(w.between(time.Millisecond, time.Second), promiseItem{kind: itemReply, leaf: l})
	return true
}

func (w *promiseWorld) queueFate(l *promiseLeaf) bool {
	wait := time.Duration(0)
	if w.draws(faultQueue) {
		wait = w.between(0, 6*time.Minute)
	}
	l.outcome = Granted{}
	w.after(wait, promiseItem{kind: itemReply, leaf: l})
	return true
}

// serve is a leaf that has arrived.
func (w *promiseWorld) serve(l *promiseLeaf) {
	p := &w.procs[l.proc]
	gone := !p.alive || p.life != l.life
	if gone && l.outcome == nil {
		if !w.plan.settings.Store.Shared && !l.remote() {
			return // a process that is gone writes no file
		}
	}
	switch e := l.effect.(type) {
	case Load:
		back := 0
		if w.plan.settings.Store.Shared && w.draws(faultBehind) {
			back = 1 + w.rng.IntN(3)
		}
		l.outcome = w.store.load(e.Min, back)
	case Claim:
		l.outcome = w.swap(e.Swap)
	case Save:
		l.outcome = w.swap(e.Swap)
	case Mint:
		l.outcome = w.serveMint(l, e)
	case Exchange:
		l.outcome = w.serveExchange(l, e)
	case RevokeToken:
		l.outcome = w.server.revoke(e.Token, e.Refresh)
	}
}

func (l *promiseLeaf) remote() bool {
	switch l.effect.(type) {
	case Mint, Exchange, RevokeToken:
		return true
	}
	return false
}

// serveMint is the token endpoint.
func (w *promiseWorld) serveMint(l *promiseLeaf, e Mint) Outcome {
	p := promisePair{proc: l.proc, life: l.life, leaf: l.Number}
	if len(e.Proofs) > 0 {
		return w.serveLogin(l, e, p)
	}
	if !w.plan.rules.OneTime {
		p.family = w.server.newFamily()
		return Minted{Token: w.minted(l, p)}
	}
	if w.draws(faultConsent) {
		w.excuses[excuseConsent] = true
		if old := w.server.pair(e.Refresh); old != nil {
			w.server.families[old.family] = true
		}
	}
	switch w.server.spend(e.Refresh, w.clock) {
	case promiseReused:
		w.checkReuse(l, e)
	case promiseGranted:
		p.family = w.server.pair(e.Refresh).family
		t := w.minted(l, p)
		if w.server.keeps {
			t.Refresh = ""
		}
		return Minted{Token: t}
	case promiseDenied:
	}
	return Failed{Failure: messages.Failure{Verdict: messages.GrantDenied, Status: 400, Code: "invalid_grant"}}
}

// wrongProof is a proof that the server does not accept.
const wrongProof messages.Secret = "wrong"

// serveLogin is the endpoint where grants begin.
func (w *promiseWorld) serveLogin(l *promiseLeaf, e Mint, p promisePair) Outcome {
	if e.Proofs[0] == wrongProof {
		return Failed{Failure: messages.Failure{Verdict: messages.GrantDenied, Status: 401}}
	}
	w.noteLogins(l.proc)
	p.family = w.server.login()
	return Minted{Token: w.minted(l, p)}
}

// noteLogins excuses that the server ends one of two grants that begin at once.
func (w *promiseWorld) noteLogins(but int) {
	for i := range w.procs {
		if p := &w.procs[i]; i != but && p.session.run.purpose == establish {
			w.excuses[excuseLogins] = true
		}
	}
}

// minted is a token as the process sees it, whose life it counts from the sending.
func (w *promiseWorld) minted(l *promiseLeaf, p promisePair) messages.Token {
	t := w.pairOf(p)
	life := t.Lifetime()
	t.Issued = promiseEpoch.Add(l.sent)
	t.Expiry = t.Issued.Add(life)
	if w.plan.refresh > 0 {
		t.RefreshExpiry = t.Issued.Add(w.plan.refresh)
	}
	if w.plan.open && life > assumedLife && w.rng.IntN(4) == 0 {
		t.Expiry = time.Time{}
	}
	return t
}

// reply reports what a leaf has brought.
func (w *promiseWorld) reply(l *promiseLeaf) {
	switch {
	case l.instead != nil:
		w.deliver(l, l.instead)
	case l.outcome != nil:
		w.deliver(l, l.outcome)
	}
}
