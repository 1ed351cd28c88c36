package sessions_test

import (
	"context"
	"fmt"
	"log"

	"github.com/holdfast-go/holdfast/sessions"
)

// A Caspio account. Whoever wants what came along with the access token takes the
// Token.
func ExampleClientToken() {
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	defer func() { _ = mgr.Close(ctx) }()

	account := sessions.Caspio("https://c0abc123.caspio.com/oauth/token", "client", "secret")
	account.HTTPClient = inMemory() // leave it out to talk to a real one
	s, err := mgr.Session("caspio", sessions.ClientToken(account))
	if err != nil {
		log.Fatal(err)
	}
	token, err := s.Token(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Access.Reveal(), token.Refresh.Reveal(), token.Lifetime())
	// Output: token-1 refresh-1 1h0m0s
}
