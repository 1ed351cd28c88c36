package machine

import (
	"math"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
)

// Rested is a session between two events, in as little memory as it needs: there
// may be a million of them. Nobody changes it but Replace; copies share memory.
type Rested struct {
	kept *remains // nil: the rest says it all

	rev                            messages.Rev
	grant, generation              uint32
	renewals, leaves, ops, flights uint32

	state  State
	looked bool
	fresh  bool // what the kind was given is still offered
}

// remains is what is kept of a session that has more than its place: its pair, or all
// of it.
type remains struct {
	all *Session // what cannot be said in fewer words; nil: the pair

	token                   messages.Token
	staleAt, expiredAt, due time.Time
	renewer                 string
	dropped, unseen         bool
}

// Share puts the access token of the session into the bytes of an equal one. It lets
// go of its own: a token may be most of what a session takes.
func (s *Session) Share(access messages.Secret) {
	if s.pair.token.Access == access {
		s.pair.token.Access = access
	}
}

// Rest returns what is to be kept of a session until its next event.
func (s Session) Rest() Rested {
	var r Rested
	r.Replace(&s)
	return r
}

// Replace makes r what is to be kept of s, and keeps all of it in the memory that it has
// for that.
func (r *Rested) Replace(s *Session) {
	if !s.plain() {
		r.keep(s)
		return
	}
	*r = Rested{
		rev: s.rev, grant: uint32(s.pair.grant), generation: uint32(s.pair.generation),
		renewals: uint32(s.renewals), leaves: uint32(s.leaves), ops: uint32(s.ops), flights: uint32(s.flights),
		state: s.state, looked: s.looked, fresh: s.offered,
	}
	if p := &s.pair; !p.blank() || !s.due.IsZero() {
		r.kept = &remains{
			token: p.token, staleAt: p.staleAt, expiredAt: p.expiredAt, due: s.due,
			renewer: p.renewer, dropped: p.dropped, unseen: p.unseen,
		}
	}
}

// keep keeps all of s.
func (r *Rested) keep(s *Session) {
	if !r.whole() {
		*r = Rested{kept: &remains{all: new(Session)}}
	}
	*r.kept.all = *s
}

// Clear lets go of what was kept, while the session is awake. The memory of one that was
// kept whole stays for the next time, which mostly is soon.
func (r *Rested) Clear() {
	if r.whole() {
		*r.kept.all = Session{}
		return
	}
	*r = Rested{}
}

// Session returns the session that rested, for one more Step. The key, the settings
// and the rules are those that it had.
func (r *Rested) Session(key string, settings *Settings, rules *Rules) Session {
	if r.whole() {
		return *r.kept.all
	}
	s := Session{
		settings: settings,
		rules:    rules,
		key:      key,
		seed:     clockutil.Hash(settings.Name, key),
		state:    r.state,
		pair:     pair{grant: uint64(r.grant), generation: uint64(r.generation)},
		run:      idle,
		rev:      r.rev,
		looked:   r.looked,
		given:    none,
		renewals: uint64(r.renewals), leaves: uint64(r.leaves), ops: uint64(r.ops), flights: uint64(r.flights),
	}
	if r.fresh {
		s.given, s.offered = &rules.Given, true
	}
	if k := r.kept; k != nil {
		s.due = k.due
		s.pair = pair{
			token: k.token, grant: s.pair.grant, generation: s.pair.generation,
			staleAt: k.staleAt, expiredAt: k.expiredAt, renewer: k.renewer, dropped: k.dropped, unseen: k.unseen,
		}
	}
	return s
}

// whole reports whether all of the session is kept.
func (r *Rested) whole() bool { return r.kept != nil && r.kept.all != nil }

// Asleep reports whether there is nothing that a Sleep would let go of.
func (r *Rested) Asleep() bool { return r.state == Empty && !r.whole() }

// plain reports whether Rested has words for all that a session is.
func (s *Session) plain() bool {
	most := max(s.pair.grant, s.pair.generation, s.renewals, s.leaves, s.ops, s.flights)
	return most <= math.MaxUint32 && s.run == idle && len(s.held) == 0 && len(s.logins) == 0 && s.exchanges == nil &&
		s.cause == (cause{}) && s.failures == 0 && s.failedAt.IsZero() && s.short == 0 &&
		s.sight == (sighting{}) && s.doubt == (doubt{}) && s.givenUp == (givenUp{}) && s.unsaved == (unsaved{}) &&
		s.revoke.blank() && s.rejectedAt.IsZero() && len(s.refused) == 0 && s.forcedAt.IsZero() &&
		(s.offered && s.given == &s.rules.Given || !s.offered && s.given == none)
}

// blank reports whether nothing was ever revoked.
func (r *revocation) blank() bool {
	return !r.wanted && !r.landed && !r.ended && !r.doubted && !r.unsaved && r.over == (successor{}) && !r.alone && !r.again && r.tries == 0 &&
		r.at.IsZero() && len(r.askers) == 0 && len(r.behind) == 0 && len(r.strays) == 0 && !r.given
}

// blank reports whether a pair has no more than its place.
func (p *pair) blank() bool {
	return p.token.IsZero() && p.staleAt.IsZero() && p.expiredAt.IsZero() && p.renewer == "" && !p.dropped && !p.unseen
}
