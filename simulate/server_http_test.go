package simulate_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// form is one of the server's client, as a program that does not use this library would
// send it.
func form(fields ...string) url.Values {
	f := url.Values{"client_id": {simulate.NewServer(nil).Endpoint().ClientID}}
	for i := 0; i < len(fields); i += 2 {
		f.Set(fields[i], fields[i+1])
	}
	return f
}

func refreshing(token string) url.Values {
	return form("grant_type", "refresh_token", "refresh_token", token)
}

// posts sends a form, and returns the answer in a line, as far as it has these members.
func posts(t *testing.T, to http.RoundTripper, path string, f url.Values) string {
	t.Helper()
	client := &http.Client{Transport: to}
	resp, err := client.PostForm("https://authorization.example"+path, f)
	if err != nil {
		t.Fatal(err)
	}
	return line(t, resp)
}

func line(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]any{}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &said); err != nil {
			t.Fatal(err)
		}
	}
	text := fmt.Sprint(resp.StatusCode)
	for _, name := range []string{
		"error", "access_token", "refresh_token", "token_type", "expires_in",
		"refresh_token_expires_in", "issued_token_type", "scope",
	} {
		if v, ok := said[name]; ok {
			text += fmt.Sprintf(" %s=%v", name, v)
		}
	}
	for _, name := range []string{"Retry-After", "Allow", "WWW-Authenticate"} {
		if v := resp.Header.Get(name); v != "" {
			text += fmt.Sprintf(" %s: %s", name, v)
		}
	}
	return text
}

// conversation is what is sent to a server, and what it says.
type conversation struct {
	*testing.T
	clock  *clockutil.Virtual
	server *simulate.Server
}

func converse(t *testing.T, opts ...simulate.ServerOption) *conversation {
	clock := clockutil.NewVirtual(time.Time{})
	return &conversation{T: t, clock: clock, server: simulate.NewServer(clock, opts...)}
}

func (c *conversation) token(f url.Values, want string) {
	c.Helper()
	if diff := cmp.Diff(want, posts(c.T, c.server, "/token", f)); diff != "" {
		c.Errorf("answer (-want +got):\n%s", diff)
	}
}

func (c *conversation) revoke(f url.Values, want string) {
	c.Helper()
	if diff := cmp.Diff(want, posts(c.T, c.server, "/revoke", f)); diff != "" {
		c.Errorf("answer (-want +got):\n%s", diff)
	}
}

// valid checks which of the access tokens, of those with numbers from 1, are good.
func (c *conversation) valid(want string) {
	c.Helper()
	var got strings.Builder
	for n := 1; ; n++ {
		err := c.server.Valid(fmt.Sprintf("at-%d", n))
		if errors.Is(err, simulate.ErrTokenUnknown) {
			break
		}
		got.WriteString(map[error]string{nil: "+", simulate.ErrTokenRevoked: "r", simulate.ErrTokenExpired: "e"}[err])
	}
	if got.String() != want {
		c.Errorf("access tokens %s, want %s", got.String(), want)
	}
}

func TestRefreshTokenIsGoodOnce(t *testing.T) {
	c := converse(t)
	c.server.Login("alice")
	c.token(refreshing("rt-1"), "200 access_token=at-2 refresh_token=rt-2 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-2"), "200 access_token=at-3 refresh_token=rt-3 token_type=Bearer expires_in=3600")
	c.valid("+++")
	c.token(refreshing("rt-1"), "400 error=invalid_grant")
	c.valid("rrr")
	c.token(refreshing("rt-3"), "400 error=invalid_grant")
}

func TestLenientServerKeepsTheGrant(t *testing.T) {
	c := converse(t, simulate.Lenient())
	c.server.Login("alice")
	c.token(refreshing("rt-1"), "200 access_token=at-2 refresh_token=rt-2 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-1"), "400 error=invalid_grant")
	c.clock.Advance(time.Second)
	c.token(refreshing("rt-1"), "400 error=invalid_grant")
	want := `refresh token 1 of "alice" was used again at 2026-01-01 12:00:00, 0s after it was spent`
	if err := c.server.NoReuse(); err == nil || err.Error() != want || c.server.Reused() != 2 {
		t.Errorf("%d reuses: %v", c.server.Reused(), err)
	}
	c.valid("++")
	c.token(refreshing("rt-2"), "200 access_token=at-3 refresh_token=rt-3 token_type=Bearer expires_in=3600")
}

func TestGraceBringsANewPairEachTime(t *testing.T) {
	c := converse(t, simulate.Grace(10*time.Second), simulate.RenewalRevokes())
	c.server.Login("alice")
	c.token(refreshing("rt-1"), "200 access_token=at-2 refresh_token=rt-2 token_type=Bearer expires_in=3600")
	c.clock.Advance(9 * time.Second)
	c.token(refreshing("rt-1"), "200 access_token=at-3 refresh_token=rt-3 token_type=Bearer expires_in=3600")
	c.valid("rr+")
	c.token(refreshing("rt-2"), "200 access_token=at-4 refresh_token=rt-4 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-3"), "200 access_token=at-5 refresh_token=rt-5 token_type=Bearer expires_in=3600")
	c.clock.Advance(time.Second) // the grace does not begin anew
	c.token(refreshing("rt-1"), "400 error=invalid_grant")
	c.valid("rrrrr")
}

func TestReusableTokenBringsNoOther(t *testing.T) {
	c := converse(t, simulate.Reusable(), simulate.RenewalRevokes(), simulate.RefreshTTL(time.Minute))
	c.server.Login("alice")
	c.token(refreshing("rt-1"), "200 access_token=at-2 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-1"), "200 access_token=at-3 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-2"), "400 error=invalid_grant")
	c.valid("rr+")
	c.clock.Advance(time.Minute)
	c.token(refreshing("rt-1"), "400 error=invalid_grant")
}

func TestLivesAreToldInWholeSeconds(t *testing.T) {
	c := converse(t, simulate.TokenTTL(90*time.Second+time.Millisecond), simulate.RefreshTTL(2*time.Minute-1))
	c.server.Login("alice")
	c.token(refreshing("rt-1"),
		"200 access_token=at-2 refresh_token=rt-2 token_type=Bearer expires_in=90 refresh_token_expires_in=119")
	c.clock.Advance(90 * time.Second)
	c.valid("++")
	c.clock.Advance(time.Millisecond)
	c.valid("ee")
	c.clock.Advance(30*time.Second - time.Millisecond - 1)
	c.token(refreshing("rt-2"), "400 error=invalid_grant")
}

func TestOptionsOfZeroChangeNothing(t *testing.T) {
	c := converse(t, simulate.TokenTTL(0), simulate.RefreshTTL(0), simulate.Grace(-1), simulate.Rate(0))
	c.server.Login("alice")
	c.token(refreshing("rt-1"), "200 access_token=at-2 refresh_token=rt-2 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-1"), "400 error=invalid_grant")
	if d := c.server.Endpoint().ReuseGrace; d != 0 {
		t.Errorf("the client is told of a grace of %s", d)
	}
}

func TestClientIsGrantedTokensForOthers(t *testing.T) {
	assertion := "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"carol"}`)) + ".c2lnbmF0dXJl"
	for name, grant := range map[string]struct {
		form    url.Values
		subject string
	}{
		"itself":            {form("grant_type", "client_credentials"), "client"},
		"subject_id":        {form("grant_type", "client_credentials", "subject_type", "user", "subject_id", "alice"), "alice"},
		"a field of others": {form("grant_type", "client_credentials", "box_subject_id", "bob"), "bob"},
		"assertion":         {form("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", assertion), "carol"},
		"nobody":            {form("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", "e30.e30.e30"), "client"},
		"no assertion":      {form("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", "x.y.z"), "client"},
	} {
		t.Run(name, func(t *testing.T) {
			c := converse(t)
			c.token(grant.form, "200 access_token=at-1 token_type=Bearer expires_in=3600")
			c.server.End("somebody else")
			c.valid("+")
			c.server.End(grant.subject)
			c.valid("r")
			c.token(grant.form, "200 access_token=at-2 token_type=Bearer expires_in=3600")
			c.valid("r+")
			if n := c.server.Renewals(grant.subject); n != 2 {
				t.Errorf("%d renewals, want 2", n)
			}
		})
	}
}

func TestExchangeNeedsAValidToken(t *testing.T) {
	c := converse(t)
	c.server.Login("alice")
	exchanging := func(token string) url.Values {
		return form("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token", token, "scope", "read")
	}
	c.token(exchanging("at-1"), "200 access_token=at-2 token_type=Bearer expires_in=3600"+
		" issued_token_type=urn:ietf:params:oauth:token-type:access_token scope=read")
	c.token(exchanging("rt-1"), "400 error=invalid_request")
	c.token(exchanging("at-9"), "400 error=invalid_request")
	c.clock.Advance(time.Hour)
	c.token(exchanging("at-1"), "400 error=invalid_request")
	c.valid("ee")
	if n := c.server.Renewals("alice"); n != 0 {
		t.Errorf("%d renewals, want none", n)
	}
}

func TestRevokedAccessTokenIsRevokedAlone(t *testing.T) {
	c := converse(t)
	c.server.Login("alice")
	c.token(refreshing("rt-1"), "200 access_token=at-2 refresh_token=rt-2 token_type=Bearer expires_in=3600")
	c.revoke(form("token", "at-1", "token_type_hint", "refresh_token"), "200")
	c.valid("r+")
	c.token(refreshing("rt-2"), "200 access_token=at-3 refresh_token=rt-3 token_type=Bearer expires_in=3600")
}

func TestRevokedRefreshTokenEndsItsGrant(t *testing.T) {
	c := converse(t)
	c.server.Login("alice")
	c.server.Login("alice")
	c.token(refreshing("rt-2"), "200 access_token=at-3 refresh_token=rt-3 token_type=Bearer expires_in=3600")
	c.revoke(form("token", "rt-2"), "200") // it has been spent
	c.revoke(form("token", "rt-9"), "200")
	c.valid("+++")
	c.revoke(form("token", "rt-3"), "200")
	c.valid("+rr")
	c.token(refreshing("rt-3"), "400 error=invalid_grant")
	c.token(refreshing("rt-1"), "200 access_token=at-4 refresh_token=rt-4 token_type=Bearer expires_in=3600")
}

func TestRateLetsASecondsRequestsComeAtOnce(t *testing.T) {
	c := converse(t, simulate.Rate(2))
	c.server.Login("alice")
	c.token(refreshing("rt-1"), "200 access_token=at-2 refresh_token=rt-2 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-2"), "200 access_token=at-3 refresh_token=rt-3 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-3"), "429 error=slow_down Retry-After: 1")
	c.revoke(form("token", "at-1"), "200")
	c.clock.Advance(500 * time.Millisecond)
	c.token(refreshing("rt-3"), "200 access_token=at-4 refresh_token=rt-4 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-4"), "429 error=slow_down Retry-After: 1")
	c.clock.Advance(time.Hour) // saves up no more than a second
	c.token(form("grant_type", "client_credentials"), "200 access_token=at-5 token_type=Bearer expires_in=3600")
	c.token(form("grant_type", "client_credentials"), "200 access_token=at-6 token_type=Bearer expires_in=3600")
	c.token(form("grant_type", "client_credentials"), "429 error=slow_down Retry-After: 1")
	if n := c.server.Requests(); n != 8 {
		t.Errorf("%d token requests, want 8", n)
	}
}

func TestWrongRequestsAreToldWhatIsWrong(t *testing.T) {
	c := converse(t)
	c.token(form(), "400 error=invalid_request")
	c.token(form("grant_type", "password"), "400 error=unsupported_grant_type")
	c.token(form("grant_type", "refresh_token"), "400 error=invalid_request")
	c.token(refreshing("rt-1"), "400 error=invalid_grant")
	c.token(form("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), "400 error=invalid_request")
	c.revoke(form(), "400 error=invalid_request")
	c.token(url.Values{"grant_type": {"client_credentials"}}, "401 error=invalid_client WWW-Authenticate: Basic")
	c.revoke(url.Values{"token": {"at-1"}}, "401 error=invalid_client WWW-Authenticate: Basic")
	if got := posts(t, c.server, "/elsewhere", form()); got != "404" {
		t.Errorf("answer %s", got)
	}
	c.server.Break(502)
	c.token(form(), "502")
	c.revoke(form(), "502")
	if n := c.server.Requests(); n != 7 {
		t.Errorf("%d token requests, want 7", n)
	}
}

func TestAssertionAuthenticatesTheClient(t *testing.T) {
	c := converse(t)
	c.token(url.Values{"grant_type": {"client_credentials"}, "client_assertion": {"e30.e30.c2ln"}},
		"200 access_token=at-1 token_type=Bearer expires_in=3600")
}

func TestUnreadableRequestsAreInvalid(t *testing.T) {
	c := converse(t)
	for name, req := range map[string]struct {
		method string
		body   io.Reader
		want   string
	}{
		"another method": {http.MethodGet, nil, "405 Allow: POST"},
		"no body":        {http.MethodPost, nil, "401 error=invalid_client WWW-Authenticate: Basic"},
		"no form":        {http.MethodPost, strings.NewReader("%"), "400 error=invalid_request"},
		"cut off":        {http.MethodPost, iotest.ErrReader(io.ErrUnexpectedEOF), "400 error=invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest(req.method, c.server.Endpoint().TokenURL, req.body)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := c.server.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			if got := line(t, resp); got != req.want {
				t.Errorf("answer %s, want %s", got, req.want)
			}
		})
	}
}

// body is one that tells whether it was closed.
type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error { b.closed = true; return nil }

func TestRoundTripLeavesTheRequestAndClosesItsBody(t *testing.T) {
	for name, ctx := range map[string]context.Context{"answered": context.Background(), "cancelled": cancelled()} {
		t.Run(name, func(t *testing.T) {
			server := simulate.NewServer(nil)
			b := &body{Reader: strings.NewReader(form("grant_type", "client_credentials").Encode())}
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.Endpoint().TokenURL, b)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := server.RoundTrip(req)
			if resp != nil {
				_ = resp.Body.Close()
			}
			if !errors.Is(err, ctx.Err()) || req.Body != io.ReadCloser(b) || !b.closed {
				t.Errorf("error %v, own body %v, closed %v", err, req.Body == io.ReadCloser(b), b.closed)
			}
			if n := server.Requests(); (n == 1) != (ctx.Err() == nil) {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestServerServesByANetwork(t *testing.T) {
	clock := clockutil.NewVirtual(time.Date(2030, time.May, 1, 9, 0, 0, 0, time.UTC))
	server := simulate.NewServer(clock)
	site := httptest.NewServer(server)
	defer site.Close()
	e := server.Endpoint()
	e.TokenURL, e.RevokeURL, e.HTTPClient = site.URL+"/token", site.URL+"/revoke", site.Client()

	mgr, err := sessions.Open(sessions.Config{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mgr.Close(context.Background()) }()
	s, err := mgr.Session("alice", sessions.Persistent(e, server.Login("alice")))
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(2 * time.Hour)
	at, err := s.AccessToken(context.Background())
	if err != nil || server.Valid(at) != nil {
		t.Errorf("error %v, valid %v", err, server.Valid(at))
	}
	if err := s.Revoke(context.Background()); err != nil || !errors.Is(server.Valid(at), simulate.ErrTokenRevoked) {
		t.Errorf("error %v, valid %v", err, server.Valid(at))
	}

	resp, err := site.Client().PostForm(e.TokenURL, refreshing("rt-1"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	got := []string{resp.Header.Get("Date"), resp.Header.Get("Cache-Control"), resp.Header.Get("Content-Type")}
	want := []string{"Wed, 01 May 2030 11:00:00 GMT", "no-store", "application/json"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestServerPrintsNoSecrets(t *testing.T) {
	c := converse(t)
	c.server.Login("alice")
	c.token(refreshing("rt-1"), "200 access_token=at-2 refresh_token=rt-2 token_type=Bearer expires_in=3600")
	c.token(refreshing("rt-1"), "400 error=invalid_grant")
	type holder struct{ server *simulate.Server }
	text := fmt.Sprint(c.server.Valid("at-1"), c.server.Valid("at-7"), c.server.NoReuse())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		text += fmt.Sprintf(verb, c.server) + fmt.Sprintf(verb, holder{c.server}) + fmt.Sprintf(verb, c.server.Endpoint())
	}
	for _, secret := range []string{"at-1", "at-2", "at-7", "rt-1", "rt-2", "client-secret"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in: %s", secret, text)
		}
	}
	if got := fmt.Sprintf("%#v", c.server); got != "authorization server (grants: 1, token requests: 2)" {
		t.Errorf("it says: %s", got)
	}
}

func TestServerServesManyAtOnce(t *testing.T) {
	server := simulate.NewServer(nil, simulate.Grace(time.Hour), simulate.Rate(1e6))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			subject := fmt.Sprint("subject ", i)
			login := server.Login(subject)
			for range 50 {
				posts(t, server, "/token", refreshing(login.Refresh.Reveal()))
				_ = server.Valid(login.Access.Reveal())
				_ = server.String()
			}
			server.End(subject)
			if n := server.Renewals(subject); n != 50 {
				t.Errorf("%d renewals of %s, want 50", n, subject)
			}
		})
	}
	group.Wait()
	if server.Requests() != 400 || server.Reused() != 0 || server.MostAtOnce() != 1 {
		t.Errorf("%d requests, %d reuses, %d at once", server.Requests(), server.Reused(), server.MostAtOnce())
	}
}
