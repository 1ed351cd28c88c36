package enumerate

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// server is an authorization server that knows what it has done. Pair n has the
// secrets a<n> and r<n>, and belongs to the family of the login that it came from.
type server struct {
	pairs    []pair
	families int
	over     uint16 // families that have ended
	killed   [maxTokens + 1]messages.Rev
}

// maxTokens bounds the pairs of any world.
const maxTokens = 6

// pair is a pair of tokens as the server sees it.
type pair struct {
	family   int
	expiry   time.Duration // of the access token
	dead     bool          // the access token has been ended
	spent    bool
	spentAt  time.Duration
	unsure   bool // its refresh token was sent, and nobody knows what came of it
	loggedIn bool // it is the first of its family
	by       int  // loggedIn: the process that was told, and still knows; or nobody
}

// nobody knows of a login, or all do.
const nobody = -1

func (v *server) pair(s messages.Secret) *pair { return &v.pairs[numberOf(s)-1] }

func (v *server) isOver(family int) bool { return v.over&(1<<family) != 0 }

// accepts reports whether an access token is good.
func (v *server) accepts(n int, now time.Duration) bool {
	p := &v.pairs[n-1]
	return !p.dead && !v.isOver(p.family) && now < p.expiry
}

// renewable reports whether a refresh token would bring a new pair.
func (v *server) renewable(n int) bool {
	return n > 0 && !v.pairs[n-1].spent && !v.isOver(v.pairs[n-1].family)
}

// lives reports whether anything of a family is accepted.
func (v *server) lives(family int, oneTime bool, now time.Duration) bool {
	for i := range v.pairs {
		p := &v.pairs[i]
		if p.family == family && (oneTime && v.renewable(i+1) || v.accepts(i+1, now)) {
			return true
		}
	}
	return false
}

var denied = machine.Failed{Failure: messages.Failure{Verdict: messages.GrantDenied, Status: 400, Code: "invalid_grant"}}

// mint is the token endpoint.
func (s *state) mint(f *flight, e machine.Mint) machine.Outcome {
	if !s.world.rules.OneTime {
		return s.issue(f, s.server.families, true)
	}
	v := s.serverToChange()
	p := v.pair(e.Refresh)
	switch {
	case v.isOver(p.family):
		return denied
	case p.spent && s.now >= p.spentAt+s.world.forgives:
		v.over |= 1 << p.family
		s.reused(f, numberOf(e.Refresh))
		return denied
	}
	if !p.spent {
		p.spent, p.spentAt = true, s.now
	}
	if s.world.kills {
		s.killAccess(p.family)
	}
	return s.issue(f, p.family, false)
}

// issue gives out the next pair, if the world has one left.
func (s *state) issue(f *flight, family int, begins bool) machine.Outcome {
	v := s.serverToChange()
	n := len(v.pairs) + 1
	if n > s.world.tokens {
		s.cut = true
		return denied
	}
	if begins {
		v.families++
	}
	v.pairs = append(v.pairs, pair{family: family, expiry: s.now + s.world.lifeOf(n)})
	if f.barred {
		s.procs[f.proc].barred |= 1 << family
	}
	return machine.Minted{Token: s.world.token(n, f.sent)}
}

// killAccess ends the access tokens of a family. Whoever knows the record of that
// moment can know it.
func (s *state) killAccess(family int) {
	v := s.serverToChange()
	for i := range v.pairs {
		if p := &v.pairs[i]; p.family == family && !p.dead {
			p.dead = true
			v.killed[i+1] = s.store.rev
		}
	}
}

// revoke ends a token. "Invalid tokens do not cause an error response", and a
// spent refresh token is one.
func (s *state) revoke(e machine.RevokeToken) machine.Outcome {
	v := s.serverToChange()
	p := v.pair(e.Token)
	switch {
	case e.Refresh && p.spent:
	case e.Refresh:
		v.over |= 1 << p.family
	default:
		p.dead = true
	}
	return machine.Ended{}
}
