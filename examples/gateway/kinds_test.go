package main

import (
	"errors"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/conformance/authserver"
	"github.com/holdfast-go/holdfast/sessions"
)

func TestTenantOfEachKindIsServed(t *testing.T) {
	counted := newTally()
	w := smallWorld(t, counted)
	for _, who := range w.tenants {
		if got := newCaller(w.gateway.URL, who, 0, counted).call(); got.refused != "" || got.kind != who.kind.name {
			t.Errorf("%s: %q, %v", who.kind.name, got.refused, got.err)
		}
	}
	if got := counted.now().breaches; len(got) != 0 {
		t.Errorf("breaches are %v", got)
	}
}

func TestKindThatEndsStaysRevoked(t *testing.T) {
	counted := newTally()
	w := smallWorld(t, counted)
	for _, who := range w.tenants {
		c := newCaller(w.gateway.URL, who, 0, counted)
		if got := c.call(); got.refused != "" {
			t.Fatalf("%s: %q", who.kind.name, got.refused)
		}
		if err := who.session.Revoke(t.Context()); err != nil && !errors.Is(err, sessions.ErrNotSupported) {
			t.Errorf("revoke %s: %v", who.kind.name, err)
		}
		// Spatium's service cannot confirm, so its tenants are no victims.
		wants := who.kind.ends || who.kind.establish != nil
		if got := c.call().refused; (got == revoked) != wants {
			t.Errorf("%s: a call after the revocation is told %q", who.kind.name, got)
		}
	}
}

func TestTokenInExchangeCanOnlyRead(t *testing.T) {
	w := smallWorld(t, newTally())
	who := w.tenants[slices.IndexFunc(w.tenants, func(t *tenant) bool { return t.kind.exchange != nil })]
	for _, test := range []struct {
		what string
		get  func() (string, error)
		want []string
	}{
		{"the session's token", func() (string, error) { return who.session.AccessToken(t.Context()) }, []string{scopeRead, scopeWrite}},
		{"the one in exchange", func() (string, error) {
			token, err := who.session.Exchange(t.Context(), *who.kind.exchange)
			return token.Access.Reveal(), err
		}, []string{scopeRead}},
	} {
		at, err := test.get()
		if err != nil {
			t.Fatal(err)
		}
		claims, err := w.services.auth.Verify(at)
		if err != nil || claims.Subject != who.name || !slices.Equal(claims.Scopes, test.want) {
			t.Errorf("%s is %q's and permits %q: %v", test.what, claims.Subject, claims.Scopes, err)
		}
	}
}

func TestTokenOfOneServiceIsNoneOfAnother(t *testing.T) {
	w := smallWorld(t, newTally())
	for _, from := range w.tenants {
		at, err := from.session.AccessToken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range w.tenants {
			subject, err := w.services.verify(who.name, at)
			if mine := err == nil && subject == who.name; mine != (from == who) {
				t.Errorf("a token of %s for a tenant of %s: %v", from.kind.name, who.kind.name, err)
			}
		}
	}
}

func TestStaticTokenOutlivesTheRun(t *testing.T) {
	w := smallWorld(t, newTally())
	who := w.tenants[slices.IndexFunc(w.tenants, func(t *tenant) bool { return t.kind.name == "static" })]
	token, err := who.session.Token(t.Context())
	if err != nil || token.Lifetime() <= small().duration {
		t.Errorf("it lives for %v, %v", token.Lifetime(), err)
	}
}

// A token that is refused is not sent again.
func TestRefusedTokenInExchangeIsRejected(t *testing.T) {
	counted := newTally()
	w := smallWorld(t, counted)
	who := w.tenants[slices.IndexFunc(w.tenants, func(t *tenant) bool { return t.kind.exchange != nil })]
	w.refuseTokens(t, counted)
	before, err := who.session.Exchange(t.Context(), *who.kind.exchange)
	if err != nil {
		t.Fatal(err)
	}
	if got := newCaller(w.gateway.URL, who, 0, counted).call().refused; got != unauthorized {
		t.Errorf("the caller is told %q", got)
	}
	after, err := who.session.Exchange(t.Context(), *who.kind.exchange)
	if err != nil || after.Access == before.Access {
		t.Errorf("the same token is given out again, or none: %v", err)
	}
	if n := w.services.counts().Token[authserver.TokenExchange].Issued; n != 2 {
		t.Errorf("%d exchanges", n)
	}
}
