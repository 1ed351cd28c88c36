package authserver_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

func TestClientCredentialsAreForTheClientItself(t *testing.T) {
	w := open(t, authserver.Config{Lifetime: 90 * time.Second})
	a := w.ask(authserver.ClientCredentials, "scope", "read write")
	w.expectIssued("client credentials", a)
	if a.body.ExpiresIn != 90 || a.body.Type != "Bearer" || a.refresh != "" {
		t.Errorf("expires_in %d, token_type %q, refresh token %v", a.body.ExpiresIn, a.body.Type, a.refresh != "")
	}
	got, err := w.Verify(a.access)
	if err != nil {
		t.Fatal(err)
	}
	whole := w.clock().Truncate(time.Second)
	want := authserver.Claims{
		Subject: "client", ClientID: "client", Scopes: []string{"read", "write"},
		Issued: whole, Expiry: whole.Add(90 * time.Second),
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(authserver.Claims{}, "ID", "GrantID")); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestClientCredentialsAreForTheSubjectAskedFor(t *testing.T) {
	w := open(t, authserver.Config{})
	a := w.ask(authserver.ClientCredentials, "box_subject_type", "user", "box_subject_id", "4711", "whatever", "else")
	w.expectIssued("client credentials", a)
	got, _ := w.Verify(a.access)
	if got.Subject != "4711" {
		t.Errorf("subject %q, want 4711", got.Subject)
	}
	if seen := w.post(authserver.IntrospectPath, "token", a.access); seen.body.Subject != "4711" {
		t.Errorf("introspected subject %q, want 4711", seen.body.Subject)
	}
}

func TestTokensOfAClientLiveAsLongAsItSays(t *testing.T) {
	w := open(t, authserver.Config{Lifetime: 4 * time.Second, Clients: []authserver.Client{
		authserver.DefaultClient(), {ID: "patient", Auth: authserver.None, Lifetime: time.Minute},
	}})
	pair, err := w.Login("patient", "alice")
	if err != nil {
		t.Fatal(err)
	}
	short := w.ask(authserver.ClientCredentials)
	long := w.ask(authserver.ClientCredentials, "client_id", "patient")
	if short.body.ExpiresIn != 4 || long.body.ExpiresIn != 60 {
		t.Errorf("expires_in %d and %d, want 4 and 60", short.body.ExpiresIn, long.body.ExpiresIn)
	}
	w.pass(59 * time.Second)
	w.expectVerdict("the token of a login", pair.Access, nil)
	w.expectVerdict("the client's own token", long.access, nil)
	w.pass(time.Second)
	w.expectVerdict("the token of a login", pair.Access, authserver.ErrExpired)
	w.expectVerdict("the client's own token", long.access, authserver.ErrExpired)
}

func TestRefreshRotatesThePair(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice", "read")
	a := w.renew(pair.Refresh)
	w.expectIssued("refresh", a)
	if a.refresh == "" || a.refresh == pair.Refresh || a.access == pair.Access {
		t.Error("the pair was not replaced")
	}
	got, err := w.Verify(a.access)
	if err != nil {
		t.Fatal(err)
	}
	if got.GrantID != pair.GrantID || got.Generation != 1 || got.Subject != "alice" {
		t.Errorf("generation %d of %q for %q", got.Generation, got.GrantID, got.Subject)
	}
	w.expectVerdict("the older access token", pair.Access, nil)
	w.expectIssued("refresh with the new token", w.renew(a.refresh))
}

func TestClientAuthenticatesInItsOwnWayOnly(t *testing.T) {
	w := open(t, authserver.Config{Clients: []authserver.Client{
		authserver.DefaultClient(),
		{ID: "poster", Secret: "hush", Auth: authserver.Post},
		{ID: "public", Auth: authserver.None},
	}})
	w.expectIssued("Basic", w.ask(authserver.ClientCredentials))
	w.expectIssued("Post", w.ask(authserver.ClientCredentials, "client_id", "poster", "client_secret", "hush"))
	w.expectIssued("None", w.ask(authserver.ClientCredentials, "client_id", "public"))
	for name, fields := range map[string][]string{
		"a wrong secret":   {"client_id", "poster", "client_secret", "hash"},
		"no secret":        {"client_id", "poster"},
		"Basic by Post":    {"client_id", "client", "client_secret", "secret"},
		"an unknown name":  {"client_id", "nobody", "client_secret", "hush"},
		"no client at all": {"client_id", ""},
	} {
		a := w.ask(authserver.ClientCredentials, fields...)
		w.expectDenied(name, a, "invalid_client")
		if a.status != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", name, a.status)
		}
	}
}

func TestRefreshTokenOfAnotherClientIsRefusedAndUnharmed(t *testing.T) {
	w := open(t, authserver.Config{Clients: []authserver.Client{
		authserver.DefaultClient(), {ID: "other", Auth: authserver.None},
	}})
	pair := w.login("alice")
	stolen := w.ask(authserver.RefreshToken, "client_id", "other", "refresh_token", pair.Refresh)
	w.expectDenied("another client", stolen, "invalid_grant")
	w.expectIssued("its own client", w.renew(pair.Refresh))
}

func TestDiscoveryNamesTheEndpoints(t *testing.T) {
	w := open(t, authserver.Config{})
	res, err := w.http.Get(w.URL() + authserver.DiscoveryPath)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got struct {
		Issuer     string `json:"issuer"`
		Token      string `json:"token_endpoint"`
		Revoke     string `json:"revocation_endpoint"`
		Introspect string `json:"introspection_endpoint"`
		JWKS       string `json:"jwks_uri"`
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := got
	want.Issuer, want.Token, want.Revoke = w.URL(), w.URL()+authserver.TokenPath, w.URL()+authserver.RevokePath
	want.Introspect, want.JWKS = w.URL()+authserver.IntrospectPath, w.URL()+authserver.JWKSPath
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("discovery (-want +got):\n%s", diff)
	}
}

func TestIntrospectionKnowsTheLivingFromTheDead(t *testing.T) {
	w := open(t, authserver.Config{Lifetime: time.Minute, RenewalRevokes: true})
	first := w.login("alice")
	second := w.renew(first.Refresh)
	active := func(token string) bool { return w.post(authserver.IntrospectPath, "token", token).body.Active }
	got := map[string]bool{
		"access":        active(second.access),
		"older access":  active(first.Access),
		"refresh":       active(second.refresh),
		"spent refresh": active(first.Refresh),
		"nonsense":      active("nonsense"),
	}
	w.pass(time.Minute)
	got["access, expired"] = active(second.access)
	got["refresh, later"] = active(second.refresh)
	third := w.renew(second.refresh)
	w.revoke(third.refresh)
	got["refresh, revoked"] = active(third.refresh)
	got["access, revoked"] = active(third.access)
	want := map[string]bool{
		"access": true, "older access": false, "refresh": true, "spent refresh": false, "nonsense": false,
		"access, expired": false, "refresh, later": true, "refresh, revoked": false, "access, revoked": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("active (-want +got):\n%s", diff)
	}
}

func TestIntrospectionNeedsAClient(t *testing.T) {
	w := open(t, authserver.Config{})
	a := w.post(authserver.IntrospectPath, "client_id", "nobody", "token", "nonsense")
	w.expectDenied("introspection", a, "invalid_client")
}
