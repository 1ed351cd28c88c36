package machine

import (
	"slices"

	"github.com/holdfast-go/holdfast/messages"
)

// crowdAnswered is a caller and his crowd who are told something.
func (w *promiseWorld) crowdAnswered(p *promiseProc, e Answer) {
	last := int(e.Caller) + e.More
	if e.Caller == 0 || last > len(p.callers) {
		w.breaks("answered: nobody is called %d", last)
		return
	}
	there := 0
	for number := int(e.Caller); number <= last; number++ {
		if e.More > 0 && p.callers[number-1].left {
			continue
		}
		there++
		w.answered(p, Answer{Caller: Caller(number), Reply: e.Reply})
	}
	if there == 0 {
		w.breaks("answered: all of the crowd of %d have left", e.Caller)
	}
}

// answered is a caller who is told something.
func (w *promiseWorld) answered(p *promiseProc, e Answer) {
	c := &p.callers[e.Caller-1]
	switch {
	case c.answered:
		w.breaks("answered: caller %d is answered twice", e.Caller)
	case c.left:
		w.breaks("answered: caller %d has left", e.Caller)
	}
	c.answered, c.reply = true, e.Reply
	if e.Reply.Err != nil {
		return
	}
	switch c.ask {
	case askGet, askRefresh:
		w.checkToken(p, e.Reply.Token, "given")
		w.checkSeen(p, e.Reply.Token)
	case askExchange:
		w.checkGivenInExchange(p, c)
	case askRejectExchanged:
		p.barredExchanged = append(p.barredExchanged, c.refused)
	case askReject:
		w.rejected(p, c)
	case askRevoke:
		w.revoked(p, c)
	case askLogin:
		if p.session.pair.grant <= c.grant {
			w.breaks("established: caller %d is told so, and no newer grant is held", e.Caller)
		}
	case askEstablish:
	}
}

// rejected is a Reject that was answered: that token is not given out any more.
func (w *promiseWorld) rejected(p *promiseProc, c *promiseCaller) {
	if c.pair == 0 || c.refused != c.pair {
		return
	}
	p.barredPairs = append(p.barredPairs, c.pair)
	p.rested = 0
	if p.published && w.now().Before(p.snapshot.Until) && promiseNumber(p.snapshot.Token.Access) == c.pair {
		w.breaks("withdrawn: a rejected token is published when Reject returns")
	}
}

// revokeAsked is a Revoke that begins: nothing of what is held or under way is
// given out any more.
func (w *promiseWorld) revokeAsked(p *promiseProc) {
	if p.session.state == Closed {
		return
	}
	w.bar(p)
	p.barredLeaf = p.lastLeaf
	p.rested = 0
}

// bar notes the family of the pair held.
func (w *promiseWorld) bar(p *promiseProc) {
	pair := w.server.pair(p.session.pair.token.Access)
	if pair != nil && !slices.Contains(p.barredFamilies, pair.family) {
		p.barredFamilies = append(p.barredFamilies, pair.family)
	}
}

// revoked is a Revoke that was confirmed: nothing of the grant lives at the server.
func (w *promiseWorld) revoked(p *promiseProc, c *promiseCaller) {
	if p.published && w.now().Before(p.snapshot.Until) {
		w.breaks("withdrawn: a token is published when Revoke returns")
	}
	if c.pair == 0 || w.installs > 0 {
		return
	}
	pair := &w.server.pairs[c.pair-1]
	if !w.lives(pair) {
		return
	}
	// A server that does not end a family on reuse cannot be asked about a
	// refresh token that may be spent.
	// Where each renewal is a grant of its own, another process may have renewed the
	// one held while the Revoke was on its way: the old token lives to its end.
	renewed := !w.plan.rules.OneTime && len(w.procs) > 1 && c.pair != w.store.buried()
	behind := w.plan.faults[faultBehind] > 0 // a replica has hidden the newest grant
	if !w.server.strict && w.plan.rules.OneTime || behind || renewed || w.excuses[excuseCrash] && !p.settings.Store.Durable {
		w.tally.admitted++
		return
	}
	w.breaks("revoked: a%d lives at the server", c.pair)
}

// lives reports whether anything of the pair's family is accepted.
func (w *promiseWorld) lives(of *promisePair) bool {
	if w.server.families[of.family] {
		return false
	}
	if !w.plan.rules.OneTime {
		return !of.dead && w.clock < of.expiry-w.plan.settings.LeafTimeout // by our clock it ends earlier
	}
	for i := range w.server.pairs {
		pair := &w.server.pairs[i]
		if pair.family == of.family && (!pair.spent && !pair.ended || !pair.dead && w.clock < pair.expiry) {
			return true
		}
	}
	return false
}

// heldNow is the pair that a Revoke is about: the one held or, as long as the
// store has not been looked at, the one there.
func (w *promiseWorld) heldNow(p *promiseProc, ask promiseAsk) int {
	t := p.session.pair.token
	if r := w.store.now(); ask == askRevoke && t.IsZero() && !p.session.looked && r != nil && r.Status == messages.Alive {
		t = r.Token
	}
	return promiseNumber(t.Access)
}
