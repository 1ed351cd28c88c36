package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// tenant is one customer of the gateway.
type tenant struct {
	kind    tenantKind
	session *sessions.Session
}

// name is the tenant's subject at the authorization server and the key of his session.
func (t *tenant) name() string { return t.session.Key() }

// tenantKind is a way in which a tenant lets the gateway act for him.
type tenantKind struct {
	name string
	ends bool // once revoked, it stays revoked
	make func(a *authserver.Server, tenant string) (sessions.Kind, error)
}

// tenantKinds are all that there are. One more is one more line.
var tenantKinds = []tenantKind{
	{name: "persistent", ends: true, make: persistent},
	{name: "client-credentials", make: clientCredentials},
}

// persistent goes on with what a login of the tenant has left.
func persistent(a *authserver.Server, tenant string) (sessions.Kind, error) {
	pair, err := a.Login(authserver.DefaultClient().ID, tenant)
	if err != nil {
		return nil, err
	}
	return sessions.Persistent(endpoint(a), messages.Token{
		Access:        messages.Secret(pair.Access),
		Refresh:       messages.Secret(pair.Refresh),
		Issued:        pair.Issued,
		Expiry:        pair.Expiry,
		RefreshExpiry: pair.RefreshExpiry,
	}), nil
}

// clientCredentials needs no login: the client is trusted to act for the tenant.
func clientCredentials(a *authserver.Server, tenant string) (sessions.Kind, error) {
	return sessions.ClientCredentials(endpoint(a), sessions.Subject{Type: "user", ID: tenant}), nil
}

// endpoint is the authorization server as its documentation describes it.
func endpoint(a *authserver.Server) sessions.Endpoint {
	client := authserver.DefaultClient()
	return sessions.Endpoint{
		TokenURL:      a.URL() + authserver.TokenPath,
		RevokeURL:     a.URL() + authserver.RevokePath,
		ClientID:      client.ID,
		Auth:          sessions.Basic(client.Secret),
		SubjectFields: [2]string{"box_subject_type", "box_subject_id"},
	}
}

// openManager returns the Manager of the gateway.
func openManager(logger *slog.Logger) (*sessions.Manager, error) {
	return sessions.Open(sessions.Config{
		Logger: logger,

		// Callers are served again a second after an outage, not half a minute.
		CoolDownMax: time.Second,

		// A token must be valid when it arrives at the API, not when it leaves. The
		// server cuts off fractions of a second, which may cost nearly a whole one; the
		// other is for the way: milliseconds, but more than a quarter of a second was
		// measured where every caller and every server shares a busy core.
		Margin: 2 * time.Second,
	})
}

// openTenants opens n sessions, whose kinds take turns.
func openTenants(m *sessions.Manager, a *authserver.Server, kinds []tenantKind, n int) ([]*tenant, error) {
	tenants := make([]*tenant, n)
	for i := range tenants {
		name := fmt.Sprintf("tenant-%03d", i)
		kind := kinds[i%len(kinds)]
		made, err := kind.make(a, name)
		if err != nil {
			return nil, err
		}
		session, err := m.Session(name, made)
		if err != nil {
			return nil, err
		}
		tenants[i] = &tenant{kind: kind, session: session}
	}
	return tenants, nil
}

func findKinds(names []string) ([]tenantKind, error) {
	var found []tenantKind
	for _, name := range names {
		i := slices.IndexFunc(tenantKinds, func(k tenantKind) bool { return k.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("%q is none of %s", name, kindNames(tenantKinds))
		}
		found = append(found, tenantKinds[i])
	}
	return found, nil
}

func kindNames(kinds []tenantKind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return strings.Join(names, ",")
}
