package simcore

import (
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// server is an authorization server that knows what it has done. Each pair of tokens has
// a number, its secrets are "a" and "r" with that number, and each pair belongs to the
// family of the login that it came from.
type server struct {
	pairs     []pair
	families  []family
	exchanged []exchanged
	second    time.Duration // of the rate limit
	asked     int           // in this second
	rotations uint64
}

// family is what began with a login.
type family struct {
	session int
	dead    bool
	excused bool // it is no wonder that it is dead
}

// pair is a pair of tokens as the server sees it.
type pair struct {
	session, family int
	parent          int // the number of the pair whose refresh token brought it; zero: a login, or none
	issued, expiry  time.Duration
	life            time.Duration
	dead            bool // the access token
	spent           bool // the refresh token
	spentAt         time.Duration
	ended           bool // the refresh token, by another login

	by        *process // who asked for it; nil: a human elsewhere
	leaf      uint64   // with this leaf
	delivered bool     // the answer has reached that process
	saved     bool     // it has been in the store
	placed    place    // there
	troubled  bool     // something went wrong with a request that may have spent it
	slowSave  bool     // or with the Save of what it brought
}

// place is where a token stands in the order of tokens.
type place struct{ grant, generation uint64 }

// exchanged is a token that was given in exchange: "x" with its number.
type exchanged struct {
	session, subject int
	expiry           time.Duration
	scope            string
}

func (v *server) reset() {
	v.pairs, v.families, v.exchanged = v.pairs[:0], v.families[:0], v.exchanged[:0]
	v.second, v.asked, v.rotations = 0, 0, 0
}

var accessNames, refreshNames = namesOf("a"), namesOf("r")

func namesOf(prefix string) []messages.Secret {
	names := make([]messages.Secret, 4096)
	for n := range names {
		names[n] = messages.Secret(prefix + strconv.Itoa(n))
	}
	return names
}

func accessOf(n int) messages.Secret {
	if n < len(accessNames) {
		return accessNames[n]
	}
	return messages.Secret("a" + strconv.Itoa(n))
}

func refreshOf(n int) messages.Secret {
	if n < len(refreshNames) {
		return refreshNames[n]
	}
	return messages.Secret("r" + strconv.Itoa(n))
}

// numberOf is the number in a secret; zero: it is none of this server.
func numberOf(s messages.Secret) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(string(s[1:]))
	if err != nil {
		return 0
	}
	return n
}

// pair returns the pair of which s is one half; nil: it is of another server.
func (v *server) pair(s messages.Secret) *pair {
	n := numberOf(s)
	if n <= 0 || n > len(v.pairs) {
		return nil
	}
	return &v.pairs[n-1]
}

func (v *server) newFamily(session int) int {
	v.families = append(v.families, family{session: session})
	return len(v.families) - 1
}

func (v *server) issue(p pair) int {
	v.pairs = append(v.pairs, p)
	return len(v.pairs)
}

// alive reports whether an access token is accepted.
func (v *server) alive(s messages.Secret, now time.Duration) bool {
	p := v.pair(s)
	return p != nil && !p.dead && !v.families[p.family].dead && now < p.expiry
}

// renewable reports whether a refresh token would bring a new pair.
func (v *server) renewable(s messages.Secret) bool {
	p := v.pair(s)
	return p != nil && !v.families[p.family].dead && !p.spent && !p.ended
}

// limited counts a request, and reports whether it is one too many for this second.
func (v *server) limited(now time.Duration, most int) bool {
	if second := now / time.Second; second != v.second {
		v.second, v.asked = second, 0
	}
	v.asked++
	return most > 0 && v.asked > most
}

// verdict is what became of a refresh token.
type verdict uint8

const (
	granted verdict = iota
	refused
	reused // and refused
)

// spend takes a refresh token for a new pair.
func (v *server) spend(s messages.Secret, now time.Duration, t *Terms, revokes bool) verdict {
	p := v.pair(s)
	if p == nil || v.families[p.family].dead || p.ended {
		return refused
	}
	if p.spent && now >= p.spentAt+t.Grace {
		v.families[p.family].dead = t.Strict
		return reused
	}
	if !p.spent && !t.Keeps {
		p.spent, p.spentAt = true, now
	}
	if revokes {
		v.killAccess(p.family)
	}
	return granted
}

func (v *server) killAccess(family int) {
	for i := range v.pairs {
		if v.pairs[i].family == family {
			v.pairs[i].dead = true
		}
	}
}

// login begins a family; where the server allows one grant only, the refresh tokens of
// the others end.
func (v *server) login(session int, alone bool) int {
	for i := range v.pairs {
		if v.pairs[i].session == session {
			v.pairs[i].ended = v.pairs[i].ended || alone
		}
	}
	return v.newFamily(session)
}

// revoke ends a token. "Invalid tokens do not cause an error response" (RFC 7009, section
// 2.2), and a spent refresh token is one.
func (v *server) revoke(s messages.Secret, refresh bool, t *Terms) error {
	p := v.pair(s)
	switch {
	case p == nil, refresh && p.spent:
	case refresh:
		v.families[p.family].dead = true
	case t.NoAccess:
		return messages.Failure{Verdict: messages.Hopeless, Status: 400, Code: "unsupported_token_type"}
	default:
		p.dead = true
	}
	return nil
}
