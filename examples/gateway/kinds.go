package main

import (
	"context"
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
	client func(s *services, tenant string) authserver.Client

	make func(s *services, t *tenant) (sessions.Kind, error)

	// establish proves to the session who its tenant is; nil: nobody has to.
	establish func(ctx context.Context, s *services, t *tenant) error

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

// persistent goes on with what the store has, or else with what a login of the tenant
// has left.
func persistent(s *services, t *tenant) (sessions.Kind, error) {
	if t.kept {
		return sessions.Persistent(s.endpoint(t.name), messages.Token{}), nil
	}
	token, err := s.login(t.name)
	if err != nil {
		return nil, err
	}
	return sessions.Persistent(s.endpoint(t.name), token), nil
}

// keepAlive does too, and renews whether his callers ask or not.
func keepAlive(s *services, t *tenant) (sessions.Kind, error) {
	kind, err := persistent(s, t)
	return sessions.KeepAlive(kind), err
}

// static has a token that lives longer than the run, such as a developer copies from a
// web page at each start, and nothing to renew it with.
func static(s *services, t *tenant) (sessions.Kind, error) {
	token, err := s.login(t.name)
	token.Refresh, token.RefreshExpiry = "", time.Time{}
	return sessions.Static(s.endpoint(t.name), token), err
}

// clientCredentials needs no login: the client is trusted to act for the tenant.
func clientCredentials(s *services, t *tenant) (sessions.Kind, error) {
	return sessions.ClientCredentials(s.endpoint(t.name), sessions.Subject{Type: "user", ID: t.name}), nil
}

// anonymous, clientToken and privateKeyJWT need none either: the tenant is the client.
func anonymous(s *services, t *tenant) (sessions.Kind, error) {
	return sessions.Anonymous(s.endpoint(t.name)), nil
}

func clientToken(s *services, t *tenant) (sessions.Kind, error) {
	return sessions.ClientToken(s.endpoint(t.name)), nil
}

func privateKeyJWT(s *services, t *tenant) (sessions.Kind, error) {
	return sessions.ClientCredentials(s.endpoint(t.name), sessions.Subject{}), nil
}

// jwtBearer has the gateway sign that it acts for the tenant.
func jwtBearer(s *services, t *tenant) (sessions.Kind, error) {
	e := s.endpoint(t.name)
	a := s.assertion()
	a.Issuer, a.Subject = e.ClientID, t.name
	return sessions.JWTBearer(e, a), nil
}

// authorization is a session at Spatium's service.
func authorization(s *services, t *tenant) (sessions.Kind, error) {
	service := sessions.Spatium(s.fakes.URL.String() + spatium.BasePath)
	return sessions.Authorization(service, t.name, scopeRead), nil
}

// establish proves by a factor that the session is its tenant's.
func establish(ctx context.Context, s *services, t *tenant) error {
	factor, err := s.spatium.Login(t.name, s.password(t.name))
	if err != nil {
		return err
	}
	return t.session.Establish(ctx, factor)
}

func verifyPermission(s *services, _, accessToken string) (string, error) {
	p, err := s.spatium.Verify(accessToken)
	return p.Account, err
}

// caspioToken is the token of the tenant's account at Caspio. It lives for a day.
func caspioToken(s *services, t *tenant) (sessions.Kind, error) {
	tokenURL := s.fakes.URL.JoinPath(t.name, caspio.TokenPath).String()
	return sessions.ClientToken(sessions.Caspio(tokenURL, t.name, s.password(t.name))), nil
}

// verifyCaspio asks the tenant's own account, which knows its own tokens only.
func verifyCaspio(s *services, tenant, accessToken string) (string, error) {
	return tenant, s.caspio[tenant].Verify(accessToken)
}

// withSecret is a client with a secret.
func withSecret(s *services, tenant string) authserver.Client {
	return authserver.Client{Secret: s.home.secret("the client " + tenant)}
}

// withLongTokens is one whose tokens outlive the run.
func withLongTokens(s *services, tenant string) authserver.Client {
	return authserver.Client{Secret: s.home.secret("the client " + tenant), Lifetime: ages}
}

// withKey is one that proves itself by what it signs.
func withKey(s *services, _ string) authserver.Client {
	return authserver.Client{Auth: authserver.PrivateKeyJWT, Key: s.home.key.Public()}
}
