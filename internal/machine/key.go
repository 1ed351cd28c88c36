package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Clone returns a copy that can be stepped on its own.
func (s Session) Clone() Session {
	s.held = slices.Clone(s.held)
	s.logins = slices.Clone(s.logins)
	if s.run.active() {
		own := *s.run
		s.run = &own
	}
	s.revoke.askers = slices.Clone(s.revoke.askers)
	s.revoke.strays = slices.Clone(s.revoke.strays)
	s.exchanges = s.exchanges.clone()
	return s
}

// Key returns a text that two sessions of the same settings and rules share if
// and only if every later Step treats them alike: moments count from now, and
// what is in no use any more is left out. It holds secrets and is for enumerators
// only.
func (s Session) Key(now time.Time) string {
	k := keyer{now: now}
	k.add("state", s.state, "cause", s.cause, "due", k.at(s.due), "failed", s.failures, k.at(s.failedAt))
	k.addPair("pair", s.pair)
	for _, c := range s.held {
		if !c.left {
			k.add("held", c.id, c.more, c.away, k.at(c.since), c.min, c.ip, c.newer, c.grant, c.generation, c.tried, digestOfAsk(c))
		}
	}
	k.addRun(*s.run)
	for _, l := range s.logins {
		k.addLogin(l)
	}
	k.add("rev", s.rev, s.looked, "sight", s.sight.rev, s.sight.claim, s.sight.seen, k.at(s.sight.last), k.at(s.sight.arrived))
	k.add("doubt", k.at(s.doubt.sent), s.doubt.deadline, s.doubt.leaf, s.givenUp)
	k.add("unsaved", s.unsaved.waiting, s.unsaved.open, s.unsaved.tries, k.at(s.unsaved.due))
	if s.unsaved.open {
		k.addSwap(*s.unsaved.swap)
	}
	k.add("revoke", s.revoke.wanted, s.revoke.askers, s.revoke.landed, k.at(s.revoke.at), s.revoke.ended, s.revoke.doubted, s.revoke.unsaved, s.revoke.over, s.revoke.tries)
	for _, t := range s.revoke.strays {
		k.addToken("stray", t)
	}
	k.add("offered", s.offered)
	k.addToken("given", *s.given)
	k.add("force", k.at(s.rejectedAt), k.at(s.forcedAt), s.short)
	k.addExchanges(s.exchanges)
	k.add("counters", s.renewals, s.leaves, s.ops, s.flights)
	return k.b.String()
}

// keyer writes a canonical text. Types whose String hides what they hold are
// taken apart before.
type keyer struct {
	now time.Time
	b   strings.Builder
}

func (k *keyer) add(vs ...any) { fmt.Fprintln(&k.b, vs...) }

func (k *keyer) at(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Sub(k.now).String()
}

func (k *keyer) addToken(name string, t messages.Token) {
	k.add(name, t.Access.Reveal(), t.Refresh.Reveal(), k.at(t.Issued), k.at(t.Expiry), k.at(t.RefreshExpiry))
}

func (k *keyer) addPair(name string, p pair) {
	k.add(name, p.grant, p.generation, k.at(p.staleAt), k.at(p.expiredAt), p.renewer, p.dropped)
	k.addToken(name, p.token)
}

func (k *keyer) addSwap(w Swap) {
	r := w.Record
	k.add("swap", w.Prev, w.Op, r.Grant, r.Generation, r.Status, fmt.Sprintf("%#v", r.Cause), r.Doubted, k.at(r.Written), r.Claim, r.Rejected, r.Renewer)
	k.addToken("swap", r.Token)
}

func (k *keyer) addLogin(l login) {
	k.add("login", l.caller, l.ip, k.at(l.since))
	for _, proof := range l.proofs {
		k.add(proof.Reveal())
	}
}

func (k *keyer) addRun(r run) {
	if !r.active() {
		return
	}
	k.add("run", r.purpose, r.stage, r.number, r.leaf, k.at(r.since), r.deadline, k.at(r.until))
	k.add(r.slotted, k.at(r.slotAt), r.attempt, r.tries, r.ip, r.claimed, k.at(r.claimSent), r.write, r.denied, fmt.Sprintf("%#v", r.why), r.ending, r.ended)
	if r.login != nil {
		k.addLogin(*r.login)
	}
	k.add("over", r.overTomb)
	k.addPair("spent", r.spent)
	k.addPair("minted", r.minted)
	if r.stage == saving {
		k.addSwap(r.swap)
	}
}
