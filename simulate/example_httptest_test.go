package simulate_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// What makes real requests, such as a program that is started, gets a real address.
func ExampleServer_ServeHTTP() {
	ctx := context.Background()
	server := simulate.NewServer(nil) // by the clock of the machine
	site := httptest.NewServer(server)
	defer site.Close()
	endpoint := server.Endpoint()
	endpoint.TokenURL, endpoint.RevokeURL = site.URL+"/token", site.URL+"/revoke"
	endpoint.HTTPClient = site.Client()

	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()
	session, err := mgr.Session("reports", sessions.Anonymous(endpoint))
	if err != nil {
		log.Fatal(err)
	}
	token, err := session.AccessToken(ctx)
	fmt.Println(err, "/", server.Valid(token))
	fmt.Println(session.Revoke(ctx), "/", server.Valid(token))
	// Output:
	// <nil> / <nil>
	// <nil> / access token revoked
}
