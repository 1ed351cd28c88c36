package sessions_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/holdfast-go/holdfast/sessions"
)

// grantsEverybody is an authorization server that says who came.
func grantsEverybody() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		for _, name := range []string{"grant_type", "client_assertion_type"} {
			if r.PostForm.Has(name) {
				fmt.Println(name, r.PostForm.Get(name))
			}
		}
		_, _ = fmt.Fprint(w, `{"access_token":"token-1","token_type":"Bearer","expires_in":3600}`)
	}))
}

// A service acts for a user by an assertion that it signs itself; no human logs in.
func ExampleJWTBearer() {
	as := grantsEverybody()
	defer as.Close()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // yours is in a file, see ParseKey
	if err != nil {
		panic(err)
	}
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		panic(err)
	}
	defer func() { _ = mgr.Close(context.Background()) }()

	s, err := mgr.Session("alice", sessions.JWTBearer(
		sessions.Endpoint{TokenURL: as.URL, ClientID: "my-service", Auth: sessions.None()},
		sessions.Assertion{Issuer: "my-service", Subject: "alice", KeyID: "2026-01", Algorithm: "ES256", Key: key},
	))
	if err != nil {
		panic(err)
	}
	fmt.Println(s.AccessToken(context.Background()))
	// Output:
	// grant_type urn:ietf:params:oauth:grant-type:jwt-bearer
	// token-1 <nil>
}

// A client proves who it is by a key instead of a secret.
func ExamplePrivateKeyJWT() {
	as := grantsEverybody()
	defer as.Close()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		panic(err)
	}
	defer func() { _ = mgr.Close(context.Background()) }()

	s, err := mgr.Session("tenant-42", sessions.ClientCredentials(sessions.Endpoint{
		TokenURL: as.URL,
		ClientID: "my-service",
		Auth:     sessions.PrivateKeyJWT(sessions.Assertion{KeyID: "2026-01", Algorithm: "ES256", Key: key}),
	}, sessions.Subject{}))
	if err != nil {
		panic(err)
	}
	fmt.Println(s.AccessToken(context.Background()))
	// Output:
	// grant_type client_credentials
	// client_assertion_type urn:ietf:params:oauth:client-assertion-type:jwt-bearer
	// token-1 <nil>
}
