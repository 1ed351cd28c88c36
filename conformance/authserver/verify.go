package authserver

import (
	"errors"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Why Verify refuses a token.
var (
	ErrUnknown = errors.New("authserver: not an access token of this server")
	ErrExpired = errors.New("authserver: the access token has expired")
	ErrRevoked = errors.New("authserver: the access token was revoked")
)

const claimGeneration = "generation"

// Claims is what an access token says.
type Claims struct {
	ID         string // jti
	GrantID    string // the family
	Generation int    // how often the family had been renewed; zero: never
	Subject    string // the client itself, if it asked for nobody else
	ClientID   string // empty: an exchange or an assertion without a client
	Scopes     []string
	Issued     time.Time
	Expiry     time.Time // the first moment when the token is refused
}

// Verify judges an access token as a resource server does that asks the
// authorization server about revocations. The error is ErrUnknown, ErrExpired or
// ErrRevoked; with the latter two the claims are returned all the same. It is
// cheap: the signature of a token is checked once.
func (s *Server) Verify(accessToken string) (Claims, error) {
	claims, ok := s.store.recall(accessToken)
	if !ok {
		var err error
		if claims, err = s.read(accessToken); err != nil {
			return Claims{}, err
		}
		s.store.remember(accessToken, claims)
	}
	return claims, s.store.check(claims)
}

// read checks the signature and the issuer of an access token.
func (s *Server) read(accessToken string) (Claims, error) {
	token, err := jwt.ParseSigned(accessToken, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return Claims{}, ErrUnknown
	}
	var standard jwt.Claims
	var own struct {
		GrantID    string `json:"grant_id"` // an ID token has none
		ClientID   string `json:"client_id"`
		Scope      string `json:"scope"`
		Generation int    `json:"generation"`
	}
	err = token.Claims(s.key.Public().Key, &standard, &own)
	if err != nil || standard.Issuer != s.URL() || own.GrantID == "" {
		return Claims{}, ErrUnknown
	}
	return Claims{
		ID: standard.ID, GrantID: own.GrantID, Generation: own.Generation,
		Subject: standard.Subject, ClientID: own.ClientID, Scopes: strings.Fields(own.Scope),
		Issued: standard.IssuedAt.Time(), Expiry: standard.Expiry.Time(),
	}, nil
}

func (s *store) recall(accessToken string) (Claims, bool) {
	s.lock()
	defer s.mu.Unlock()
	claims, ok := s.verified[accessToken]
	return claims, ok
}

func (s *store) remember(accessToken string, claims Claims) {
	s.lock()
	defer s.mu.Unlock()
	s.verified[accessToken] = claims
	s.expiries.add(claims.Expiry, func() time.Time { delete(s.verified, accessToken); return time.Time{} })
}

func (s *store) check(claims Claims) error {
	s.lock()
	defer s.mu.Unlock()
	if !s.now().Before(claims.Expiry) {
		return ErrExpired
	}
	f, ok := s.families[claims.GrantID]
	switch {
	case !ok:
		return ErrUnknown
	case f.isRevoked(), s.renewalRevokes && claims.Generation < f.generation:
		return ErrRevoked
	default:
		return nil
	}
}
