package authserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

func makeKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, key *ecdsa.PrivateKey, claims jwt.Claims) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	assertion, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return assertion
}

// openWithKey starts a server whose default client has a key.
func openWithKey(t *testing.T, auth authserver.AuthMethod) (*world, *ecdsa.PrivateKey) {
	t.Helper()
	key := makeKey(t)
	client := authserver.DefaultClient()
	client.Auth, client.Key = auth, key.Public()
	return open(t, authserver.Config{Clients: []authserver.Client{client}}), key
}

func (w *world) assertion() jwt.Claims {
	return jwt.Claims{
		Issuer: "client", Subject: "alice", Audience: jwt.Audience{w.URL() + authserver.TokenPath},
		Expiry: jwt.NewNumericDate(w.clock().Add(time.Minute)), ID: rand.Text(),
	}
}

func TestJWTBearerIsForTheSubjectOfTheAssertion(t *testing.T) {
	w, key := openWithKey(t, authserver.Basic)
	a := w.ask(authserver.JWTBearer, "assertion", sign(t, key, w.assertion()))
	w.expectIssued("jwt-bearer", a)
	if got, err := w.Verify(a.access); err != nil || got.Subject != "alice" || got.ClientID != "client" {
		t.Errorf("subject %q, client %q, %v", got.Subject, got.ClientID, err)
	}
	if a.refresh != "" {
		t.Error("there is a refresh token")
	}
}

func TestAssertionIsAcceptedOnce(t *testing.T) {
	w, key := openWithKey(t, authserver.Basic)
	assertion := sign(t, key, w.assertion())
	w.expectIssued("once", w.ask(authserver.JWTBearer, "assertion", assertion))
	w.expectDenied("twice", w.ask(authserver.JWTBearer, "assertion", assertion), "invalid_grant")
}

func TestBadAssertionIsInvalidGrant(t *testing.T) {
	w, key := openWithKey(t, authserver.Basic)
	for name, spoil := range map[string]func(*jwt.Claims){
		"another audience":  func(c *jwt.Claims) { c.Audience = jwt.Audience{"https://elsewhere.test"} },
		"an unknown issuer": func(c *jwt.Claims) { c.Issuer = "nobody" },
		"expired":           func(c *jwt.Claims) { c.Expiry = jwt.NewNumericDate(w.clock().Add(-time.Second)) },
		"no expiry":         func(c *jwt.Claims) { c.Expiry = nil },
		"no subject":        func(c *jwt.Claims) { c.Subject = "" },
		"no jti":            func(c *jwt.Claims) { c.ID = "" },
	} {
		claims := w.assertion()
		spoil(&claims)
		w.expectDenied(name, w.ask(authserver.JWTBearer, "assertion", sign(t, key, claims)), "invalid_grant")
	}
	w.expectDenied("not a JWT", w.ask(authserver.JWTBearer, "assertion", "nonsense"), "invalid_grant")
	forged := sign(t, makeKey(t), w.assertion())
	w.expectDenied("another key", w.ask(authserver.JWTBearer, "assertion", forged), "invalid_grant")
}

func TestPrivateKeyJWTAuthenticatesOnce(t *testing.T) {
	w, key := openWithKey(t, authserver.PrivateKeyJWT)
	claims := w.assertion()
	claims.Subject = "client"
	fields := []string{
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
		"client_assertion", sign(t, key, claims),
	}
	w.expectIssued("a fresh assertion", w.ask(authserver.ClientCredentials, fields...))
	w.expectDenied("the same jti", w.ask(authserver.ClientCredentials, fields...), "invalid_client")
}
