package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// tenant is one customer of the gateway.
type tenant struct {
	// name is his subject where his tokens come from, and the key of his session.
	name    string
	kind    tenantKind
	session *sessions.Session
}

// newTenants returns n tenants, whose kinds take turns, without their sessions.
func newTenants(kinds []tenantKind, n int) []*tenant {
	tenants := make([]*tenant, n)
	for i := range tenants {
		tenants[i] = &tenant{name: fmt.Sprintf("tenant-%03d", i), kind: kinds[i%len(kinds)]}
	}
	return tenants
}

// open opens the tenant's session.
func (t *tenant) open(ctx context.Context, m *sessions.Manager, s *services) error {
	kind, err := t.kind.make(s, t.name)
	if err != nil {
		return err
	}
	if t.session, err = m.Session(t.name, kind); err != nil {
		return err
	}
	if t.kind.establish == nil {
		return nil
	}
	return t.kind.establish(ctx, s, t.session)
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
