package wire_test

import (
	"bufio"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// roundTrip is a transport that is one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func through(f roundTrip) *wire.Client {
	return wire.New(&http.Client{Transport: f}, 0)
}

// answering returns a client whose endpoint always answers raw, an HTTP response.
func answering(t testing.TB, raw string) *wire.Client {
	return through(func(req *http.Request) (*http.Response, error) {
		resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(raw)), req)
		if err != nil {
			t.Fatalf("the test's own answer cannot be read: %v", err)
		}
		return resp, nil
	})
}

// answer is a raw HTTP response with a JSON body.
func answer(status int, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		status, len(body), body)
}

func request() wire.Request {
	return wire.Request{
		URL:     "https://as.example/oauth2/token",
		Form:    []wire.Field{{"grant_type", "client_credentials"}},
		Attempt: 1,
	}
}

// outcome tells in one line what came of a request, without its secrets.
func outcome(t testing.TB, tok messages.Token, err error) string {
	t.Helper()
	if err != nil {
		return failed(t, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s for %s", tok.Type, lifetime(tok.Issued, tok.Expiry))
	if tok.Expiry.IsZero() {
		b.WriteString(" (missing)")
	}
	if tok.Refresh != "" {
		fmt.Fprintf(&b, ", refresh for %s", lifetime(tok.Issued, tok.RefreshExpiry))
	}
	if tok.Scopes != nil {
		fmt.Fprintf(&b, ", scopes %q", tok.Scopes)
	}
	if tok.Extra != nil {
		fmt.Fprintf(&b, ", extra %q", slices.Sorted(maps.Keys(tok.Extra)))
	}
	return b.String()
}

func lifetime(issued, expiry time.Time) string {
	if expiry.IsZero() {
		return "?"
	}
	return expiry.Sub(issued).String()
}

func failed(t testing.TB, err error) string {
	t.Helper()
	f, ok := err.(messages.Failure) //nolint:errorlint // the contract is the very type
	if !ok {
		t.Fatalf("error is a %T, not a messages.Failure", err)
	}
	text := f.Verdict.String() + ": " + f.Error()
	if f.RetryAfter != 0 {
		text += " (retry after " + f.RetryAfter.String() + ")"
	}
	return text
}
