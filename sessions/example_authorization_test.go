package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/holdfast-go/holdfast/sessions"
)

// inMemorySpatium is an authorization service that accepts every security token.
func inMemorySpatium() *http.Client {
	n := 0
	return &http.Client{Transport: roundTripper(func(r *http.Request) (int, string) {
		n++
		return http.StatusOK, fmt.Sprintf(`{"requestId":%q,"data":{
			"permissionToken":{"permissionToken":"permission-%d","issuer":"authorization-service","expiresAt":4102444800},
			"permissionRefreshToken":{"permissionRefreshToken":"refresh-%d","issuer":"authorization-service","expiresAt":4102444800}}}`,
			r.Header.Get("request-id"), n, n)
	})}
}

// A device acts for a user who proves by security tokens who he is. From then on the
// permission token is renewed by the refresh token, until that is over too.
func ExampleAuthorization() {
	ctx := context.Background()
	mgr, err := sessions.Open(sessions.Config{}) // give it a store that outlives the process
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()

	service := sessions.Spatium("https://cloud.spatium.net/authorization/v1")
	service.HTTPClient = inMemorySpatium() // yours is nil
	s, err := mgr.Session("alice's phone", sessions.Authorization(service, "phone-7", "read", "sign"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = s.AccessToken(ctx)
	if errors.Is(err, sessions.ErrNotEstablished) || errors.Is(err, sessions.ErrLoginRequired) {
		fmt.Println("alice, who are you?")
		if err := s.Establish(ctx, "the security token of her password", "that of her phone"); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(s.AccessToken(ctx))
	fmt.Println(s.Refresh(ctx))
	fmt.Println(s.AccessToken(ctx))
	// Output:
	// alice, who are you?
	// permission-1 <nil>
	// <nil>
	// permission-2 <nil>
}
