package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// tenant is one customer of the gateway.
type tenant struct {
	name    string // his subject where his tokens come from
	kind    tenantKind
	key     string // of his session
	kept    bool   // the store has it from an earlier run
	revoked bool   // in an earlier run
	session *sessions.Session
}

// newTenants returns n tenants of a world, whose kinds take turns, without their
// sessions. The store may have those of other worlds, too.
func newTenants(world string, kinds []tenantKind, n int) []*tenant {
	tenants := make([]*tenant, n)
	for i := range tenants {
		t := &tenant{name: fmt.Sprintf("tenant-%03d", i), kind: kinds[i%len(kinds)]}
		t.key = world + "/" + t.name + "/" + t.kind.name
		tenants[i] = t
	}
	return tenants
}

// open opens the tenant's session. Who has one from an earlier run goes on with that,
// and needs no login.
func (t *tenant) open(ctx context.Context, m *sessions.Manager, s *services) error {
	kind, err := t.kind.make(s, t)
	if err != nil {
		return err
	}
	if t.session, err = m.Session(t.key, kind); err != nil {
		return err
	}
	if t.kept || t.kind.establish == nil {
		return nil
	}
	return t.kind.establish(ctx, s, t)
}

// openManager returns the Manager of the gateway.
func openManager(in store.Store, logger *slog.Logger) (*sessions.Manager, error) {
	return sessions.Open(sessions.Config{
		Store:  in,
		Logger: logger,

		// The next start renews when this one would have, and so finds at once whatever
		// claim this one leaves if it is killed.
		Name: "gateway",

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
