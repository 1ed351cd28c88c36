package authserver

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

func TestStoreForgetsWhatHasExpired(t *testing.T) {
	now := time.Date(2031, 5, 17, 12, 0, 0, 0, time.UTC)
	s, err := New(Config{
		Lifetime: time.Minute, RefreshLifetime: time.Hour, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := s.Login("client", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		s.store.first(fmt.Sprint(i), now.Add(time.Minute))
	}
	now = now.Add(59 * time.Minute)
	last, err := s.Login("client", "last")
	if err != nil {
		t.Fatal(err)
	}
	expectSizes(t, s.store, "101 families, 101 refresh, 1 verified, 0 seen, 0 used")
	now = now.Add(2 * time.Minute)
	ctx := (&attempt{form: url.Values{"grant_type": {RefreshToken}}}).in(context.Background())
	if _, err := s.store.GrantByRefreshToken(ctx, last.Refresh); err != nil {
		t.Error("the last refresh token was forgotten too early")
	}
	expectSizes(t, s.store, "1 families, 1 refresh, 0 verified, 0 seen, 1 used")
	now = now.Add(time.Hour)
	if s.store.usable(last.Refresh) {
		t.Error("the last refresh token is still there")
	}
	expectSizes(t, s.store, "0 families, 0 refresh, 0 verified, 0 seen, 0 used")
}

func expectSizes(t *testing.T, s *store, want string) {
	t.Helper()
	got := fmt.Sprintf("%d families, %d refresh, %d verified, %d seen, %d used",
		len(s.families), len(s.refresh), len(s.verified), len(s.seen), len(s.uses))
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestStoreJudgesARefreshTokenWhenItIsSpentNotWhenLookedUp(t *testing.T) {
	s, _ := newStore(Config{}, nil) // nothing is read
	save := func(ctx context.Context, g *goidc.Grant, refresh string) bool {
		g.RefreshToken = refresh
		return s.SaveGrant(ctx, g) == nil
	}
	save(context.Background(), &goidc.Grant{ID: "g"}, "r0")
	lookUp := func() (context.Context, *goidc.Grant) {
		ctx := new(attempt).in(context.Background())
		g, err := s.GrantByRefreshToken(ctx, "r0")
		if err != nil {
			t.Fatal(err)
		}
		return ctx, g
	}
	firstCtx, first := lookUp()
	secondCtx, second := lookUp()
	if !save(firstCtx, first, "r1") {
		t.Error("the first request lost")
	}
	ctx := new(attempt).in(context.Background())
	next, err := s.GrantByRefreshToken(ctx, "r1")
	if err != nil {
		t.Fatal(err)
	}
	if save(secondCtx, second, "r2") {
		t.Error("the second request won, too")
	}
	if save(ctx, next, "r3") {
		t.Error("a request that was looked up before the reuse won")
	}
}

func TestStoreHandsOutCopies(t *testing.T) {
	s, _ := newStore(Config{}, nil) // nothing is read
	grant := &goidc.Grant{ID: "g", Subject: "alice"}
	if err := s.SaveGrant(context.Background(), grant); err != nil {
		t.Fatal(err)
	}
	grant.Subject = "mallory"
	first, _ := s.Grant(context.Background(), "g")
	first.Subject = "mallory"
	if second, _ := s.Grant(context.Background(), "g"); second.Subject != "alice" {
		t.Errorf("subject %q, want alice", second.Subject)
	}
}
