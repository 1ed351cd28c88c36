package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// promiseRenewal is what the monitors remember of the newest renewal of a process.
type promiseRenewal struct {
	claimed time.Duration // its claim was sent
	length  time.Duration // of the claim; zero: there is none
	number  uint64
	spent   [2]uint64
	pair    int // that it brought; zero: none, or it has arrived
}

// claims notes a claim that goes out.
func (w *promiseWorld) claims(p *promiseProc, e Claim) {
	p.renewed = promiseRenewal{claimed: w.clock, length: e.Record.Claim.Length, number: e.Renewal}
}

// checkHalf is the rule that only the first half of a claim's time may pass
// before a Mint, and that the Mint ends within the other.
func (w *promiseWorld) checkHalf(p *promiseProc, e Mint) {
	r := p.renewed
	if r.length == 0 || r.number != e.Renewal || !w.plan.rules.OneTime {
		return
	}
	if w.clock-r.claimed >= r.length/2 || w.clock+e.Deadline > r.claimed+r.length {
		w.breaks("half: a Mint for %v goes out %v after a claim for %v", e.Deadline, w.clock-r.claimed, r.length)
	}
}

// brings notes a pair that a renewal has brought, and that must not be lost.
func (w *promiseWorld) brings(p *promiseProc, t messages.Token) {
	s := &p.session
	if w.plan.rules.OneTime && s.run.purpose == renew && s.state != Revoked && !s.revoke.wanted {
		p.renewed.pair = promiseNumber(t.Access)
		p.renewed.spent = [2]uint64{s.run.spent.grant, s.run.spent.generation}
	}
}

// checkBrought is the generation rule: what a renewal has brought is kept until
// it is saved, unless the record has moved on or the session was revoked.
func (w *promiseWorld) checkBrought(p *promiseProc) {
	s, n := &p.session, p.renewed.pair
	if n == 0 {
		return
	}
	access := promiseSecret("a", n)
	if w.store.has(access) || s.state == Revoked || s.revoke.wanted || len(s.revoke.strays) > 0 ||
		newer(s.pair.grant, s.pair.generation, p.renewed.spent[0], p.renewed.spent[1]+1) {
		p.renewed.pair = 0
		return
	}
	if s.run.minted.token.Access == access || s.pair.token.Access == access && s.unsaved.waiting {
		return
	}
	p.renewed.pair = 0
	r := w.store.now()
	if r == nil || !r.Status.Tombstone() && !r.Newer(p.renewed.spent[0], p.renewed.spent[1]) {
		w.breaks("generation: a%d is dropped, and the record has what was spent for it", n)
	}
}

// checkDenied is a death that is told: where others write too it has been
// written, by compare-and-swap.
func (w *promiseWorld) checkDenied(p *promiseProc) {
	if !p.settings.Store.Shared || w.runOut(p.session.pair.token) {
		return
	}
	for i := len(w.store.past) - 1; i >= 0; i-- {
		r := w.store.past[i].record
		if r.Status == messages.Dead && r.Grant == p.session.pair.grant && r.Generation == p.session.pair.generation {
			return
		}
	}
	w.breaks("denied: a death is told that is not written")
}
