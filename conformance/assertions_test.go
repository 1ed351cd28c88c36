package conformance_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/conformance/authserver"
	"github.com/holdfast-go/holdfast/sessions"
)

// keys are one for each algorithm that the server knows.
func keys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"ES256": ec, "RS256": r, "RS384": r, "RS512": r, "PS256": r}
}

// serve starts a server with one client, which has a key.
func serve(t *testing.T, c authserver.Config, auth authserver.AuthMethod, key crypto.Signer) *authserver.Server {
	t.Helper()
	client := authserver.DefaultClient()
	client.Auth, client.Key, client.KeyID = auth, key.Public(), "kid-1"
	c.Clients = []authserver.Client{client}
	srv, err := authserver.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	return srv
}

func endpointOf(srv *authserver.Server, auth sessions.ClientAuth) sessions.Endpoint {
	return sessions.Endpoint{
		TokenURL:  srv.URL() + authserver.TokenPath,
		RevokeURL: srv.URL() + authserver.RevokePath,
		ClientID:  "client",
		Auth:      auth,
	}
}

func assertion(algorithm string, key crypto.Signer) sessions.Assertion {
	return sessions.Assertion{Issuer: "client", Subject: "alice", KeyID: "kid-1", Algorithm: algorithm, Key: key}
}

// open opens a session in a Manager of its own.
func open(t *testing.T, c sessions.Config, k sessions.Kind) *sessions.Session {
	t.Helper()
	mgr, err := sessions.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mgr.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	s, err := mgr.Session("k", k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// gets returns a token that the server knows and that is for this subject.
func gets(t *testing.T, srv *authserver.Server, s *sessions.Session, subject string) string {
	t.Helper()
	at, err := s.AccessToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	claims, err := srv.Verify(at)
	if err != nil || claims.Subject != subject || claims.ClientID != "client" {
		t.Fatalf("subject %q, client %q, %v", claims.Subject, claims.ClientID, err)
	}
	return at
}

// story is what each session here does: gets a token, renews it, revokes it, and
// begins anew.
func story(t *testing.T, srv *authserver.Server, s *sessions.Session, subject string) {
	t.Helper()
	first := gets(t, srv, s, subject)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := gets(t, srv, s, subject)
	if err := s.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := srv.Verify(second); !errors.Is(err, authserver.ErrRevoked) {
		t.Errorf("the revoked token: %v", err)
	}
	if third := gets(t, srv, s, subject); first == second || second == third {
		t.Error("a token was given out twice")
	}
}

func TestServerGrantsTokensForAssertions(t *testing.T) {
	for algorithm, key := range keys(t) {
		t.Run(algorithm, func(t *testing.T) {
			srv := serve(t, authserver.Config{}, authserver.Basic, key)
			s := open(t, sessions.Config{}, sessions.JWTBearer(endpointOf(srv, sessions.Basic("secret")), assertion(algorithm, key)))
			story(t, srv, s, "alice")
		})
	}
}

func TestServerTakesAClientByItsAssertion(t *testing.T) {
	for algorithm, key := range keys(t) {
		t.Run(algorithm, func(t *testing.T) {
			srv := serve(t, authserver.Config{}, authserver.PrivateKeyJWT, key)
			a := sessions.Assertion{KeyID: "kid-1", Algorithm: algorithm, Key: key}
			e := endpointOf(srv, sessions.PrivateKeyJWT(a))
			story(t, srv, open(t, sessions.Config{}, sessions.ClientCredentials(e, sessions.Subject{})), "client")
			story(t, srv, open(t, sessions.Config{}, sessions.JWTBearer(e, assertion(algorithm, key))), "alice")
		})
	}
}

func TestServerTakesTheAssertionOfARetry(t *testing.T) {
	key := keys(t)["ES256"]
	srv := serve(t, authserver.Config{}, authserver.PrivateKeyJWT, key)
	srv.SetFaults(authserver.Faults{DropAnswers: authserver.All, Times: 2})
	e := endpointOf(srv, sessions.PrivateKeyJWT(sessions.Assertion{KeyID: "kid-1", Algorithm: "ES256", Key: key}))
	s := open(t, sessions.Config{}, sessions.JWTBearer(e, assertion("ES256", key)))
	gets(t, srv, s, "alice")
}

// off is a clock that is wrong by so much.
type off time.Duration

func (o off) Now() time.Time { return time.Now().Add(time.Duration(o)) }

func (off) AfterFunc(d time.Duration, f func()) clockutil.Timer { return time.AfterFunc(d, f) }

func TestServersDateCorrectsAWrongClock(t *testing.T) {
	key := keys(t)["ES256"]
	for _, wrong := range []off{off(-time.Hour), off(time.Hour)} {
		for name, kindOf := range map[string]func(sessions.Endpoint) sessions.Kind{
			"a grant":  func(e sessions.Endpoint) sessions.Kind { return sessions.JWTBearer(e, assertion("ES256", key)) },
			"a client": sessions.Anonymous,
		} {
			srv := serve(t, authserver.Config{}, authserver.PrivateKeyJWT, key)
			e := endpointOf(srv, sessions.PrivateKeyJWT(sessions.Assertion{KeyID: "kid-1", Algorithm: "ES256", Key: key}))
			s := open(t, sessions.Config{Clock: wrong}, kindOf(e))
			for range 2 {
				if err := s.Refresh(t.Context()); err != nil {
					t.Errorf("%s, clock wrong by %v: %v", name, time.Duration(wrong), err)
				}
			}
			if denied := denials(srv); denied != 1 {
				t.Errorf("%s, clock wrong by %v: %d denials, want one", name, time.Duration(wrong), denied)
			}
		}
	}
}

// denials counts what the server has denied.
func denials(srv *authserver.Server) int {
	n := 0
	for _, tally := range srv.Counts().Token {
		for _, times := range tally.Denied {
			n += times
		}
	}
	return n
}
