package authserver

import (
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// A family is a grant with all that was issued under it. The store's mu guards
// its fields.
type family struct {
	grant      goidc.Grant // without refresh token: those are in the store's map
	parent     *family     // what it was exchanged from; nil: nothing
	generation int
	revoked    bool
	until      time.Time // the last of its tokens expires
}

type refreshToken struct {
	family *family
	spent  time.Time // first use; zero: unspent
	expiry time.Time
}

// copy is shallow: go-oidc replaces a grant's maps and slices, and fills none of
// them with the features that we have switched on.
func (f *family) copy() *goidc.Grant {
	g := f.grant
	if f.isRevoked() {
		g.RevokedAt = 1 // go-oidc asks whether, not when
	}
	return &g
}

func (f *family) isRevoked() bool {
	for ; f != nil; f = f.parent {
		if f.revoked {
			return true
		}
	}
	return false
}

func (f *family) keepUntil(t time.Time) {
	if t.After(f.until) {
		f.until = t
	}
}

func (s *store) add(g *goidc.Grant, parent *family) {
	now := s.now()
	f := &family{grant: *g, parent: parent, until: now.Add(s.lifetime)}
	f.grant.RefreshToken = ""
	f.grant.CreatedAt = int(now.Unix())
	s.families[g.ID] = f
	s.changed(g.ID)
	if g.RefreshToken != "" {
		s.issue(f, g.RefreshToken)
	}
	s.expiries.add(f.until, func() time.Time { return s.drop(f) })
}

// drop forgets f, or says when to come again.
func (s *store) drop(f *family) time.Time {
	if s.now().Before(f.until) {
		return f.until
	}
	delete(s.families, f.grant.ID)
	s.changed(f.grant.ID)
	delete(s.uses, f.grant.ID)
	return time.Time{}
}

func (s *store) issue(f *family, token string) {
	expiry := s.now().Add(s.refreshLifetime)
	f.keepUntil(expiry)
	s.refresh[token] = &refreshToken{family: f, expiry: expiry}
	s.tokenChanged(token)
	s.expiries.add(expiry, func() time.Time { return s.dropToken(token) })
}

func (s *store) dropToken(token string) time.Time {
	delete(s.refresh, token)
	s.tokenChanged(token)
	return time.Time{}
}

// renew spends the refresh token that a presented and issues the one that
// go-oidc made for g.
func (s *store) renew(f *family, g *goidc.Grant, a *attempt) error {
	t, ok := s.refresh[a.presented]
	switch {
	case !ok:
		return goidc.NewError(goidc.ErrorCodeInvalidGrant, "the refresh token expired")
	case f.isRevoked():
		return goidc.NewError(goidc.ErrorCodeInvalidGrant, "the grant is revoked")
	case s.isReuse(t):
		s.reuses++
		s.revoke(f)
		return goidc.NewError(goidc.ErrorCodeInvalidGrant, "the refresh token was used before")
	case t.spent.IsZero():
		t.spent = s.now()
		s.tokenChanged(a.presented)
	default:
		s.forgiven++
	}
	s.issue(f, g.RefreshToken)
	f.generation++
	s.changed(f.grant.ID)
	a.generation = f.generation
	return nil
}

func (s *store) isReuse(t *refreshToken) bool {
	return !t.spent.IsZero() && !s.now().Before(t.spent.Add(s.grace))
}

func (s *store) revoke(f *family) {
	if !f.revoked {
		f.revoked = true
		s.revoked++
		s.changed(f.grant.ID)
	}
}
