package simulate

import (
	"strconv"
	"strings"
	"time"
)

// grant is what a human has granted, or the client was granted for itself: the family
// of its tokens.
type grant struct {
	tag     string // of the server
	subject string
	ended   bool
	newest  *pair // what its last renewal brought, or its beginning
	under   int   // refreshes under way
}

// pair is an access token with the refresh token that came with it, if one did. It is
// known by its number; the tokens themselves are nowhere, so they cannot be printed.
type pair struct {
	number    int
	grant     *grant
	exchanged bool      // the access token was, for another one
	expiry    time.Time // of the access token
	revoked   bool      // the access token was, by itself

	renewable     bool      // there is a refresh token
	refreshExpiry time.Time // zero: it has no end
	spent         time.Time // when the refresh token first was; zero: never
}

const (
	accessPrefix  = "at-"
	refreshPrefix = "rt-"
)

func (p *pair) access() string { return accessPrefix + p.grant.tag + strconv.Itoa(p.number) }

// refresh returns the refresh token; empty: there is none.
func (p *pair) refresh() string {
	if !p.renewable {
		return ""
	}
	return refreshPrefix + p.grant.tag + strconv.Itoa(p.number)
}

// find returns the pair of which token is the half with this prefix; nil: there is none.
// Who calls it, or the other unexported methods of this file holds s.mu.
func (s *Server) find(prefix, token string) *pair {
	number, ok := strings.CutPrefix(token, prefix+s.tag)
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > len(s.pairs) || number != strconv.Itoa(n) {
		return nil
	}
	p := s.pairs[n-1]
	if prefix == refreshPrefix && !p.renewable {
		return nil
	}
	return p
}

func (s *Server) begins(subject string) *grant {
	g := &grant{tag: s.tag, subject: subject}
	s.grants = append(s.grants, g)
	return g
}

// issue returns a new pair of a grant.
func (s *Server) issue(g *grant, now time.Time) *pair {
	p := &pair{number: len(s.pairs) + 1, grant: g, expiry: now.Add(s.terms.tokenTTL)}
	s.pairs = append(s.pairs, p)
	return p
}

// renew returns a new pair that takes the place of the grant's last.
func (s *Server) renew(g *grant, now time.Time, renewable bool) *pair {
	p := s.issue(g, now)
	p.renewable = renewable
	if renewable && s.terms.refreshTTL > 0 {
		p.refreshExpiry = now.Add(s.terms.refreshTTL)
	}
	g.newest = p
	return p
}

// isRevoked reports whether the access token was ended before its time.
func (s *Server) isRevoked(p *pair) bool {
	replaced := s.terms.renewalRevokes && !p.exchanged && p != p.grant.newest
	return p.revoked || p.grant.ended || replaced
}

// whyInvalid returns nil if the access token is good.
func (s *Server) whyInvalid(p *pair, now time.Time) error {
	switch {
	case p == nil:
		return ErrTokenUnknown
	case s.isRevoked(p):
		return ErrTokenRevoked
	case !now.Before(p.expiry):
		return ErrTokenExpired
	}
	return nil
}

// isSpent reports whether the refresh token was, and no grace is left.
func (s *Server) isSpent(p *pair, now time.Time) bool {
	return !p.spent.IsZero() && !now.Before(p.spent.Add(s.terms.grace))
}

// hasRunOut reports whether the time of the refresh token is over.
func (p *pair) hasRunOut(now time.Time) bool {
	return !p.refreshExpiry.IsZero() && !now.Before(p.refreshExpiry)
}

// spend takes a refresh token for a new pair, and returns nil and the reason if it is
// not good.
func (s *Server) spend(p *pair, now time.Time) (next *pair, why string) {
	switch {
	case p == nil:
		return nil, "the refresh token is unknown"
	case s.isSpent(p, now):
		s.books.again(p, now)
		p.grant.ended = p.grant.ended || !s.terms.lenient
		return nil, "the refresh token has been spent"
	case p.grant.ended:
		return nil, "the grant has ended"
	case p.hasRunOut(now):
		return nil, "the refresh token has expired"
	}
	if !s.terms.reusable && p.spent.IsZero() {
		p.spent = now
	}
	s.books.renewals[p.grant.subject]++
	return s.renew(p.grant, now, !s.terms.reusable), ""
}

// revoke ends a token, and says nothing if there is nothing to end: "Note: invalid tokens
// do not cause an error response since the client cannot handle such an error in a
// reasonable way." https://www.rfc-editor.org/rfc/rfc7009#section-2.2
func (s *Server) revoke(token string, now time.Time) {
	if p := s.find(accessPrefix, token); p != nil {
		p.revoked = true
	}
	if p := s.find(refreshPrefix, token); p != nil && !s.isSpent(p, now) {
		p.grant.ended = true
	}
}
