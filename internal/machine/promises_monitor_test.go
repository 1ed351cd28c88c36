package machine

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Each promise below says, where it is broken, its name first.

// flies checks that a leaf does not go out while another is under way.
func (w *promiseWorld) flies(p *promiseProc, l *promiseLeaf) {
	switch e := l.effect.(type) {
	case Queue:
		if e.Flight != 0 {
			w.fliesBeside(p, l, e.Flight, "")
			return
		}
	case Exchange:
		l.limit = p.session.pair.token.Expiry
		w.fliesBeside(p, l, e.Flight, e.For.Scopes[0])
		return
	}
	if l.Number <= p.lastLeaf {
		w.breaks("one leaf: number %d was used before", l.Number)
	}
	p.lastLeaf = l.Number
	if old := p.flight.leaf; old != nil && !p.flight.landed && !w.mayAbandon(p, old) {
		w.breaks("one leaf: %d goes out while %d is under way", l.Number, old.Number)
	}
	p.flight = promiseFlight{leaf: l}
}

// mayAbandon reports whether a leaf need not have landed: it was given up by the
// session's own guard, or nothing hangs on it.
func (w *promiseWorld) mayAbandon(p *promiseProc, l *promiseLeaf) bool {
	switch l.effect.(type) {
	case Queue, Load:
		return true
	case Claim: // abandoned for a pair that came late
		if p.session.run.minted.generation != 0 {
			return true
		}
	case Mint:
		if p.closed && !w.plan.rules.OneTime {
			return true
		}
	}
	return w.clock >= l.sent+l.Deadline+leafGrace
}

// checkMint looks at a request before it is sent.
func (w *promiseWorld) checkMint(p *promiseProc, e Mint) {
	if len(e.Proofs) > 0 {
		w.checkProofs(p, e)
		return
	}
	if of := [2]uint64{p.session.pair.grant, p.session.pair.generation}; e.Renewal != p.renewal || of != p.mintsOf {
		p.renewal, p.mints, p.mintsOf = e.Renewal, 0, of
	}
	p.mints++
	if p.mints > 1+max(0, p.settings.Retries) {
		w.breaks("bound: renewal %d sends request %d", e.Renewal, p.mints)
	}
	ending := p.session.run.purpose == revoke
	same := p.restedOf == placeOf(&p.session)
	if w.clock < p.rested && same && !ending {
		w.breaks("pause: Mint %v too early", p.rested-w.clock)
	}
	if w.plan.rules.RenewalRevokes && p.published && w.now().Before(p.snapshot.Until) {
		w.breaks("withdrawn: a token that dies is published while it is renewed")
	}
	w.checkHalf(p, e)
	if w.plan.static {
		w.breaks("static: it mints")
	}
	if w.plan.rules.OneTime {
		w.checkSpend(p, e, ending)
	}
}

// checkProofs finds proofs that may have been used already.
func (w *promiseWorld) checkProofs(p *promiseProc, e Mint) {
	if e.Attempt > 1+max(0, p.settings.Retries) {
		w.breaks("bound: a login sends request %d", e.Attempt)
	}
	if e.Proofs[0] != wrongProof && slices.Contains(p.doubted, e.Proofs[0]) {
		w.breaks("proofs: %s is sent again after an answer was lost", e.Proofs[0].Reveal())
	}
}

// checkSpend keeps an eye on refresh tokens that can be used once.
func (w *promiseWorld) checkSpend(p *promiseProc, e Mint, ending bool) {
	n := promiseNumber(e.Refresh)
	if !w.store.has(promiseSecret("a", n)) && !ending {
		w.breaks("saved: r%d is spent before it is saved", n)
	}
	i := slices.IndexFunc(p.sent, func(s promiseSent) bool { return s.pair == n })
	if i < 0 {
		p.sent = append(p.sent, promiseSent{pair: n, first: w.clock, flying: e.Number})
		return
	}
	s := &p.sent[i]
	if s.flying != 0 && p.flight.leaf.Number == s.flying && !w.mayAbandon(p, p.flight.leaf) {
		w.breaks("twice: r%d is sent while it is under way", n)
	}
	s.flying = e.Number
	if !s.doubt {
		s.first = w.clock
		return
	}
	grace := s.first + w.plan.rules.ReuseGrace - e.Deadline
	if !ending && !w.server.keeps && !w.plan.rules.RenewalRevokes && p.session.pair.serves(w.now()) && w.clock >= grace {
		w.breaks("doubt: r%d is sent again, and a valid token is held", n)
	}
}

// learn is what the monitors take from a report.
func (w *promiseWorld) learn(p *promiseProc, l *promiseLeaf, o Outcome) {
	current := p.flight.leaf == l && !p.flight.landed && w.clock < l.sent+l.Deadline+leafGrace
	if p.flight.leaf == l {
		p.flight.landed = true
	}
	m, ok := l.effect.(Mint)
	if !ok {
		return
	}
	var f messages.Failure
	switch o := o.(type) {
	case Failed:
		f = o.Failure
	case TimedOut:
		f.Verdict = messages.Doubtful
	case Minted:
		if current {
			w.brings(p, o.Token)
		}
		w.settled(p, m)
		return
	default:
		w.settled(p, m)
		return
	}
	if len(m.Proofs) > 0 {
		if f.Verdict == messages.Doubtful {
			p.doubted = append(p.doubted, m.Proofs[0])
		}
		return
	}
	if f.Verdict == messages.GrantDenied {
		w.settled(p, m)
		return
	}
	if s := &p.session; current && s.state != Revoked {
		p.restedOf = placeOf(s)
		p.rested = w.clock + min(f.RetryAfter, retryAfterMax)
		if s.state == Acquiring && !s.pair.serves(w.now()) {
			p.rested = max(p.rested, w.clock+retryBase)
		}
	}
	for i := range p.sent {
		if s := &p.sent[i]; s.flying == l.Number {
			s.flying = 0
			s.doubt = s.doubt || f.Verdict == messages.Doubtful
		}
	}
}

// settled forgets a refresh token of which the end is known.
func (w *promiseWorld) settled(p *promiseProc, m Mint) {
	p.sent = slices.DeleteFunc(p.sent, func(s promiseSent) bool { return s.pair == promiseNumber(m.Refresh) })
}

// checkReuse is a spent refresh token that came again.
func (w *promiseWorld) checkReuse(l *promiseLeaf, e Mint) {
	w.logf("%v p%d: the server finds %s used again", w.clock, l.proc, e.Refresh.Reveal())
	if !w.excused() {
		w.breaks("reuse: %s is sent to the server again", e.Refresh.Reveal())
	}
	w.tally.reused++
}

func (w *promiseWorld) excused() bool { return w.excuses != [excuseCount]bool{} }

// checkRecord is what may follow what in the store.
func (w *promiseWorld) checkRecord(was, is messages.Record) {
	w.logf("%v store %d: grant %d generation %d %s status %d claim %s", w.clock, w.store.rev(),
		is.Grant, is.Generation, is.Token.Access.Reveal(), is.Status, is.Claim.Owner)
	if was.Newer(is.Grant, is.Generation) {
		w.breaks("record: (%d, %d) follows (%d, %d)", is.Grant, is.Generation, was.Grant, was.Generation)
	}
	if was.Status.Tombstone() && !is.Status.Tombstone() && is.Grant <= was.Grant {
		w.breaks("tombstone: a renewal of grant %d overwrites it", is.Grant)
	}
	if is.Status.Tombstone() && !was.Status.Tombstone() {
		w.buried = w.clock
	}
	pair := w.server.pair(is.Token.Access)
	if was.Status.Tombstone() && !is.Status.Tombstone() && pair != nil && pair.proc >= 0 && pair.issued < w.buried {
		w.breaks("tombstone: a pair of before the Revoke overwrites it")
	}
	if was.Status == messages.Gone && is.Status == messages.Revoking && is.Grant <= was.Grant {
		w.breaks("tombstone: it goes back")
	}
	if was.Status == messages.Dead && is.Status == messages.Alive && !is.Newer(was.Grant, was.Generation) {
		w.breaks("death: the same generation lives again")
	}
}

// checkToken is a token in somebody's hands.
func (w *promiseWorld) checkToken(p *promiseProc, t messages.Token, how string) {
	n := promiseNumber(t.Access)
	pair := w.server.pair(t.Access)
	if pair == nil {
		w.breaks("token: %q %s is no token", t.Access.Reveal(), how)
		return
	}
	if !w.now().Before(t.Expiry) {
		w.breaks("expired: a%d %s", n, how)
	}
	if slices.Contains(p.barredPairs, n) {
		w.breaks("rejected: a%d %s", n, how)
	}
	mine := pair.proc == p.id && pair.life == p.life && pair.leaf <= p.barredLeaf
	if slices.Contains(p.barredFamilies, pair.family) || mine {
		w.breaks("revoked: a%d %s", n, how)
	}
	if len(w.procs) == 1 && !w.excused() && !w.server.alive(t.Access, w.clock) {
		w.breaks("dead: a%d %s", n, how)
	}
}

// published is a token that anybody may take from now on.
func (w *promiseWorld) published(p *promiseProc, e Publish) {
	p.published, p.snapshot = true, e
	w.checkToken(p, e.Token, "published")
	w.checkSeen(p, e.Token)
	if e.Until.After(e.Token.Expiry) {
		w.breaks("expired: it is published beyond its end")
	}
	if !e.Until.After(w.now()) {
		w.breaks("expired: it is published for no time")
	}
}

// checkSeen: a token that was unseen is not given out before a look.
func (w *promiseWorld) checkSeen(p *promiseProc, t messages.Token) {
	if p.unseen != "" && t.Access == p.unseen {
		w.breaks("unseen: %s is given out before a look at the store", t.Access.Reveal())
	}
}

// checkPlace is where a token that is published stands among the others.
func (w *promiseWorld) checkPlace(p *promiseProc) {
	at := [2]uint64{p.session.pair.grant, p.session.pair.generation}
	if messages.Record.Newer(messages.Record{Grant: p.high[0], Generation: p.high[1]}, at[0], at[1]) {
		w.breaks("order: %v is published after %v", at, p.high)
	}
	p.high = at
	if token := p.snapshot.Token.Access; !w.store.has(token) && !p.unsaved && !p.session.unsaved.waiting {
		w.breaks("saved: %s is published before it is saved", token.Reveal())
	}
}

// promiseBefore is what is remembered of a session before a step.
type promiseBefore struct {
	cooling bool
	run     purpose
}

func (w *promiseWorld) lookBefore(p *promiseProc) promiseBefore {
	s := &p.session
	return promiseBefore{
		cooling: s.state == Cooling && w.now().Before(s.due),
		run:     s.run.purpose,
	}
}

// lookAfter checks what must hold after each step.
func (w *promiseWorld) lookAfter(p *promiseProc, ev Event, b promiseBefore) {
	if p.published {
		w.checkPlace(p)
	}
	if p.published && w.now().Before(p.snapshot.Until) {
		w.checkSeen(p, p.snapshot.Token)
	}
	w.checkShape(p)
	w.checkFlights(p)
	w.checkSnapshot(p)
	w.checkWaiting(p)
	w.checkBrought(p)
	if _, leaving := ev.(Leave); !leaving { // he is taken off the list when it has happened
		w.checkCount(p)
	}
	if ask, ok := ev.(Ask); ok && b.cooling {
		if _, get := ask.Ask.(messages.Get); get && b.run == nothing && p.session.run.purpose == renew {
			w.breaks("cooling: a Get starts a renewal")
		}
	}
	if p.session.rev < p.rev {
		w.breaks("revision: %d is known after %d", p.session.rev, p.rev)
	}
	p.rev = p.session.rev
}

// checkShape is what a session is never without.
func (w *promiseWorld) checkShape(p *promiseProc) {
	s := &p.session
	waiting := len(s.held) - s.gone
	switch {
	case s.run.active() && s.run.stage == resting:
		w.breaks("progress: a run rests")
	case s.run.stage.leaf() && (p.flight.leaf == nil || p.flight.leaf.Number != s.run.leaf || p.flight.landed):
		w.breaks("progress: leaf %d is waited for and not under way", s.run.leaf)
	case waiting+len(s.logins) > 0 && !s.run.active():
		w.breaks("held: %d wait and nothing is under way", waiting+len(s.logins))
	case s.state == Acquiring && !s.run.active():
		w.breaks("held: Acquiring and nothing is under way")
	case s.state == Closed && waiting > 0:
		w.breaks("held: %d wait for a session that is closed", waiting)
	case s.run.stage != resting && s.Wake().IsZero():
		w.breaks("progress: nothing ends the stage %d", s.run.stage)
	}
	if s.state == Revoked {
		w.bar(p)
	}
}

// checkSnapshot is what is published, seen from the state.
func (w *promiseWorld) checkSnapshot(p *promiseProc) {
	s := &p.session
	if !p.published || !w.now().Before(p.snapshot.Until) {
		return
	}
	if !s.state.valid() || p.snapshot.Token.Access != s.pair.token.Access {
		w.breaks("snapshot: %s is published in %v", p.snapshot.Token.Access.Reveal(), s.state)
	}
	if !s.pair.serves(w.now()) {
		w.breaks("snapshot: %s is published and must not be given out", p.snapshot.Token.Access.Reveal())
	}
}

// checkCount checks that the session knows how many wait for a token: it bounds them.
func (w *promiseWorld) checkCount(p *promiseProc) {
	n := 0
	for _, c := range p.callers[p.oldest:] {
		token := c.ask == askGet || c.ask == askRefresh || c.ask == askExchange
		if token && !c.answered && !c.left {
			n++
		}
	}
	if counted := (&step{Session: p.session}).waiting(); counted != n || n > p.settings.HoldAtMost {
		w.breaks("held: %d wait, and the session counts %d of at most %d", n, counted, p.settings.HoldAtMost)
	}
}

// checkWaiting finds those who have waited too long.
func (w *promiseWorld) checkWaiting(p *promiseProc) {
	for p.oldest < len(p.callers) {
		c := p.callers[p.oldest]
		if !c.answered && !c.left {
			break
		}
		p.oldest++
	}
	if p.oldest == len(p.callers) {
		return
	}
	c := p.callers[p.oldest]
	limit := 2*p.settings.QueueFor + p.settings.HoldFor + 2*time.Minute
	switch c.ask {
	case askRevoke:
		limit = time.Hour
	case askExchange:
		limit *= 3
	}
	if w.clock > c.at+limit {
		w.breaks("answered: caller %d has waited for %v", p.oldest+1, w.clock-c.at)
	}
}
