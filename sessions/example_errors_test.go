package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// Every error answers one of three questions.
func Example_errors() {
	ctx := context.Background()
	mgr, err := sessions.Open(sessions.Config{Retries: -1})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()

	explain := func(err error) {
		after, _ := sessions.RetryAfter(err)
		switch {
		case errors.Is(err, sessions.ErrUnavailable), errors.Is(err, sessions.ErrOverloaded):
			fmt.Println("try again in", after)
		case errors.Is(err, sessions.ErrLoginRequired), errors.Is(err, sessions.ErrNotEstablished), errors.Is(err, sessions.ErrRevoked):
			fmt.Println("somebody has to log in")
		case errors.Is(err, sessions.ErrInvalid), errors.Is(err, sessions.ErrNotSupported), errors.Is(err, sessions.ErrClosed):
			fmt.Println("my bug:", err)
		default:
			fmt.Println("I stopped waiting:", err)
		}
		if said, ok := errors.AsType[*sessions.EndpointError](err); ok {
			fmt.Println("  since the", said)
		}
	}

	endpoint := sessions.Endpoint{
		TokenURL: "https://as.example/oauth2/token",
		ClientID: "shop",
		Auth:     sessions.Basic("client secret"),
		HTTPClient: &http.Client{Transport: roundTripper(func(*http.Request) (int, string) {
			return http.StatusServiceUnavailable, "closed on sundays"
		})},
	}
	api, err := mgr.Session("api", sessions.Anonymous(endpoint))
	if err != nil {
		log.Fatal(err)
	}
	_, err = api.AccessToken(ctx)
	explain(err)

	alice, err := mgr.Session("alice", sessions.Persistent(endpoint, messages.Token{}))
	if err != nil {
		log.Fatal(err)
	}
	_, err = alice.AccessToken(ctx)
	explain(err)

	endpoint.ClientID = ""
	_, err = mgr.Session("bob", sessions.Anonymous(endpoint))
	explain(err)
	// Output:
	// try again in 1s
	//   since the endpoint answered 503 (attempt 1)
	// somebody has to log in
	// my bug: session "bob": invalid: Endpoint.ClientID is empty
}
