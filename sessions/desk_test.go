package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// desk is a token endpoint that grants an hour to everybody: at-1, at-2, … It
// writes down what it was sent.
type desk struct {
	// instead answers in its place; nil, or a nil answer: it grants.
	instead func(n int) *http.Response

	mu   sync.Mutex // guards the fields below
	sent []posted
}

// posted is a request that a desk has seen.
type posted struct {
	url, body string
	header    http.Header
}

func (d *desk) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.sent = append(d.sent, posted{url: r.URL.String(), body: string(body), header: r.Header.Clone()})
	n := len(d.sent)
	d.mu.Unlock()
	if d.instead != nil {
		if resp := d.instead(n); resp != nil {
			return resp, nil
		}
	}
	if strings.Contains(r.URL.Path, "revoke") {
		return response(http.StatusOK, ""), nil
	}
	return response(http.StatusOK, deskGrants(n, string(body))), nil
}

// deskGrants is the desk's answer number n to a form.
func deskGrants(n int, form string) string {
	refresh := ""
	if strings.Contains(form, "grant_type=refresh_token") {
		refresh = fmt.Sprintf(`,"refresh_token":"rt-%d"`, n)
	}
	return fmt.Sprintf(`{"access_token":"at-%d","token_type":"Bearer","expires_in":3600%s}`, n, refresh)
}

func (d *desk) requests() []posted {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]posted(nil), d.sent...)
}

// wasAsked checks how many requests there were.
func (d *desk) wasAsked(t *testing.T, want int) {
	t.Helper()
	if got := len(d.requests()); got != want {
		t.Errorf("the authorization server had %d requests, want %d", got, want)
	}
}

// endpoint is the desk as a client of it sees it.
func (d *desk) endpoint() sessions.Endpoint {
	return sessions.Endpoint{
		TokenURL:   "https://as.example/token",
		RevokeURL:  "https://as.example/revoke",
		ClientID:   "client",
		Auth:       sessions.None(),
		HTTPClient: &http.Client{Transport: d},
	}
}

func response(status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// manage opens a Manager that the test's end closes. It goes by the exact clock:
// the bubble's, in a bubble.
func manage(t *testing.T, c sessions.Config) *sessions.Manager {
	t.Helper()
	if c.Clock == nil {
		c.Clock = clockutil.System()
	}
	mgr, err := sessions.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mgr.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return mgr
}

// sessionOf opens a session of a kind in a Manager of its own.
func sessionOf(t *testing.T, k sessions.Kind) *sessions.Session {
	t.Helper()
	return opened(t, manage(t, sessions.Config{}), "k", k)
}

func opened(t *testing.T, mgr *sessions.Manager, key string, k sessions.Kind) *sessions.Session {
	t.Helper()
	s, err := mgr.Session(key, k)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// accessTokenOf asks for a token, which must come.
func accessTokenOf(t *testing.T, s *sessions.Session) string {
	t.Helper()
	at, err := s.AccessToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// loginAt is what a login has left behind at issued: an hour of rt-0.
func loginAt(issued time.Time) messages.Token {
	return messages.Token{Access: "at-0", Refresh: "rt-0", Issued: issued, Expiry: issued.Add(time.Hour)}
}

// lapsed is a login whose access token has ended: the next ask refreshes.
func lapsed() messages.Token { return loginAt(time.Now().Add(-2 * time.Hour)) }

// mustBe checks that err is of a kind.
func mustBe(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error is %v, want %v", err, kind)
	}
}

// decoded is a form's value, for messages about it.
func decoded(t *testing.T, form string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sharedMemory() store.Store { return store.NewSharedMemory() }
