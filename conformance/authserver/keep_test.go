package authserver

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// A renewal is in the books, whole, before it is answered; so a kill at any moment leaves
// what a client may have been told.
func TestRenewalIsWrittenBeforeItIsAnswered(t *testing.T) {
	b, err := openBooks(filepath.Join(t.TempDir(), "authserver.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.close() }()
	s, err := newStore(Config{}, b)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SaveGrant(context.Background(), &goidc.Grant{ID: "g", RefreshToken: "r0"}); err != nil {
		t.Fatal(err)
	}
	ctx := new(attempt).in(context.Background())
	g, err := s.GrantByRefreshToken(ctx, "r0")
	if err != nil {
		t.Fatal(err)
	}
	g.RefreshToken = "r1"
	if err := s.SaveGrant(ctx, g); err != nil {
		t.Fatal(err)
	}
	families, tokens, err := b.read()
	if err != nil || families["g"].Generation != 1 || tokens["r0"].Spent.IsZero() || tokens["r1"].Family != "g" || !tokens["r1"].Spent.IsZero() {
		t.Errorf("the books have %d families, at generation %d, and %d tokens: %v", len(families), families["g"].Generation, len(tokens), err)
	}
}

func TestRenewalThatCannotBeWrittenIsNotAnswered(t *testing.T) {
	b, err := openBooks(filepath.Join(t.TempDir(), "authserver.db"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newStore(Config{}, b)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveGrant(context.Background(), &goidc.Grant{ID: "g", RefreshToken: "r0"}); err == nil {
		t.Error("it is answered")
	}
}
