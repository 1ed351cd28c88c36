package machine

import (
	"slices"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// promiseExchanged is a token that the server has given in exchange: its secret
// is "x" with its number.
type promiseExchanged struct {
	set        string
	subject    int           // the number of its parent
	limit      time.Time     // the parent's expiry, as its process has it
	proc, life int           // who asked for it
	leaf       uint64        // by this request
	expiry     time.Duration // at the server
}

// promiseAloft is a leaf of a flight that is under way.
type promiseAloft struct {
	leaf   *promiseLeaf
	flight uint64
	set    string // empty: it queues
}

// exchangesSomething has somebody ask for one of the sets, or a few for many.
func (w *promiseWorld) exchangesSomething(p *promiseProc) {
	if w.plan.sets < 40 || w.rng.IntN(4) != 0 {
		w.exchanges(p, w.rng.IntN(w.plan.sets))
		return
	}
	from := w.rng.IntN(w.plan.sets)
	for i := range 30 {
		if p.alive && !p.closed {
			w.exchanges(p, (from+i)%w.plan.sets)
		}
	}
}

func (w *promiseWorld) exchanges(p *promiseProc, set int) Caller {
	return w.ask(p, askExchange, messages.Exchange{Scopes: []string{strconv.Itoa(set)}})
}

// rejectExchanged has a resource server refuse a token that was given in exchange.
func (w *promiseWorld) rejectExchanged(p *promiseProc) {
	for _, x := range p.session.exchanges.all() {
		if x.token.Access != "" && w.rng.IntN(2) == 0 {
			w.ask(p, askRejectExchanged, messages.Reject{Token: x.token.Access})
			return
		}
	}
}

// fliesBeside checks a leaf of a flight, which goes out beside the run's.
func (w *promiseWorld) fliesBeside(p *promiseProc, l *promiseLeaf, flight uint64, set string) {
	if l.Number <= p.lastLeaf {
		w.breaks("one leaf: number %d was used before", l.Number)
	}
	p.lastLeaf = l.Number
	p.aloft = append(p.aloft, promiseAloft{leaf: l, flight: flight, set: set})
	under := 0
	for _, a := range p.aloft {
		if !p.inTheAir(a) {
			continue
		}
		under++
		if set != "" && a.set == set && a.leaf != l {
			w.breaks("exchange: two requests for set %s are under way", set)
		}
	}
	if under > flightsAtMost {
		w.breaks("exchange: %d are under way at once", under)
	}
}

func (p *promiseProc) inTheAir(a promiseAloft) bool {
	return p.session.Flight(a.flight).Leaf == a.leaf.Number
}

// checkExchange looks at a request before it is sent.
func (w *promiseWorld) checkExchange(p *promiseProc, e Exchange) {
	if w.plan.rules.Exchanging != ByRequest {
		w.breaks("exchange: a kind that does not exchange sends a request")
	}
	w.checkToken(p, messages.Token{Access: e.Subject, Expiry: p.session.pair.token.Expiry}, "exchanged")
	if e.Attempt > 1+max(0, p.settings.Retries) {
		w.breaks("exchange: flight %d sends request %d", e.Flight, e.Attempt)
	}
}

// serveExchange is the token endpoint.
func (w *promiseWorld) serveExchange(l *promiseLeaf, e Exchange) Outcome {
	if !w.server.alive(e.Subject, w.clock) {
		return Failed{Failure: pick(w.rng,
			messages.Failure{Verdict: messages.GrantDenied, Status: 400, Code: "invalid_grant"},
			messages.Failure{Verdict: messages.Hopeless, Status: 400, Code: "invalid_request"},
			messages.Failure{Verdict: messages.Hopeless, Status: 401, Code: "invalid_token"})}
	}
	life := w.lifetime()
	if !w.calm {
		life = life * time.Duration(pick(w.rng, 1, 2, 4, 16)) / 4
	}
	x := promiseExchanged{
		set: e.For.Scopes[0], subject: promiseNumber(e.Subject), limit: l.limit,
		proc: l.proc, life: l.life, leaf: l.Number, expiry: w.clock + life,
	}
	w.server.exchanged = append(w.server.exchanged, x)
	t := messages.Token{Access: promiseSecret("x", len(w.server.exchanged)), Refresh: "r999999", Issued: promiseEpoch.Add(l.sent)}
	if w.plan.open && life > assumedLife {
		return Minted{Token: t}
	}
	t.Expiry = t.Issued.Add(life)
	return Minted{Token: t}
}

// exchangeFate is what can go wrong beside what can with a Mint.
func (w *promiseWorld) exchangeFate(l *promiseLeaf) bool {
	if !w.draws(faultHopeless) {
		return w.mintFate(l)
	}
	l.instead = Failed{Failure: messages.Failure{
		Verdict: messages.Hopeless, Status: 400,
		Code: pick(w.rng, "invalid_client", "invalid_scope", "invalid_target", "invalid_request", "invalid_token"),
	}}
	w.after(w.between(time.Millisecond, time.Second), promiseItem{kind: itemReply, leaf: l})
	return true
}

// deliverAside reports a leaf of a flight. A failure must not change what the
// session is; what is due comes before it.
func (w *promiseWorld) deliverAside(p *promiseProc, l *promiseLeaf, o Outcome) {
	w.step(p, Tick{})
	p.aloft = slices.DeleteFunc(p.aloft, func(a promiseAloft) bool { return a.leaf == l })
	if !p.alive {
		return
	}
	f, failed := o.(Failed)
	if !failed || refusesSubject(f.Failure) {
		w.step(p, Done{Leaf: l.Number, Outcome: o})
		return
	}
	state, held, run := p.session.state, placeOf(&p.session), p.session.run.number
	w.step(p, Done{Leaf: l.Number, Outcome: o})
	if p.alive && (p.session.state != state || placeOf(&p.session) != held || p.session.run.number != run) {
		w.breaks("exchange: one that has failed leads from %v to %v", state, p.session.state)
	}
}

// checkGivenInExchange is a token in the hands of somebody who has asked for an exchange.
func (w *promiseWorld) checkGivenInExchange(p *promiseProc, c *promiseCaller) {
	t := c.reply.Token
	switch w.plan.rules.Exchanging {
	case NoExchange:
		w.breaks("exchange: %s is given by a kind that does not exchange", t.Access.Reveal())
		return
	case OwnToken:
		w.checkToken(p, t, "given for itself")
		return
	case ByRequest:
	}
	n := promiseNumber(t.Access)
	if t.Access[0] != 'x' || n > len(w.server.exchanged) {
		w.breaks("exchange: %q is no exchanged token", t.Access.Reveal())
		return
	}
	x := w.server.exchanged[n-1]
	parent := w.server.pairs[x.subject-1]
	switch {
	case !w.now().Before(t.Expiry):
		w.breaks("exchange: x%d is given %v after its end", n, w.now().Sub(t.Expiry))
	case t.Expiry.After(x.limit):
		w.breaks("exchange: x%d outlives a%d by %v", n, x.subject, t.Expiry.Sub(x.limit))
	case t.Refresh != "":
		w.breaks("exchange: x%d comes with a refresh token", n)
	case x.set != c.set:
		w.breaks("exchange: x%d of set %s is given for set %s", n, x.set, c.set)
	case x.proc != p.id || x.life != p.life:
		w.breaks("exchange: x%d is of another process", n)
	case slices.Contains(p.barredExchanged, n):
		w.breaks("exchange: x%d is given after it was rejected", n)
	case slices.Contains(p.barredPairs, x.subject):
		w.breaks("exchange: x%d is given after a%d was rejected", n, x.subject)
	case slices.Contains(p.barredFamilies, parent.family), x.leaf <= p.barredLeaf:
		w.breaks("exchange: x%d is given after a%d was revoked", n, x.subject)
	}
}

// checkFlights is what flights are never without.
func (w *promiseWorld) checkFlights(p *promiseProc) {
	s := &p.session
	for _, x := range s.exchanges.all() {
		f := x.flight
		if f == nil {
			continue
		}
		known := slices.ContainsFunc(p.aloft, func(a promiseAloft) bool { return a.leaf.Number == f.leaf })
		switch {
		case f.leg.aloft() && !known:
			w.breaks("exchange: leaf %d is waited for and not under way", f.leaf)
		case s.Wake().IsZero():
			w.breaks("exchange: nothing ends the leg %d", f.leg)
		case s.Quiet(), s.state == Closed, s.state == Revoked, s.state == Empty:
			w.breaks("exchange: a flight in %v", s.state)
		case w.plan.rules.RenewalRevokes && !s.state.valid():
			w.breaks("exchange: a flight for a token that is being killed")
		}
	}
	if n := len(s.exchanges.all()); n > setsAtMost {
		w.breaks("exchange: %d sets are kept", n)
	}
}

// finalExchange asks until there is a token in exchange, for a session that has one.
func (w *promiseWorld) finalExchange(p *promiseProc) {
	t := p.session.pair.token
	ended := w.plan.rules.Human && !w.server.alive(t.Access, w.clock) && !w.server.renewable(t.Refresh)
	if w.broken != "" || w.plan.rules.Exchanging != ByRequest || ended {
		return
	}
	var err error
	for range 5 {
		c := w.exchanges(p, 0)
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
	if err != nil {
		w.breaks("recovers: no token is given in exchange: %v", err)
	}
}
