package machine

import (
	"slices"
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
	s.revoke.behind = slices.Clone(s.revoke.behind)
	s.revoke.strays = slices.Clone(s.revoke.strays)
	s.exchanges = s.exchanges.clone()
	return s
}

// Key returns a text that two sessions of the same settings and rules share if
// and only if every later Step treats them alike: moments count from now, and
// what is in no use any more is left out. It holds secrets and is for enumerators
// only.
func (s Session) Key(now time.Time) string {
	k := Keyer{Now: now}
	k.Session(s)
	k.list("counters", s.renewals, s.leaves, s.ops, s.flights)
	return string(k.Text)
}

// Session adds a session. What its counters stand at is left out: the numbers to come
// are none that anybody has.
func (k *Keyer) Session(s Session) {
	k.state(&s)
	k.pair("pair", s.pair)
	for _, c := range s.held {
		k.held(c, s.run.slotAt)
	}
	k.run(&s)
	for _, l := range s.logins {
		k.login(l)
	}
	k.sighting(&s)
	k.doubt(&s)
	k.unsaved(s.unsaved)
	k.revocation(s.revoke)
	k.Bool("offered", s.offered)
	if s.offered {
		k.token("given", *s.given)
	}
	k.since("rejected", s.rejectedAt, s.settings.ForceInterval)
	for _, access := range s.refused {
		k.list("refused", k.secret(access))
	}
	k.since("forced", s.forcedAt, s.settings.ForceInterval)
	k.list("short", s.short)
	k.exchanges(s.exchanges)
}

func (k *Keyer) state(s *Session) {
	k.list("state", uint64(s.state))
	k.cause(s.cause)
	switch {
	case s.state == Stale, s.state == Cooling:
		k.until("due", s.due)
	case s.state == Expired && s.rules.KeepAlive:
		k.until("due", s.overSince())
	}
	if s.failures > 0 {
		k.list("failed", uint64(s.failures))
		f := s.cause.failure
		if s.cause.final() { // it is about something else
			f = messages.Failure{}
		}
		k.since("failed", s.failedAt, max(refreshPause, retryAfter(f), s.settings.coolDown(s.failures, f)))
	}
}

func (k *Keyer) cause(c cause) {
	k.list("cause", uint64(c.kind))
	k.failure(c.failure)
}

// failure adds why something has failed. What it says in words is for callers and for
// logs, and nothing is decided by it.
func (k *Keyer) failure(f messages.Failure) {
	if f == (messages.Failure{}) {
		return
	}
	if k.Names != nil {
		k.list("failure", uint64(f.Verdict), uint64(f.RetryAfter))
		return
	}
	k.word(f.Reason, f.Code)
	k.list("failure", uint64(f.Verdict), uint64(f.Status), uint64(f.Attempt), uint64(f.RetryAfter))
}

func (k *Keyer) pair(name string, p pair) {
	k.list(name, p.grant, p.generation)
	k.until("stale", p.staleAt)
	k.until("over", p.expiredAt)
	k.word(p.renewer)
	k.Bool("dropped", p.dropped)
	k.Bool("unseen", p.unseen)
	k.token(name, p.token)
}

// held adds somebody who is held: from his arrival on, or from when the renewal had its
// first slot.
func (k *Keyer) held(c caller, slotAt time.Time) {
	if c.left {
		return
	}
	k.list("held", k.caller(c.id), uint64(c.more), uint64(c.away))
	k.at("since", c.since)
	if slotAt.After(c.since) {
		k.at("slot", slotAt)
	}
	k.list("wants", uint64(c.min), c.grant, c.generation)
	k.Bool("newer", c.newer)
	k.Bool("tried", c.tried)
	k.ip(c.ip)
	if c.exchange != nil {
		d := digestOf(*c.exchange)
		k.word(string(d[:]))
	}
}

func (k *Keyer) run(s *Session) {
	r := s.run
	if !r.active() {
		return
	}
	k.list("run", uint64(r.purpose), uint64(r.stage), k.renewal(s.settings.Owner, r.number))
	k.stage(s)
	k.Bool("slotted", r.slotted)
	k.Bool("had slot", !r.slotAt.IsZero())
	k.list("tries", uint64(r.attempt), uint64(r.tries))
	k.ip(r.ip)
	k.Bool("claimed", r.claimed)
	k.Bool("denied", r.denied)
	k.failure(r.why)
	k.Bool("ending", r.ending)
	k.Bool("ended", r.ended)
	k.Bool("over", r.overTomb)
	k.Bool("anew", r.anew)
	if r.login != nil {
		k.login(*r.login)
	}
	k.pair("spent", r.spent)
	k.pair("minted", r.minted)
}

// stage adds what the stage of a run makes use of.
func (k *Keyer) stage(s *Session) {
	r := s.run
	if r.stage.leaf() {
		k.list("leaf", k.leaf(r.leaf), uint64(r.deadline))
		k.at("sent", r.since)
	}
	switch r.stage {
	case claiming:
		k.at("claim", r.claimSent)
	case saving:
		k.list("write", uint64(r.write))
		k.Swap(r.swap)
	case pausing, watching:
		k.until("until", r.until)
	case resting, queued, loading, minting, revoking:
	}
}

func (k *Keyer) login(l login) {
	k.list("login", k.caller(l.caller))
	k.at("since", l.since)
	k.ip(l.ip)
	for _, proof := range l.proofs {
		k.word(proof.Reveal())
	}
}

func (k *Keyer) sighting(s *Session) {
	k.list("rev", k.rev(s.rev))
	k.Bool("looked", s.looked)
	if s.sight.claim.Owner == "" {
		return
	}
	k.list("sight", k.rev(s.sight.rev), uint64(min(s.sight.seen, s.longest(s.sight.claim))))
	k.claim(s.sight.claim)
	k.since("last", s.sight.last, s.settings.LeafTimeout)
	k.since("arrived", s.sight.arrived, s.rules.ReuseGrace+s.sight.claim.Length)
}

// doubt adds what may have been spent. How long ago matters only where the server
// forgives reuse for a while.
func (k *Keyer) doubt(s *Session) {
	if !s.doubt.sent.IsZero() {
		k.since("doubt", s.doubt.sent, s.rules.ReuseGrace)
		k.list("doubt", uint64(s.doubt.deadline))
	}
	k.list("silent", k.leaf(s.doubt.leaf))
	if leaf := k.leaf(s.givenUp.leaf); leaf != 0 {
		k.list("given up", leaf, s.givenUp.grant)
		k.Bool("proofs", s.givenUp.proofs)
		k.Bool("buried", s.givenUp.buried)
	}
}

func (k *Keyer) unsaved(u unsaved) {
	if u.waiting {
		k.list("unsaved", uint64(u.tries))
		k.until("due", u.due)
	}
	if u.open {
		k.Swap(*u.swap)
	}
}

func (k *Keyer) revocation(r revocation) {
	k.Bool("wanted", r.wanted)
	for _, c := range r.askers {
		k.list("asker", k.caller(c))
	}
	for _, c := range r.behind {
		k.list("behind", k.caller(c))
	}
	k.Bool("again", r.again)
	if r.again {
		k.order("asked", r.asked)
	}
	k.Bool("landed", r.landed)
	if r.landed || r.wanted {
		k.order("revoked", r.at)
	}
	k.Bool("ended", r.ended)
	k.Bool("doubted", r.doubted)
	k.Bool("unsaved", r.unsaved)
	k.list("over", k.rev(r.over.rev), r.over.grant, r.over.generation)
	k.Bool("over revoked", r.over.revoked)
	k.Bool("alone", r.alone)
	k.Bool("given before", r.given)
	k.list("tries", uint64(r.tries))
	for _, t := range r.strays {
		k.token("stray", t)
	}
}

// Record adds a record of the store.
func (k *Keyer) Record(r messages.Record) {
	k.list("record", r.Grant, r.Generation, uint64(r.Status))
	k.Bool("doubted", r.Doubted)
	k.failure(r.Cause)
	k.order("written", r.Written)
	k.claim(r.Claim)
	k.Bool("rejected", r.Rejected != messages.Digest{})
	if (r.Rejected != messages.Digest{}) && r.Rejected != messages.DigestOf(r.Token.Access) {
		k.word(string(r.Rejected[:]))
	}
	k.word(r.Renewer)
	k.token("token", r.Token)
}

// Swap adds a write.
func (k *Keyer) Swap(w Swap) {
	k.list("swap", k.rev(w.Prev), k.op(w.Op))
	k.Record(w.Record)
}

func (k *Keyer) claim(c messages.Claim) {
	if c.Owner == "" {
		return
	}
	k.word(c.Owner)
	k.list("claim", k.renewal(c.Owner, c.Number), uint64(c.Length))
	k.Bool("doubt", c.Doubt)
}

func (k *Keyer) token(name string, t messages.Token) {
	if t.IsZero() {
		return
	}
	k.list(name, k.secret(t.Access), k.secret(t.Refresh), uint64(t.Lifetime()))
	k.order("issued", t.Issued)
	k.until("expiry", t.Expiry)
	k.until("refresh", t.RefreshExpiry)
}
