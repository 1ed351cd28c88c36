package authserver

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/luikyv/go-oidc/pkg/goidc"
	"github.com/luikyv/go-oidc/pkg/provider"
)

// anyScope is the one scope that go-oidc knows; every scope matches it.
var anyScope = goidc.NewDynamicScope("any", func(string) bool { return true })

// provider is go-oidc with our store, our clock and our callbacks.
func (s *Server) provider() (*provider.Provider, error) {
	clients := s.cfg.clients()
	more := make([]*goidc.Client, 0, len(clients))
	for _, c := range clients[1:] {
		more = append(more, c.registered())
	}
	keys := goidc.JSONWebKeySet{Keys: []goidc.JSONWebKey{s.key}}
	options := []provider.Option{
		provider.WithTokenEndpoint(TokenPath),
		provider.WithTokenRevocationEndpoint(RevokePath),
		provider.WithTokenIntrospectionEndpoint(IntrospectPath),
		provider.WithJWKSEndpoint(JWKSPath),

		provider.WithStaticClients(clients[0].registered(), more...),
		provider.WithSecretBasicAuthn(),
		provider.WithSecretPostAuthn(),
		provider.WithNoneAuthn(),
		provider.WithPrivateKeyJWTAuthn(jose.RS256, assertionAlgorithms...),
		provider.WithJTIConsumer(s.consumeJTI),
		provider.WithScopes(anyScope),

		provider.WithClientCredentialsGrant(),
		provider.WithRefreshTokenGrant(s.store),
		provider.WithRefreshTokenRotation(),
		provider.WithTokenExchangeGrant(s.exchange),
		provider.WithJWTBearerGrant(s.assertion),
		provider.WithTokenRevocation(func(context.Context, *goidc.Client) bool { return true }),
		provider.WithTokenRevocationRevokeGrantOnAccessToken(),
		provider.WithTokenIntrospection(func(context.Context, *goidc.Client, goidc.TokenInfo) bool { return true }),

		provider.WithIDTokenSignatureAlgs(jose.ES256),
		provider.WithTokenOptions(s.tokenOptions),
		provider.WithTokenClaims(s.stamp),
		provider.WithGrantHandler(adjust),
		provider.WithRefreshTokenShouldIssue(wantsRefreshToken),
		provider.WithRefreshTokenFunc(random),
		provider.WithGrantIDFunc(random),
		provider.WithJWTIDFunc(random),
		provider.WithErrorHandler(noteError),
	}
	return provider.New(s.URL(), s.store,
		func(context.Context) (goidc.JSONWebKeySet, error) { return keys, nil },
		append(options, s.clockOptions()...)...)
}

// clockOptions turn off what go-oidc judges by the system's clock, if there is
// another one. It cannot be given a clock; our store, Verify, the assertions
// and the introspection endpoint use Config.Now. What is then not checked is the
// lifetime of a client's own private_key_jwt.
func (s *Server) clockOptions() []provider.Option {
	if s.cfg.Now == nil {
		return nil
	}
	const century = int(100 * 365 * 24 * time.Hour / time.Second)
	return []provider.Option{provider.WithJWTLeewayTime(century), provider.WithJWTLifetime(century)}
}

func (s *Server) tokenOptions(_ context.Context, g *goidc.Grant, _ *goidc.Client) goidc.TokenOptions {
	return goidc.NewJWTTokenOptions(jose.ES256, int(s.lifetime(g)/time.Second))
}

// lifetime is that of the access tokens of a grant. One that was had by an assertion
// may be of no client.
func (s *Server) lifetime(g *goidc.Grant) time.Duration {
	return orDefault(s.clients[g.ClientID].Lifetime, s.cfg.lifetime())
}

// stamp gives an access token its times by our clock, in place of go-oidc's,
// and its generation.
func (s *Server) stamp(ctx context.Context, _ *goidc.Token, g *goidc.Grant) map[string]any {
	issued := s.now().Truncate(time.Second)
	expiry := issued.Add(s.lifetime(g))
	s.store.keepUntil(g.ID, expiry)
	return map[string]any{
		goidc.ClaimIssuedAt: issued.Unix(),
		goidc.ClaimExpiry:   expiry.Unix(),
		claimGeneration:     attemptIn(ctx).generation,
	}
}

// adjust completes a grant that go-oidc is about to save.
func adjust(ctx context.Context, grantType goidc.GrantType, g *goidc.Grant) error {
	a := attemptIn(ctx)
	if subject := a.subject(); grantType == goidc.GrantClientCredentials && subject != "" {
		g.Subject = subject
	}
	if grantType == goidc.GrantTokenExchange && g.Scopes == "" {
		g.Scopes = a.parentScopes
	}
	return nil
}

// wantsRefreshToken is false but for an exchange that asks for nothing else: a
// grant that can be had again at any time needs none.
func wantsRefreshToken(ctx context.Context, _ *goidc.Client, _ *goidc.Grant) bool {
	return attemptIn(ctx).form.Get("requested_token_type") == string(goidc.TokenTypeIdentifierRefreshToken)
}

func random(context.Context) string { return rand.Text() }

// introspection lets go-oidc see dead tokens as unknown ones. It judges by the
// family only, and by its own clock.
func (s *Server) introspection(op http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if token := r.PostFormValue("token"); token != "" && !s.active(token) {
			r.PostForm.Set("token", "inactive")
		}
		op.ServeHTTP(w, r)
	})
}

func (s *Server) active(token string) bool {
	_, err := s.Verify(token)
	return err == nil || s.store.usable(token)
}
