package authserver

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// A store keeps what the server has issued. Every lookup is by map, what goes in
// and out is copied, and what has expired is forgotten.
type store struct {
	now             func() time.Time
	lifetime        time.Duration // of access tokens
	refreshLifetime time.Duration
	grace           time.Duration
	renewalRevokes  bool

	mu       sync.Mutex // guards everything below
	families map[string]*family
	refresh  map[string]*refreshToken
	verified map[string]Claims // access tokens whose signature was found good
	seen     map[string]bool   // the jti of assertions
	expiries expiries
	uses     map[string]int // of refresh tokens, by family
	reuses   int
	forgiven int
	revoked  int

	books     *books // nil: nothing is kept
	unwritten unwritten
}

var (
	_ goidc.GrantManager        = (*store)(nil)
	_ goidc.RefreshTokenManager = (*store)(nil)
)

// newStore takes up what the books have; nil: nothing is kept.
func newStore(cfg Config, b *books) (*store, error) {
	s := &store{
		now:             cfg.now(),
		lifetime:        cfg.lifetime(),
		refreshLifetime: cfg.refreshLifetime(),
		grace:           cfg.Grace,
		renewalRevokes:  cfg.RenewalRevokes,
		families:        map[string]*family{},
		refresh:         map[string]*refreshToken{},
		verified:        map[string]Claims{},
		seen:            map[string]bool{},
		uses:            map[string]int{},
		books:           b,
		unwritten:       newUnwritten(),
	}
	if b == nil {
		return s, nil
	}
	return s, s.recollect()
}

// lock forgets what has expired, so that nobody finds it.
func (s *store) lock() {
	s.mu.Lock()
	s.expiries.forget(s.now())
}

// SaveGrant adds a family, revokes one or renews one: go-oidc has one call for
// the three. It is the only place where a refresh token is spent, and it does so
// under the lock: of two requests that looked the same token up, the second
// finds it spent.
func (s *store) SaveGrant(ctx context.Context, g *goidc.Grant) error {
	s.lock()
	defer s.mu.Unlock()
	err := s.saveGrant(ctx, g)
	if unkept := s.keep(); unkept != nil {
		return fmt.Errorf("keep the books: %w", unkept)
	}
	return err
}

func (s *store) saveGrant(ctx context.Context, g *goidc.Grant) error {
	f, known := s.families[g.ID]
	switch {
	case !known:
		s.add(g, s.families[attemptIn(ctx).parent])
		return nil
	case g.RevokedAt != 0:
		s.revoke(f)
		return nil
	default:
		return s.renew(f, g, attemptIn(ctx))
	}
}

// Grant returns a copy of a family's grant.
func (s *store) Grant(_ context.Context, id string) (*goidc.Grant, error) {
	s.lock()
	defer s.mu.Unlock()
	f, ok := s.families[id]
	if !ok {
		return nil, goidc.ErrNotFound
	}
	return f.copy(), nil
}

// GrantByRefreshToken returns a copy of the grant that a refresh token belongs
// to, spent or not: whether it may be used is SaveGrant's to say, when go-oidc
// has checked that it was the right client who sent it.
func (s *store) GrantByRefreshToken(ctx context.Context, token string) (*goidc.Grant, error) {
	s.lock()
	defer s.mu.Unlock()
	t, ok := s.refresh[token]
	if !ok {
		return nil, goidc.ErrNotFound
	}
	a := attemptIn(ctx)
	a.presented = token
	if a.grantType() == RefreshToken {
		s.uses[t.family.grant.ID]++
	}
	return t.family.copy(), nil
}

// familyOf returns the ID of a refresh token's family; empty: it is not known.
func (s *store) familyOf(token string) string {
	s.lock()
	defer s.mu.Unlock()
	if t, ok := s.refresh[token]; ok {
		return t.family.grant.ID
	}
	return ""
}

// usable reports whether token is a refresh token that would be accepted now.
func (s *store) usable(token string) bool {
	s.lock()
	defer s.mu.Unlock()
	t, ok := s.refresh[token]
	return ok && !t.family.isRevoked() && !s.isReuse(t)
}

// keepUntil remembers a family for as long as an access token of it lives.
func (s *store) keepUntil(id string, expiry time.Time) {
	s.lock()
	defer s.mu.Unlock()
	if f, ok := s.families[id]; ok {
		f.keepUntil(expiry)
		s.changed(id)
		_ = s.keep() // or with the next change
	}
}

// first reports whether name is new, and remembers it until after expiry.
func (s *store) first(name string, expiry time.Time) bool {
	s.lock()
	defer s.mu.Unlock()
	if s.seen[name] {
		return false
	}
	s.seen[name] = true
	s.expiries.add(expiry.Add(time.Second), func() time.Time { delete(s.seen, name); return time.Time{} })
	return true
}
