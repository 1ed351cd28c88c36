package simcore

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// flies: at most one renewal is under way for a session of a process, and it is at one
// leaf at a time.
func (s *look) flies(l machine.Leaf, e machine.Effect) {
	w := s.by.world
	if l.Number <= s.leaf {
		w.breaks("one renewal", "leaf %d was used before", l.Number)
	}
	s.leaf = l.Number
	if old := s.flight; old.number != 0 && !old.landed && !s.mayAbandon(old) {
		w.breaks("one renewal", "leaf %d goes out while %d is under way", l.Number, old.number)
	}
	s.flight = flight{number: l.Number, effect: e, since: s.now, deadline: l.Deadline}
}

// mayAbandon reports whether a leaf need not have landed: it has had its time, or nothing
// hangs on it.
func (s *look) mayAbandon(f flight) bool {
	switch f.effect.(type) {
	case machine.Queue, machine.Load:
		return true
	case machine.Claim: // abandoned for a pair that came late
		if d, ok := s.ev.(machine.Done); ok {
			if _, minted := d.Outcome.(machine.Minted); minted {
				return true
			}
		}
	case machine.Mint:
		if s.view.State == machine.Closed && !s.by.world.rules[s.index].OneTime {
			return true
		}
	}
	return !s.now.Before(f.since.Add(f.deadline + leafGrace))
}

// fliesBeside: sixteen exchanges of a session at most are under way, and one for the same.
func (s *look) fliesBeside(e machine.Exchange) {
	w := s.by.world
	s.leaf = max(s.leaf, e.Number)
	if s.by.world.rules[s.index].Exchanging != machine.ByRequest {
		w.breaks("exchange", "a kind that does not exchange sends a request")
	}
	s.aloft = slices.DeleteFunc(s.aloft, func(x exchange) bool { return s.is.Flight(x.flight).Leaf != x.leaf })
	for _, x := range s.aloft {
		if x.scope == e.For.Scopes[0] {
			w.breaks("exchange", "two requests for %s are under way", x.scope)
		}
	}
	s.aloft = append(s.aloft, exchange{leaf: e.Number, flight: e.Flight, scope: e.For.Scopes[0]})
	if len(s.aloft) > 16 {
		w.breaks("exchange", "%d are under way", len(s.aloft))
	}
	s.checkToken(messages.Token{Access: e.Subject, Expiry: s.view.Expiry}, "exchanged")
}

// checkMint looks at a request before it is sent.
func (s *look) checkMint(e machine.Mint) {
	w := s.by.world
	rules := &w.rules[s.index]
	if len(e.Proofs) > 0 {
		s.checkTries(e.Attempt)
		return
	}
	held, _ := s.is.Refresh()
	if m := &s.mints; m.renewal != e.Renewal || m.of != held || m.at != s.place() {
		*m = mints{renewal: e.Renewal, of: held, at: s.place()}
	}
	s.mints.n++
	ending := w.known[s.index].revokes > 0 && !s.view.Renewing // by a Revoke, beside which something may be given
	if !ending {
		s.checkTries(s.mints.n)
	}
	if r := s.rested; !ending && s.now.Before(r.until) && r.of == held && r.at == s.place() {
		w.breaks("left alone", "a request goes out %v too early", r.until.Sub(s.now))
	}
	if rules.RenewalRevokes && s.published && s.serves() {
		w.breaks("withdrawn", "a token that dies is published while it is renewed")
	}
	if rules.Human && !rules.OneTime {
		w.breaks("bound", "a kind that has only what it was given sends a request")
	}
	if !rules.OneTime {
		return
	}
	s.checkHalf(e)
	if !ending {
		s.checkDoubt(e)
		s.checkHas(e)
	}
	if p := w.server.pair(e.Refresh); p != nil && !p.saved && !ending {
		w.breaks("saved first", "%s is spent before it is saved", e.Refresh.Reveal())
	}
}

// checkTries: a renewal tries again a few times at most.
func (s *look) checkTries(n int) {
	if retries := s.by.world.settings.Retries; n > 1+max(0, retries) {
		s.by.world.breaks("bound", "a renewal sends request %d", n)
	}
}

// checkHalf: a request that spends a token goes out in the first half of its claim, and
// ends within the other.
func (s *look) checkHalf(e machine.Mint) {
	c := s.claimed
	if c.length == 0 || c.renewal != e.Renewal {
		return
	}
	passed := s.now.Sub(c.since)
	if passed >= c.length/2 || passed+e.Deadline > c.length {
		s.by.world.breaks("half a claim", "a request for %v goes out %v after a claim for %v", e.Deadline, passed, c.length)
	}
}

// checkAlone: nobody sends a one-time token while another is sending it, unless that
// one has stood still.
func (s *seat) checkAlone(l *leaf) {
	w := s.by.world
	w.minting = slices.DeleteFunc(w.minting, func(o *leaf) bool {
		return o.answered || o.by.dead || o.seat.expired(o)
	})
	for _, o := range w.minting {
		if o.spends == l.spends && !o.disturbed && !w.admits(s.index) {
			w.breaks("spent once", "r%d is sent by process %d while process %d sends it", l.spends, s.by.slot, o.by.slot)
		}
	}
}

// admits reports whether a one-time token of a session may be spent twice without
// anything having gone wrong: where nobody can see a claim, or a Revoke has to know.
func (w *World) admits(session int) bool {
	t := &w.script.Terms
	return w.known[session].revokes > 0 || w.known[session].misdated || t.Processes > 1 && (!t.Claims || !t.Shared)
}

// checkReuse: a spent token comes again only where section 8 of the design admits it.
func (w *World) checkReuse(l *leaf, n int) {
	w.note(noteReuse, l.by, l.seat.index, uint64(n))
	p := &w.server.pairs[n-1]
	cutOff := p.slowSave && w.now-p.spentAt >= 10*time.Second
	if p.troubled || cutOff || w.admits(l.seat.index) {
		w.server.families[p.family].excused = true
		return
	}
	w.breaks("spent once", "r%d comes again, and nothing has gone wrong with it", n)
}

// checkBound: no more requests are under way than InFlight, nor begin than Rate.
func (s *seat) checkBound(l *leaf) {
	p, w := s.by, s.by.world
	p.requests = slices.DeleteFunc(p.requests, func(o *leaf) bool {
		return o.answered || o.job.Context.Err() != nil || o.seat.expired(o)
	})
	p.requests = append(p.requests, l)
	if most := w.script.Terms.inFlight(); len(p.requests) > most {
		w.breaks("bound", "%d requests are under way; %d may be", len(p.requests), most)
	}
	_, ends := l.job.Effect.(machine.RevokeToken)
	before := s.slotted
	s.slotted = l.job.Leaf.Renewal
	if ends && s.slotted == before { // a run that ends tokens has one slot for all that it asks
		return
	}
	if !p.bucket.take(p.monotonic()) {
		w.breaks("bound", "more requests begin in a second than may")
	}
}

// bucket is how many requests may begin.
type bucket struct {
	rate, most, level, slack float64
	at                       time.Duration
}

func (b *bucket) fill(t *Terms) {
	b.rate, b.most = t.rate(), float64(max(1, int(t.rate()/10)))
	b.level, b.slack = b.most, float64(t.inFlight()) // who has a slot may take his time
}

func (b *bucket) take(now time.Duration) bool {
	b.level = min(b.most, b.level+(now-b.at).Seconds()*b.rate) - 1
	b.at = now
	return b.level > -1e-6-b.slack
}

// answers: each caller is answered once. Of a crowd those are who have not left.
func (s *look) answers(e machine.Answer) {
	for i := range machine.Caller(e.More) + 1 {
		if a := s.who(e.Caller + i); e.More == 0 || a == nil || !a.left {
			s.answersOne(e.Caller+i, e)
		}
	}
}

func (s *look) answersOne(caller machine.Caller, e machine.Answer) {
	w, a := s.by.world, s.who(caller)
	switch {
	case a == nil || a.ask == nil:
		w.breaks("answered once", "nobody is called %d", caller)
		return
	case a.told:
		w.breaks("answered once", "caller %d is answered twice", caller)
	case a.left:
		w.breaks("answered once", "caller %d has left", caller)
	}
	a.told = true
	if e.Reply.Err != nil {
		s.checkDead(e.Reply.Err)
		return
	}
	switch ask := a.ask.(type) {
	case messages.Get, messages.Refresh:
		s.checkToken(e.Reply.Token, "given")
		s.checkSaved(e.Reply.Token)
	case messages.Exchange:
		s.checkExchanged(ask, e.Reply.Token)
	case messages.Reject:
		s.rejects(ask, a.pair)
	case messages.Revoke:
		s.revokes(a)
	case messages.Establish:
	}
}

// rejects: a token that was rejected is not given out any more, nor is what was exchanged
// for it before.
func (s *look) rejects(r messages.Reject, held int) {
	if r.Token.Reveal()[0] == 'x' {
		s.barredExchanged = append(s.barredExchanged, r.Token)
		return
	}
	n := numberOf(r.Token)
	s.forsaken = append(s.forsaken, forsaken{subject: n, last: len(s.by.world.server.exchanged)})
	published := s.published && numberOf(s.snapshot.Token.Access) == n
	if n == 0 || n != held && !published {
		return
	}
	s.barredPairs = append(s.barredPairs, n)
	s.rested = rested{}
	if s.published && s.serves() && numberOf(s.snapshot.Token.Access) == n {
		s.by.world.breaks("withdrawn", "a%d is published when Reject returns", n)
	}
}

// revokes: when Revoke returns nil nothing of the grant is published here, or lives at
// the server.
func (s *look) revokes(a *asked) {
	w := s.by.world
	if s.published && s.serves() && slices.Contains(s.barredFamilies, w.familyOf(s.snapshot.Token.Access)) {
		w.breaks("withdrawn", "a token is published when Revoke returns")
	}
	if a.exempt || s.blind() {
		return
	}
	if a.pair > 0 && w.known[s.index].logins == 0 && w.lives(&w.server.pairs[a.pair-1]) {
		w.breaks("ended", "a%d lives at the server when Revoke returns", a.pair)
	}
	// Nobody has to end what another grant has replaced meanwhile.
	r := w.store.shelves[s.index].newest()
	if b := a.stored; b.pair > 0 && r.Grant == b.grant && w.lives(&w.server.pairs[b.pair-1]) {
		w.breaks("ended", "a%d was in the store when Revoke was asked for, and lives at the server when it returns", b.pair)
	}
}

// blind reports whether a Revoke that returns nil may have missed something of the grant.
func (s *look) blind() bool {
	w := s.by.world
	t, rules, k := &w.script.Terms, &w.rules[s.index], &w.known[s.index]
	// A server that does not end a family on reuse cannot be asked about a refresh
	// token that may be spent; a replica that is behind hides the newest grant; where
	// each renewal is a grant of its own, an older token lives to its end; where no claim
	// is seen, nobody knows who is renewing; and where a clock is wrong, what was given at
	// first may come again in the place of what is newer.
	return k.misdated || t.Processes > 1 && (!t.Claims || !t.Shared) || w.may(Stale) || !t.Strict && rules.OneTime || !rules.OneTime && (t.Processes > 1 || k.troubled) || !t.Durable
}

func (w *World) familyOf(access messages.Secret) int {
	if p := w.server.pair(access); p != nil {
		return p.family
	}
	return -1
}

// lives reports whether anything of the pair's family is accepted.
func (w *World) lives(of *pair) bool {
	if w.server.families[of.family].dead {
		return false
	}
	for i := range w.server.pairs {
		p := &w.server.pairs[i]
		oneTime := w.rules[p.session].OneTime
		switch {
		case p.family != of.family:
		case oneTime && !p.spent && !p.ended:
			return true
		case !p.dead && w.now < p.expiry-10*time.Second-(w.wallMax-w.wallMin): // by our clock it ends earlier
			return true
		}
	}
	return false
}

// checkExchanged: a token given in exchange is this session's, for this, and lives.
func (s *look) checkExchanged(x messages.Exchange, t messages.Token) {
	w := s.by.world
	switch w.rules[s.index].Exchanging {
	case machine.NoExchange:
		w.breaks("exchange", "a kind that does not exchange gives a token")
		return
	case machine.OwnToken:
		s.checkToken(t, "given for itself")
		return
	case machine.ByRequest:
	}
	n := numberOf(t.Access)
	if t.Access.Reveal()[0] != 'x' || n > len(w.server.exchanged) || n == 0 {
		w.breaks("exchange", "%q was not given in exchange", t.Access.Reveal())
		return
	}
	is := w.server.exchanged[n-1]
	s.exchanged = append(s.exchanged, t.Access)
	switch {
	case is.session != s.index || is.scope != x.Scopes[0]:
		w.breaks("exchange", "x%d is another's, or for something else", n)
	case !s.now.Before(t.Expiry):
		w.breaks("exchange", "x%d is given after its end", n)
	case t.Refresh != "":
		w.breaks("exchange", "x%d comes with a refresh token", n)
	case slices.Contains(s.barredExchanged, t.Access):
		w.breaks("exchange", "x%d is given after it was rejected", n)
	case slices.ContainsFunc(s.forsaken, func(f forsaken) bool { return f.subject == is.subject && n <= f.last }):
		w.breaks("exchange", "x%d was given for a%d, and is given after that was rejected", n, is.subject)
	case slices.Contains(s.barredPairs, is.subject) && !w.comesAgain(is.subject):
		w.breaks("exchange", "x%d is given after a%d was rejected", n, is.subject)
	case !w.known[s.index].misdated && slices.Contains(s.barredFamilies, w.familyOf(accessOf(is.subject))):
		w.breaks("exchange", "x%d is given after a%d was revoked", n, is.subject)
	}
}

// tells: a death is told only when it is written where others can see it.
func (s *look) tells(ev messages.Event) {
	if _, denied := ev.(messages.Denied); !denied || !s.by.world.script.Terms.Shared || !s.by.world.rules[s.index].OneTime {
		return
	}
	if over := s.view.RefreshExpiry; !over.IsZero() && !s.now.Before(over) {
		return
	}
	past := s.by.world.store.shelves[s.index].past
	for i := len(past) - 1; i >= 0; i-- {
		if past[i].record.Status == messages.Dead && past[i].record.Generation == s.view.Generation {
			return
		}
	}
	s.by.world.breaks("denied", "a death is told that is not written")
}

// checkSaved: nobody is told of a token that is not saved, unless the session says so.
func (s *look) checkSaved(t messages.Token) {
	p := s.by.world.server.pair(t.Access)
	if p != nil && !p.saved && !s.unsaved && !s.view.Unsaved && !s.says() {
		s.by.world.breaks("saved first", "%s is given out before it is saved", t.Access.Reveal())
	}
}

// says reports whether the step says that its pair is unsaved, later in its effects.
func (s *look) says() bool {
	return slices.ContainsFunc(s.effects, func(e machine.Effect) bool {
		if e, ok := e.(machine.Emit); ok {
			_, unsaved := e.Event.(messages.Unsaved)
			return unsaved
		}
		return false
	})
}

// after looks at what must hold after each step.
func (s *look) after() {
	w := s.by.world
	if l, ok := s.ev.(machine.Leave); ok && s.who(l.Caller) != nil {
		s.who(l.Caller).left = true // from here on: what is due comes first
	}
	if s.is.Held() > 0 && !s.is.Running() {
		w.breaks("held for something", "%d are held and nothing is under way", s.view.Held)
	}
	if s.view.Held > 0 && s.view.State == machine.Closed {
		w.breaks("held for something", "%d are held by a session that is closed", s.view.Held)
	}
	if s.is.Running() && s.is.Leaf() == 0 && s.is.Wake().IsZero() {
		w.breaks("held for something", "nothing ends what the run waits for")
	}
	if n := s.is.Leaf(); n != 0 && n == s.flight.number && s.flight.landed {
		w.breaks("held for something", "leaf %d is waited for and has landed", n)
	}
	s.checkHeld()
	if s.view.State == machine.Revoked {
		s.rested = rested{}
		if r, _ := s.is.Refresh(); r != "" && !s.begunElsewhere(r) {
			s.barFamily(numberOf(r))
		}
	}
	if s.published {
		s.checkSaved(s.snapshot.Token)
		s.checkSnapshot()
	}
}

// begunElsewhere reports whether a refresh token is of a login in another process, or of one
// that was brought to one, after the Revoke: a session that is Revoked may hear of it, or of
// what it was renewed to, before its Revoke has ended, which is not about it.
func (s *look) begunElsewhere(r messages.Secret) bool {
	v := &s.by.world.server
	p := v.pair(r)
	for p != nil && p.parent > 0 {
		p = &v.pairs[p.parent-1]
	}
	return p != nil && p.by != s.by && p.issued > s.barredAt
}

// checkSnapshot: what is published is what the session holds, and no older token follows
// a newer one.
func (s *look) checkSnapshot() {
	w := s.by.world
	if p := w.server.pair(s.snapshot.Token.Access); p != nil && p.saved {
		if s.placed.after(p.placed) && !w.known[s.index].misdated {
			w.breaks("order", "%v is published after %v", p.placed, s.placed)
		}
		s.placed = p.placed
	}
	if !s.serves() {
		return
	}
	switch s.view.State {
	case machine.Fresh, machine.Stale, machine.Ending:
	case machine.Empty, machine.Acquiring, machine.Expired, machine.Cooling, machine.Dead, machine.Revoked, machine.Closed:
		w.breaks("withdrawn", "a%d is published in %v", numberOf(s.snapshot.Token.Access), s.view.State)
	}
}

func (p place) after(q place) bool {
	return p.grant > q.grant || p.grant == q.grant && p.generation > q.generation
}

// checkTimer: a timer that changes nothing does not fire again and again.
func (s *look) checkTimer() {
	w := s.by.world
	if s.tick.at != w.now || len(s.effects) > 0 {
		s.tick.at, s.tick.times = w.now, 0
	}
	if s.tick.times++; s.tick.times > 6 {
		w.breaks("timer", "process %d is woken at once again and again", s.by.slot)
	}
}

// checkWoken: a session that is to be woken is woken then.
func (s *look) checkWoken() {
	late := min(s.now.Sub(s.wake), s.now.Sub(s.set)) // what was due when it was set fires at once
	if !s.wake.IsZero() && late > time.Second && s.stood == s.by.disturbed {
		s.by.world.breaks("timer", "process %d was to be woken %v ago", s.by.slot, late)
	}
}

// checkWait: each caller is answered in bounded time.
func (w *World) checkWait(c *call) {
	if c.seat.by.disturbed != c.disturbed || c.seat.by.frozen() {
		c.since, c.disturbed = w.now, c.seat.by.disturbed
		return
	}
	if d := w.now - c.since; d > w.patience(c.request) {
		w.breaks("answered in time", "somebody who wants %v has waited for %v", c.request, d)
	}
}

func (w *World) patience(r Request) time.Duration {
	limit := 2*w.settings.QueueFor + w.settings.HoldFor + 2*time.Minute
	switch r {
	case Revoke, Login:
		return time.Hour
	case Exchange:
		return 3 * limit
	}
	return limit
}

// checkClosing: a process that closes comes to its end.
func (w *World) checkClosing(c *closing) {
	if w.now-c.since > 15*time.Minute && w.calm {
		w.breaks("closes", "process %d has been closing for %v", c.by.slot, w.now-c.since)
	}
}
