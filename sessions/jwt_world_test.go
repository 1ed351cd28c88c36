package sessions_test

import (
	"crypto"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/holdfast-go/holdfast/sessions"
)

// notary is a token endpoint that keeps what it is sent and grants an hour's token, t-1,
// t-2, … It is the transport of an Endpoint's HTTPClient.
type notary struct {
	judge func(n int, form url.Values) *http.Response // nil, or a nil answer: it grants

	mu     sync.Mutex // guards bodies
	bodies []string
}

func (n *notary) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.bodies = append(n.bodies, string(body))
	number := len(n.bodies)
	n.mu.Unlock()
	if n.judge != nil {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		if resp := n.judge(number, form); resp != nil {
			return resp, nil
		}
	}
	return notarized(http.StatusOK, fmt.Sprintf(`{"access_token":"t-%d","token_type":"Bearer","expires_in":3600}`, number)), nil
}

func notarized(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

// dated is an answer with the time that the server's clock shows.
func dated(status int, body string, date time.Time) *http.Response {
	resp := notarized(status, body)
	resp.Header.Set("Date", date.UTC().Format(http.TimeFormat))
	return resp
}

// sent returns the forms that the notary was sent.
func (n *notary) sent(t *testing.T) []url.Values {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	forms := make([]url.Values, len(n.bodies))
	for i, body := range n.bodies {
		form, err := url.ParseQuery(body)
		if err != nil {
			t.Fatal(err)
		}
		forms[i] = form
	}
	return forms
}

// expectRequests checks how many requests there were.
func (n *notary) expectRequests(t *testing.T, want int) {
	t.Helper()
	if got := len(n.sent(t)); got != want {
		t.Fatalf("the token endpoint had %d requests, want %d", got, want)
	}
}

// endpoint is the notary as a client of it sees it.
func (n *notary) endpoint(auth sessions.ClientAuth) sessions.Endpoint {
	return sessions.Endpoint{
		TokenURL:   "https://as.example/token",
		RevokeURL:  "https://as.example/revoke",
		ClientID:   "client",
		Auth:       auth,
		HTTPClient: &http.Client{Transport: n},
	}
}

// aliceBy is an assertion about alice, signed with the key of the file.
func aliceBy(t *testing.T, file, algorithm string) sessions.Assertion {
	t.Helper()
	return sessions.Assertion{
		Issuer: "issuer", Subject: "alice", KeyID: "kid-1", Algorithm: algorithm, Key: keyOf(t, file),
	}
}

// clientBy is what a client says that has nothing special to say.
func clientBy(t *testing.T, file, algorithm string) sessions.Assertion {
	t.Helper()
	return sessions.Assertion{Algorithm: algorithm, Key: keyOf(t, file)}
}

// said is the inside of an assertion.
type said struct {
	header jose.Header
	jwt.Claims
	all map[string]any
}

// hear opens an assertion and checks its signature.
func hear(t *testing.T, assertion, algorithm string, public crypto.PublicKey) said {
	t.Helper()
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
	if err != nil {
		t.Fatal(err)
	}
	s := said{header: token.Headers[0]}
	if err := token.Claims(public, &s.Claims, &s.all); err != nil {
		t.Fatal(err)
	}
	return s
}

// peek opens an assertion whose signature is of no account.
func peek(form url.Values) said {
	assertion := form.Get("assertion") + form.Get("client_assertion")
	token, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.EdDSA})
	if err != nil {
		panic(err)
	}
	var s said
	if err := token.UnsafeClaimsWithoutVerification(&s.Claims, &s.all); err != nil {
		panic(err)
	}
	return s
}

// begin opens a session of a kind in a Manager of its own.
func begin(t *testing.T, c sessions.Config, k sessions.Kind) *sessions.Session {
	t.Helper()
	s, err := manage(t, c).Session("k", k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// expectToken fails the test unless the session gives out this token.
func expectToken(t *testing.T, s *sessions.Session, want string) {
	t.Helper()
	if got, err := s.AccessToken(t.Context()); err != nil || got != want {
		t.Fatalf("AccessToken is %q, %v; want %q", got, err, want)
	}
}
