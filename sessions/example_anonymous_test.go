package sessions_test

import (
	"context"
	"fmt"
	"log"

	"github.com/holdfast-go/holdfast/sessions"
)

// A token for the client itself: ask for it whenever you need it, from as many
// goroutines as you like.
func ExampleAnonymous() {
	ctx := context.Background()
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()

	s, err := mgr.Session("catalogue", sessions.Anonymous(sessions.Endpoint{
		TokenURL:   "https://as.example/oauth2/token",
		ClientID:   "shop",
		Auth:       sessions.Basic("client secret"),
		Scopes:     []string{"catalogue.read"},
		HTTPClient: inMemory(),
	}))
	if err != nil {
		log.Fatal(err)
	}
	token, err := s.AccessToken(ctx)
	fmt.Println(token, err)
	// Output: token-1 <nil>
}
