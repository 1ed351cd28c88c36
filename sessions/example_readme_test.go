package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/sessions"
)

func run(ctx context.Context, base *http.Client, secret string) (err error) {
	mgr, err := sessions.Open(sessions.Config{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, mgr.Close(ctx)) }() // says what could not be saved

	s, err := mgr.Session("tenant-42", sessions.ClientCredentials(sessions.Endpoint{
		TokenURL:   "https://login.example.com/oauth2/token",
		ClientID:   "my-service",
		Auth:       sessions.Basic(secret),
		HTTPClient: base, // nil will do, here and below
	}, sessions.Subject{}))
	if err != nil {
		return err
	}
	client := s.Client(base, "https://api.example.com") // the token goes to this origin only
	resp, err := client.Get("https://api.example.com/orders")
	if err != nil {
		after, _ := sessions.RetryAfter(err) // when to come back; zero: nobody can say
		return fmt.Errorf("orders (again in %v): %w", after, err)
	}
	_, err = io.Copy(os.Stdout, resp.Body)
	return errors.Join(err, resp.Body.Close())
}

// The first thing to try: a Manager, a session, and an HTTP client that sends its
// token along.
func Example() {
	n := 0
	everywhere := &http.Client{Transport: roundTripper(func(req *http.Request) (int, string) {
		n++
		if req.URL.Host == "login.example.com" {
			return http.StatusOK, fmt.Sprintf(`{"access_token":"token-%d","expires_in":3600}`, n)
		}
		return http.StatusOK, "orders for " + req.Header.Get("Authorization") + "\n"
	})}
	fmt.Println(run(context.Background(), everywhere, "client secret"))
	// Output:
	// orders for Bearer token-1
	// <nil>
}

func TestReadmeShowsTheExample(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(readme), "## Use it\n\n```go\n")
	code, _, ok := strings.Cut(code, "```")
	if !ok || !strings.Contains(string(example), "\n"+code+"\n") {
		t.Errorf("the code under \"Use it\" is not that of this file:\n%s", code)
	}
}
