package enumerate

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// key returns a text that two states of a world share only if they have the same
// future. Moments count from now, revisions from the newest, leaves and callers go by their
// place, and what nobody looks at any more is left out.
func (s *state) key(buf []byte) []byte {
	n := &names{s: s}
	k := &machine.Keyer{Now: s.time(), Names: n, Text: buf[:0], Without: s.world.without}
	for _, p := range s.procs {
		n.p = p
		s.keyProcess(k, p)
	}
	s.keyServer(k)
	s.keyStore(k)
	l := s.left
	k.Number("left", uint64(l.faults), uint64(l.outages), uint64(l.rejects), uint64(l.revokes), uint64(l.logins))
	k.Number("ended", uint64(s.ended))
	k.Number("excuses", uint64(s.excuses))
	if s.excuses != 0 {
		k.Number("hit", uint64(s.hit))
	}
	k.Bool("cut", s.cut)
	k.Bool(s.broken, s.broken != "")
	return k.Text
}

func (s *state) keyProcess(k *machine.Keyer, p *process) {
	k.Number("process", uint64(p.life), uint64(p.mode))
	k.Session(p.session)
	for i := range p.callers {
		k.Number("caller", uint64(p.callers[i].what), uint64(p.callers[i].about))
		if p.callers[i].what == wantsToken {
			k.Moment("since", epoch.Add(p.callers[i].since))
		}
	}
	if p.shows(s.time()) {
		k.Number("shows", k.Names.Secret(p.snapshot.Token.Access))
		k.Until("stale", p.snapshot.StaleAt)
		k.Until("until", p.snapshot.Until)
	}
	k.Bool("told", p.told == s.store.rev && p.session.Known() < s.store.rev)
	if p.barrier > s.now {
		k.Until("barrier", epoch.Add(p.barrier))
	}
	k.Number("barred", uint64(p.barred))
	k.Number("refused", uint64(p.rejected))
	k.Number("high", p.high.grant, p.high.generation)
	for i := range p.flights {
		s.keyFlight(k, p, &p.flights[i])
	}
}

func (s *state) keyFlight(k *machine.Keyer, p *process, f *flight) {
	k.Number("flight", uint64(f.fate), uint64(p.life-f.life))
	k.Bool("wanted", p.waitsFor(f))
	k.Bool("too late", f.barred)
	s.keySent(k, p, f)
	switch e := f.effect.(type) {
	case machine.Load:
		k.Number("load", k.Names.Rev(e.Min))
	case machine.Claim:
		k.Number("claim")
		k.Swap(e.Swap)
	case machine.Save:
		k.Number("save")
		k.Swap(e.Swap)
	case machine.Mint:
		k.Number("mint", k.Names.Secret(e.Refresh))
	case machine.RevokeToken:
		k.Number("revoke", k.Names.Secret(e.Token))
	case machine.Queue, machine.Exchange, machine.Publish, machine.Withdraw, machine.Answer, machine.Emit:
	}
	keyOutcome(k, f.outcome)
}

// keySent adds when a leaf was sent, as far as that matters: while no other may go out
// beside it, and as long as it may bring a token that counts from then.
func (s *state) keySent(k *machine.Keyer, p *process, f *flight) {
	if f.standsAlone(p) {
		k.Until("alone", epoch.Add(f.aloneUntil()))
	}
	if _, ok := f.effect.(machine.Mint); ok && f.outcome == nil {
		k.Until("brings", epoch.Add(f.sent+s.world.lifeOf(len(s.server.pairs)+1)))
	}
}

func keyOutcome(k *machine.Keyer, o machine.Outcome) {
	switch o := o.(type) {
	case nil:
	case machine.Found:
		k.Number("found", k.Names.Rev(o.Rev))
		k.Record(o.Record)
	case machine.Written:
		k.Number("written", k.Names.Rev(o.Rev))
	case machine.Minted:
		k.Number("minted", k.Names.Secret(o.Token.Access))
	case machine.NotFound:
		k.Number("not found")
	case machine.Conflict:
		k.Number("conflict")
	case machine.Unwritten, machine.Unread:
		k.Number("down")
	case machine.Ended:
		k.Number("ended")
	case machine.Failed:
		k.Number("failed", uint64(o.Failure.Verdict))
	case machine.Granted, machine.Foreign, machine.TimedOut:
		panic("BUG: nothing in this world brings that")
	}
}

func (s *state) keyServer(k *machine.Keyer) {
	k.Number("server", uint64(s.server.families), uint64(s.server.over))
	for i, p := range s.server.pairs {
		k.Number("pair", uint64(p.family))
		k.Bool("dead", p.dead)
		k.Bool("spent", p.spent)
		k.Bool("unsure", p.unsure)
		k.Bool("logged in", p.loggedIn)
		k.Number("by", uint64(p.by))
		if !p.dead {
			k.Until("expiry", epoch.Add(p.expiry))
		}
		if p.spent && s.world.forgives > 0 {
			k.Until("grace", epoch.Add(p.spentAt+s.world.forgives))
		}
		if killed := s.server.killed[i+1]; killed > 0 {
			k.Number("killed", k.Names.Rev(killed))
		}
	}
}

func (s *state) keyStore(k *machine.Keyer) {
	h := s.store
	k.Number("store", uint64(h.saved), uint64(h.given))
	k.Bool("none", h.rev == 0)
	if h.down {
		k.Until("down", epoch.Add(h.until))
	}
	k.Record(h.record)
	if s.left.faults > 0 && s.world.faults.has(readBehind) {
		k.Record(h.before)
	}
}

// names goes by places.
type names struct {
	s   *state
	p   *process // whose numbers are meant
	ops []messages.OpID
}

func (n *names) Caller(c machine.Caller) uint64 {
	return uint64(1 + slices.IndexFunc(n.p.callers, func(w caller) bool { return w.id == c }))
}

func (n *names) Leaf(leaf uint64) uint64 {
	return uint64(1 + slices.IndexFunc(n.p.flights, func(f flight) bool { return f.leaf.Number == leaf && f.life == n.p.life }))
}

// Renewal tells the run under way from those before it.
func (n *names) Renewal(owner string, number uint64) uint64 {
	for _, p := range n.s.procs {
		if p.settings.Owner == owner && p.session.Renewal() == number {
			return 2
		}
	}
	return 1
}

func (n *names) Rev(r messages.Rev) uint64 {
	if r == 0 {
		return 0
	}
	return uint64(n.s.store.rev-r) + 1
}

// Op tells whether a write has landed, and otherwise whether two are one.
func (n *names) Op(op messages.OpID) uint64 {
	if rev := n.s.store.landedAt(op); rev > 0 {
		return 1000 + n.Rev(rev)
	}
	if i := slices.Index(n.ops, op); i >= 0 {
		return uint64(i + 1)
	}
	n.ops = append(n.ops, op)
	return uint64(len(n.ops))
}

func (n *names) Secret(s messages.Secret) uint64 {
	if s == "" {
		return 0
	}
	return uint64(2*numberOf(s)) + uint64(s.Reveal()[0]&1)
}

// Wait goes by the steps of the world's clock: nobody looks at it in between. What is
// further away than the horizon never comes.
func (n *names) Wait(left time.Duration) time.Duration {
	if left > horizon {
		return horizon + n.s.world.grid
	}
	return roundUp(left, n.s.world.grid)
}

// Order matters where somebody logs in: only then are the moments of tokens and records
// compared. What a kind was configured with is older than all of them.
func (n *names) Order(t time.Time) uint64 {
	if n.s.world.budget.logins == 0 {
		return 0
	}
	return uint64(t.Sub(epoch)+horizon) - uint64(n.s.now)
}
