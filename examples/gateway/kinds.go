package main

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
	"github.com/holdfast-go/holdfast/conformance/caspio"
	"github.com/holdfast-go/holdfast/conformance/spatium"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// tenantKind is a way in which a tenant lets the gateway act for him.
type tenantKind struct {
	name string
	ends bool // once revoked, it stays revoked

	// client is the tenant's own client at the authorization server, whose ID is his
	// name; nil: the gateway's client acts for him.
	client func(s *services) authserver.Client

	make func(s *services, tenant string) (sessions.Kind, error)

	// establish proves to the session who its tenant is; nil: nobody has to.
	establish func(ctx context.Context, s *services, session *sessions.Session) error

	// exchange is what the session's token is exchanged for before a request goes to
	// the API; nil: that token goes there itself.
	exchange *messages.Exchange

	// verify asks who gave out an access token; nil: the authorization server.
	verify func(s *services, tenant, accessToken string) (subject string, err error)
}

// tenantKinds are all that there are. One more is one more line.
var tenantKinds = []tenantKind{
	{name: "persistent", ends: true, make: persistent},
	{name: "keep-alive", ends: true, make: keepAlive},
	{name: "exchange", ends: true, make: persistent, exchange: &messages.Exchange{Scopes: []string{scopeRead}}},
	{name: "static", ends: true, make: static, client: withLongTokens},
	{name: "client-credentials", make: clientCredentials},
	{name: "anonymous", make: anonymous, client: withSecret},
	{name: "client-token", make: clientToken, client: withSecret},
	{name: "jwt-bearer", make: jwtBearer},
	{name: "private-key-jwt", make: privateKeyJWT, client: withKey},
	{name: "spatium", make: authorization, establish: establish, verify: verifyPermission},
	{name: "caspio", make: caspioToken, verify: verifyCaspio},
}

// What a tenant's login permits.
const (
	scopeRead  = "orders:read"
	scopeWrite = "orders:write"
)

// persistent goes on with what a login of the tenant has left.
func persistent(s *services, tenant string) (sessions.Kind, error) {
	token, err := s.login(tenant)
	if err != nil {
		return nil, err
	}
	return sessions.Persistent(s.endpoint(tenant), token), nil
}

// keepAlive does too, and renews whether his callers ask or not.
func keepAlive(s *services, tenant string) (sessions.Kind, error) {
	kind, err := persistent(s, tenant)
	return sessions.KeepAlive(kind), err
}

// static has a token that lives longer than the run, such as a developer copies from a
// web page, and nothing to renew it with.
func static(s *services, tenant string) (sessions.Kind, error) {
	token, err := s.login(tenant)
	token.Refresh, token.RefreshExpiry = "", time.Time{}
	return sessions.Static(s.endpoint(tenant), token), err
}

// clientCredentials needs no login: the client is trusted to act for the tenant.
func clientCredentials(s *services, tenant string) (sessions.Kind, error) {
	return sessions.ClientCredentials(s.endpoint(tenant), sessions.Subject{Type: "user", ID: tenant}), nil
}

// anonymous, clientToken and privateKeyJWT need none either: the tenant is the client.
func anonymous(s *services, tenant string) (sessions.Kind, error) {
	return sessions.Anonymous(s.endpoint(tenant)), nil
}

func clientToken(s *services, tenant string) (sessions.Kind, error) {
	return sessions.ClientToken(s.endpoint(tenant)), nil
}

func privateKeyJWT(s *services, tenant string) (sessions.Kind, error) {
	return sessions.ClientCredentials(s.endpoint(tenant), sessions.Subject{}), nil
}

// jwtBearer has the gateway sign that it acts for the tenant.
func jwtBearer(s *services, tenant string) (sessions.Kind, error) {
	e := s.endpoint(tenant)
	a := s.assertion()
	a.Issuer, a.Subject = e.ClientID, tenant
	return sessions.JWTBearer(e, a), nil
}

// authorization is a session at Spatium's service.
func authorization(s *services, tenant string) (sessions.Kind, error) {
	service := sessions.Spatium(s.fakes.url.String() + spatium.BasePath)
	return sessions.Authorization(service, tenant, scopeRead), nil
}

// establish proves by a factor that the session is its tenant's.
func establish(ctx context.Context, s *services, session *sessions.Session) error {
	factor, err := s.spatium.Login(session.Key(), s.passwords[session.Key()])
	if err != nil {
		return err
	}
	return session.Establish(ctx, factor)
}

func verifyPermission(s *services, _, accessToken string) (string, error) {
	p, err := s.spatium.Verify(accessToken)
	return p.Account, err
}

// caspioToken is the token of the tenant's account at Caspio. It lives for a day.
func caspioToken(s *services, tenant string) (sessions.Kind, error) {
	tokenURL := s.fakes.url.JoinPath(tenant, caspio.TokenPath).String()
	return sessions.ClientToken(sessions.Caspio(tokenURL, tenant, s.passwords[tenant])), nil
}

// verifyCaspio asks the tenant's own account, which knows its own tokens only.
func verifyCaspio(s *services, tenant, accessToken string) (string, error) {
	return tenant, s.caspio[tenant].Verify(accessToken)
}

// withSecret is a client with a secret.
func withSecret(*services) authserver.Client { return authserver.Client{Secret: rand.Text()} }

// withLongTokens is one whose tokens outlive the run.
func withLongTokens(s *services) authserver.Client {
	return authserver.Client{Secret: rand.Text(), Lifetime: s.outlives}
}

// withKey is one that proves itself by what it signs.
func withKey(s *services) authserver.Client {
	return authserver.Client{Auth: authserver.PrivateKeyJWT, Key: s.key.Public()}
}
