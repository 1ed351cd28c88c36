package authserver

import (
	"context"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/luikyv/go-oidc/pkg/goidc"
)

var assertionAlgorithms = []goidc.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512,
}

// assertion judges a jwt-bearer assertion: signed by the client that is its iss,
// for us, with an exp and a jti that was not seen before. go-oidc answers every
// error with invalid_grant.
func (s *Server) assertion(_ context.Context, assertion string) (goidc.JWTBearerResult, error) {
	token, err := jwt.ParseSigned(assertion, assertionAlgorithms)
	if err != nil {
		return goidc.JWTBearerResult{}, errors.New("the assertion is not a signed JWT")
	}
	var claims jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return goidc.JWTBearerResult{}, errors.New("the assertion has no claims")
	}
	client, ok := s.clients[claims.Issuer]
	if !ok || client.Key == nil {
		return goidc.JWTBearerResult{}, errors.New("the assertion is of no client with a key")
	}
	if err := token.Claims(client.Key, &claims); err != nil {
		return goidc.JWTBearerResult{}, errors.New("the assertion's signature is wrong")
	}
	if err := s.checkAssertion(claims); err != nil {
		return goidc.JWTBearerResult{}, err
	}
	return goidc.JWTBearerResult{Subject: claims.Subject}, nil
}

func (s *Server) checkAssertion(claims jwt.Claims) error {
	if claims.Subject == "" || claims.Expiry == nil || claims.ID == "" {
		return errors.New("the assertion lacks sub, exp or jti")
	}
	err := claims.ValidateWithLeeway(jwt.Expected{
		AnyAudience: jwt.Audience{s.URL(), s.URL() + TokenPath},
		Time:        s.now(),
	}, 0)
	if err != nil {
		return err
	}
	// "The authorization server MAY ensure that JWTs are not replayed by
	// maintaining the set of used "jti" values"
	// https://www.rfc-editor.org/rfc/rfc7523#section-3
	if !s.store.first(claims.Issuer+" "+claims.ID, claims.Expiry.Time()) {
		return errors.New("the assertion's jti was used before")
	}
	return nil
}

// consumeJTI is the same for a client's own assertions. go-oidc does not say
// when they expire, but refuses those that live longer than ten minutes.
func (s *Server) consumeJTI(_ context.Context, jti string) error {
	if !s.store.first(jti, s.now().Add(time.Hour)) {
		return errors.New("the assertion's jti was used before")
	}
	return nil
}
