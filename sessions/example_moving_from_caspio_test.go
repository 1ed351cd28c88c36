package sessions_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/holdfast-go/holdfast/sessions"
)

// Each line that a user of Caspio's SDK has, and what he writes instead.
func Example_movingFromCaspio() {
	if err := movesFromCaspio(context.Background(), inMemory()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// token-1 refresh-1
	// Bearer token-1
}

func movesFromCaspio(ctx context.Context, base *http.Client) error {
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		return err
	}

	// had: const getAccessToken = require('caspio-sdk/auth')({clientID, clientSecret, tokenEndpointURL})
	caspio := sessions.Caspio("https://c1abc123.caspio.com/oauth/token", "client", "secret")
	caspio.HTTPClient = base // nil: a hardened default
	s, err := mgr.Session("caspio", sessions.ClientToken(caspio))
	if err != nil {
		return err
	}

	// had: const {access_token, refresh_token, expires_in} = await getAccessToken()
	token, err := s.Token(ctx)

	// had: if (token === false) {…}
	if after, ok := sessions.RetryAfter(err); ok {
		return fmt.Errorf("again in %v: %w", after, err)
	}

	if err != nil {
		return err
	}

	fmt.Println(token.Access.Reveal(), token.Refresh.Reveal())

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://c1abc123.caspio.com/rest/v2/tables", nil)
	if err != nil {
		return err
	}

	// had: headers: {Authorization: `Bearer ${access_token}`}
	err = s.Authorize(req)
	if err != nil {
		return err
	}

	fmt.Println(req.Header.Get("Authorization"))
	return mgr.Close(ctx)
}
