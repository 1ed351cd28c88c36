package sessions_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// Somebody has logged in, and the session goes on with the tokens of that login. It
// is kept in a store: after a restart the newest token there is taken up, and the
// one of the login, long spent by then, is not.
func ExamplePersistent() {
	ctx := context.Background()
	memory := store.NewMemory() // take one that outlives the process
	login := messages.Token{
		Access:  "access token of the login",
		Refresh: "refresh token of the login",
		Issued:  time.Now().Add(-time.Hour),
		Expiry:  time.Now(),
	}
	endpoint := sessions.Endpoint{
		TokenURL:   "https://as.example/oauth2/token",
		ClientID:   "shop",
		Auth:       sessions.Post("client secret"),
		HTTPClient: inMemory(),
	}

	for _, start := range []string{"first start:", "restart:"} {
		mgr, err := sessions.Open(sessions.Config{Store: memory})
		if err != nil {
			log.Fatal(err)
		}
		s, err := mgr.Session("alice", sessions.Persistent(endpoint, login))
		if err != nil {
			log.Fatal(err)
		}
		token, err := s.AccessToken(ctx)
		fmt.Println(start, token, err)
		if err := mgr.Close(ctx); err != nil {
			log.Fatal(err) // says what could not be saved
		}
	}
	// Output:
	// first start: token-1 <nil>
	// restart: token-1 <nil>
}
