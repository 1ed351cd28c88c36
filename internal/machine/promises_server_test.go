package machine

import (
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// promiseServer is an authorization server that knows what it has done: each
// pair has a number, its secrets are "a" and "r" with that number, and each pair
// belongs to the family of the login that it came from.
type promiseServer struct {
	pairs    []promisePair
	families []bool // dead
	strict   bool   // reuse of a refresh token kills its family
	keeps    bool   // a refresh token can be used again, and no other is sent
	oneLogin bool   // a login ends the refresh tokens of those before it
	noAccess bool   // access tokens cannot be revoked by themselves
	revokes  bool   // renewing kills the old access token
	grace    time.Duration

	exchanged []promiseExchanged
}

// promisePair is a pair of tokens as the server sees it.
type promisePair struct {
	family     int
	expiry     time.Duration
	dead       bool // the access token
	spent      bool
	ended      bool // its refresh token, by another login
	spentAt    time.Duration
	proc, life int // who asked for it
	leaf       uint64
	issued     time.Duration
}

func promiseSecret(kind string, n int) messages.Secret {
	return messages.Secret(kind + strconv.Itoa(n))
}

func promiseNumber(s messages.Secret) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(string(s[1:]))
	if err != nil {
		panic("BUG: not a secret of this server: " + string(s))
	}
	return n
}

// pair returns the pair of which s is one half; nil: it is of another server.
func (v *promiseServer) pair(s messages.Secret) *promisePair {
	n := promiseNumber(s)
	if n <= 0 || n > len(v.pairs) {
		return nil
	}
	return &v.pairs[n-1]
}

func (v *promiseServer) newFamily() int {
	v.families = append(v.families, false)
	return len(v.families) - 1
}

// alive reports whether an access token is accepted.
func (v *promiseServer) alive(s messages.Secret, now time.Duration) bool {
	p := v.pair(s)
	return p != nil && !p.dead && !v.families[p.family] && now < p.expiry
}

// renewable reports whether a refresh token would bring a new pair.
func (v *promiseServer) renewable(s messages.Secret) bool {
	p := v.pair(s)
	return p != nil && !v.families[p.family] && !p.spent && !p.ended
}

// login begins a family, and ends the refresh tokens of the others.
func (v *promiseServer) login() int {
	for i := range v.pairs {
		v.pairs[i].ended = v.pairs[i].ended || v.oneLogin
	}
	return v.newFamily()
}

// promiseVerdict is what became of a refresh token.
type promiseVerdict uint8

const (
	promiseGranted promiseVerdict = iota
	promiseDenied
	promiseReused // and denied
)

// spend takes a refresh token for a new pair.
func (v *promiseServer) spend(s messages.Secret, now time.Duration) promiseVerdict {
	p := v.pair(s)
	if p == nil || v.families[p.family] || p.ended {
		return promiseDenied
	}
	if p.spent && now >= p.spentAt+v.grace {
		if v.strict {
			v.families[p.family] = true
		}
		return promiseReused
	}
	if !p.spent && !v.keeps {
		p.spent, p.spentAt = true, now
	}
	if v.revokes {
		v.killAccess(p.family)
	}
	return promiseGranted
}

func (v *promiseServer) killAccess(family int) {
	for i := range v.pairs {
		if v.pairs[i].family == family {
			v.pairs[i].dead = true
		}
	}
}

// issue makes the next pair of a family.
func (v *promiseServer) issue(p promisePair) int {
	v.pairs = append(v.pairs, p)
	return len(v.pairs)
}

// revoke ends a token. "Invalid tokens do not cause an error response", and a
// spent refresh token is one.
func (v *promiseServer) revoke(s messages.Secret, refresh bool) Outcome {
	p := v.pair(s)
	switch {
	case p == nil, refresh && p.spent:
	case refresh:
		v.families[p.family] = true
	case v.noAccess:
		return Failed{Failure: messages.Failure{Verdict: messages.Hopeless, Status: 400, Code: "unsupported_token_type"}}
	default:
		p.dead = true
	}
	return Ended{}
}
