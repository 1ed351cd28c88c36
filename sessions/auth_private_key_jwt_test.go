package sessions_test

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/sessions"
)

func TestClientAssertionIsOfTheClientForTheTokenEndpoint(t *testing.T) {
	clock := clockutil.NewVirtual(time.Date(2026, 3, 1, 8, 30, 15, 900e6, time.UTC))
	at := float64(time.Date(2026, 3, 1, 8, 30, 15, 0, time.UTC).Unix())
	n, a := &notary{}, clientBy(t, "ed25519", "EdDSA")
	e := n.endpoint(sessions.PrivateKeyJWT(a))
	s := begin(t, sessions.Config{Clock: clock}, sessions.ClientCredentials(e, sessions.Subject{}))
	expectToken(t, s, "t-1")
	if err := s.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.expectRequests(t, 2)
	for _, form := range n.sent(t) {
		got := hear(t, form.Get("client_assertion"), "EdDSA", a.Key.Public())
		if _, ok := got.header.ExtraHeaders["kid"]; ok || got.header.KeyID != "" {
			t.Errorf("there is a kid: %q", got.header.KeyID)
		}
		delete(got.all, "jti")
		want := map[string]any{"iss": "client", "sub": "client", "aud": "https://as.example/token", "iat": at, "exp": at + 60}
		if diff := cmp.Diff(want, got.all); diff != "" {
			t.Errorf("claims (-want +got):\n%s", diff)
		}
	}
	expectFresh(t, n, "client_assertion")
}

func TestPrivateKeyJWTFormIsInOrder(t *testing.T) {
	n, a := &notary{}, clientBy(t, "p256", "ES256")
	e := n.endpoint(sessions.PrivateKeyJWT(a))
	e.Scopes = []string{"read"}
	expectToken(t, begin(t, sessions.Config{}, sessions.Anonymous(e)), "t-1")
	want := "grant_type=client_credentials&scope=read&client_id=client" +
		"&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer" +
		"&client_assertion=" + n.sent(t)[0].Get("client_assertion")
	if diff := cmp.Diff(want, n.bodies[0]); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

func TestClientIDIsNotSentBesideAnotherSubject(t *testing.T) {
	for subject, want := range map[string]bool{"": true, "client": true, "another": false} {
		n, a := &notary{}, clientBy(t, "p256", "ES256")
		a.Issuer, a.Subject, a.Audience = "issuer", subject, "https://as.example"
		expectToken(t, begin(t, sessions.Config{}, sessions.Anonymous(n.endpoint(sessions.PrivateKeyJWT(a)))), "t-1")
		form := n.sent(t)[0]
		if form.Has("client_id") != want {
			t.Errorf("subject %q: client_id is %q", subject, form["client_id"])
		}
		got := hear(t, form.Get("client_assertion"), "ES256", a.Key.Public())
		if got.Issuer != "issuer" || subject != "" && got.Subject != subject || got.Audience[0] != "https://as.example" {
			t.Errorf("subject %q: claims are %+v", subject, got.Claims)
		}
	}
}

func TestEachAttemptAuthenticatesTheClientAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notary{judge: falters(2)}
		// One key for the grant and one for the client: two assertions a request.
		e := n.endpoint(sessions.PrivateKeyJWT(clientBy(t, "rsa", "RS256")))
		expectToken(t, begin(t, sessions.Config{}, sessions.JWTBearer(e, aliceBy(t, "p256", "ES256"))), "t-3")
		n.expectRequests(t, 3)
		expectFresh(t, n, "assertion")
		expectFresh(t, n, "client_assertion")
	})
}

func TestClientSecretCanBeReplacedByAKey(t *testing.T) {
	n := &notary{}
	mgr := manage(t, sessions.Config{})
	for _, auth := range []sessions.ClientAuth{
		sessions.Post("secret"),
		sessions.PrivateKeyJWT(clientBy(t, "p256", "ES256")),
		sessions.PrivateKeyJWT(clientBy(t, "rsa", "PS256")),
	} {
		if _, err := mgr.Session("k", sessions.Anonymous(n.endpoint(auth))); err != nil {
			t.Errorf("%T: %v", auth, err)
		}
	}
}

func TestWrongClockIsCorrectedAtTheRevocationEndpointToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ahead := time.Duration(0)
		n := &notary{judge: func(_ int, form url.Values) *http.Response {
			if now := time.Now().Add(ahead); !now.Before(peek(form).Expiry.Time()) {
				return dated(http.StatusUnauthorized, `{"error":"invalid_client"}`, now)
			}
			return nil
		}}
		e := n.endpoint(sessions.PrivateKeyJWT(clientBy(t, "p256", "ES256")))
		s := begin(t, sessions.Config{}, sessions.Anonymous(e))
		expectToken(t, s, "t-1")
		ahead = time.Hour
		if err := s.Revoke(t.Context()); err != nil {
			t.Error(err)
		}
		n.expectRequests(t, 3)
	})
}
