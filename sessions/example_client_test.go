package sessions_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/holdfast-go/holdfast/sessions"
)

// An *http.Client that puts the token on every request to your API, and on no
// other. When the API says that the token is no longer good, the request is sent
// once more with a newer one.
func ExampleSession_Client() {
	ctx := context.Background()
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = mgr.Close(ctx) }()
	s, err := mgr.Session("api", sessions.Anonymous(sessions.Endpoint{
		TokenURL:   "https://as.example/oauth2/token",
		ClientID:   "shop",
		Auth:       sessions.Basic("client secret"),
		HTTPClient: inMemory(),
	}))
	if err != nil {
		log.Fatal(err)
	}

	// This API has had enough of token-1.
	api := &http.Client{Transport: roundTripper(func(req *http.Request) (int, string) {
		fmt.Println(req.URL, req.Header.Get("Authorization"))
		if req.Header.Get("Authorization") == "Bearer token-1" {
			return http.StatusUnauthorized, ""
		}
		return http.StatusOK, "{}"
	})}
	client := s.Client(api, "https://api.example.com")

	resp, err := client.Get("https://api.example.com/orders")
	if err != nil {
		log.Fatal(err)
	}
	_ = resp.Body.Close()
	fmt.Println(resp.StatusCode)

	_, err = client.Get("https://elsewhere.example.com/")
	fmt.Println(err)
	// Output:
	// https://api.example.com/orders Bearer token-1
	// https://api.example.com/orders Bearer token-2
	// 200
	// Get "https://elsewhere.example.com/": invalid: URL is of an origin that the client was not made for
}
