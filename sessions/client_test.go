package sessions_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/sessions"
)

// shop is all resource servers there are. It writes down who was asked with which
// Authorization: "GET https://api.example/ Bearer at-1".
type shop struct {
	answer func(n int, r *http.Request) *http.Response // nil, or a nil answer: 200

	mu     sync.Mutex // guards the fields below
	served []string
	bodies []string
}

func (s *shop) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
		_ = r.Body.Close()
	}
	s.mu.Lock()
	line := strings.TrimSpace(r.Method + " " + r.URL.Redacted() + " " + r.Header.Get("Authorization"))
	s.served = append(s.served, line)
	s.bodies = append(s.bodies, body)
	n := len(s.served)
	s.mu.Unlock()
	if s.answer != nil {
		if resp := s.answer(n, r); resp != nil {
			resp.Request = r
			return resp, nil
		}
	}
	resp := response(http.StatusOK, "goods")
	resp.Request = r
	return resp, nil
}

func (s *shop) wants(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff(want, s.served); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// redirects answers every request to one address with a redirect to another.
func redirects(table map[string]string) func(int, *http.Request) *http.Response {
	return func(_ int, r *http.Request) *http.Response {
		if to, ok := table[r.URL.String()]; ok {
			return response(http.StatusFound, "", "Location", to)
		}
		return nil
	}
}

// clientOf returns a client of a fresh Anonymous session over a shop.
func clientOf(t *testing.T, s *shop, origins ...string) (*http.Client, *desk) {
	t.Helper()
	d := &desk{}
	session := sessionOf(t, sessions.Anonymous(d.endpoint()))
	return session.Client(&http.Client{Transport: s}, origins...), d
}

// fetch gets an address and drops the answer.
func fetch(t *testing.T, c *http.Client, address string) error {
	t.Helper()
	resp, err := c.Get(address)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func TestTokenGoesToTheListedOriginsOnly(t *testing.T) {
	for _, test := range []struct {
		origin, address string
		listed          bool
	}{
		{"https://api.example.com", "https://api.example.com/a?b=c", true},
		{"https://api.example.com/", "https://api.example.com", true},
		{"https://api.example.com", "https://api.example.com:443/", true},
		{"https://api.example.com:443", "https://api.example.com/", true},
		{"https://API.Example.com", "https://api.eXample.COM/", true},
		{"HTTPS://api.example.com", "https://api.example.com/", true},
		{"https://api.example.com", "https://u:p@api.example.com/", true},
		{"https://[2001:db8::1]", "https://[2001:DB8::1]:443/", true},
		{"https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443/", true},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080/", true},
		{"http://localhost", "http://localhost:80/", true},
		{"http://[::1]", "http://[::1]/", true},

		{"https://api.example.com", "http://api.example.com/", false},
		{"https://api.example.com", "http://api.example.com:443/", false},
		{"https://api.example.com", "https://api.example.com:8443/", false},
		{"https://api.example.com:8443", "https://api.example.com/", false},
		{"https://api.example.com", "https://api.example.com.evil.com/", false},
		{"https://api.example.com", "https://evil-api.example.com/", false},
		{"https://api.example.com", "https://x.api.example.com/", false},
		{"https://api.example.com", "https://example.com/", false},
		{"https://api.example.com", "https://api.example.com@evil.com/", false},
		{"https://api.example.com", "https://api.example.com:443@evil.com/", false},
		{"https://api.example.com", "https://evil.com/https://api.example.com", false},
		{"https://api.example.com", "https://evil.com/#@api.example.com", false},
		{"https://api.example.com", "https://api.example.com./", false},
		{"https://[2001:db8::1]", "https://[2001:db8::1:443]/", false},
		{"http://127.0.0.1:8080", "http://127.0.0.1:8081/", false},
		{"http://localhost", "http://127.0.0.1/", false},
	} {
		s := &shop{}
		client, d := clientOf(t, s, test.origin)
		err := fetch(t, client, test.address)
		switch {
		case test.listed && err != nil:
			t.Errorf("%s of %s: %v", test.address, test.origin, err)
		case test.listed && !strings.HasSuffix(s.served[0], " Bearer at-1"):
			t.Errorf("%s of %s went out without the token: %q", test.address, test.origin, s.served)
		case !test.listed:
			mustBe(t, err, sessions.ErrInvalid)
			s.wants(t)
			d.wasAsked(t, 0)
		}
	}
}

func TestTokenGoesToEachOfSeveralOrigins(t *testing.T) {
	s := &shop{}
	client, _ := clientOf(t, s, "https://a.example", "https://b.example:8443")
	for _, address := range []string{"https://a.example/", "https://b.example:8443/"} {
		if err := fetch(t, client, address); err != nil {
			t.Error(err)
		}
	}
	s.wants(t, "GET https://a.example/ Bearer at-1", "GET https://b.example:8443/ Bearer at-1")
}

func TestTokenIsLeftOutWhereARedirectLeadsElsewhere(t *testing.T) {
	for name, elsewhere := range map[string]string{
		"host":        "https://evil.example/",
		"port":        "https://api.example:8443/",
		"scheme":      "http://api.example/",
		"subdomain":   "https://x.api.example/",
		"look-alike":  "https://api.example.evil.com/",
		"parent":      "https://example/",
		"credentials": "https://api.example@evil.example/",
	} {
		s := &shop{answer: redirects(map[string]string{"https://api.example/": elsewhere})}
		client, _ := clientOf(t, s, "https://api.example")
		if err := fetch(t, client, "https://api.example/"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(s.served) != 2 || strings.Contains(s.served[1], "at-1") {
			t.Errorf("another %s was sent the token: %q", name, s.served)
		}
	}
}

func TestEveryHopIsCheckedAnew(t *testing.T) {
	s := &shop{answer: redirects(map[string]string{
		"https://api.example/1":  "https://evil.example/2",
		"https://evil.example/2": "https://evil.example/3",
		"https://evil.example/3": "https://api.example/4",
		"https://api.example/4":  "https://cdn.example/5",
	})}
	client, _ := clientOf(t, s, "https://api.example")
	if err := fetch(t, client, "https://api.example/1"); err != nil {
		t.Fatal(err)
	}
	s.wants(
		t,
		"GET https://api.example/1 Bearer at-1",
		"GET https://evil.example/2",
		"GET https://evil.example/3",
		"GET https://api.example/4 Bearer at-1",
		"GET https://cdn.example/5",
	)
}

func TestAuthorizationOfTheCallersOwnDoesNotLeaveWithARedirect(t *testing.T) {
	// To another port and to a subdomain http.Client itself takes it along.
	for _, elsewhere := range []string{"https://api.example:8443/", "https://x.api.example/"} {
		s := &shop{answer: redirects(map[string]string{"https://api.example/": elsewhere})}
		d := &desk{}
		session := sessionOf(t, sessions.Anonymous(d.endpoint()))
		req := requestTo(t, http.MethodGet, "https://api.example/", nil)
		if err := session.Authorize(req); err != nil {
			t.Fatal(err)
		}
		resp, err := session.Client(&http.Client{Transport: s}, "https://api.example").Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		s.wants(t, "GET https://api.example/ Bearer at-1", "GET "+elsewhere)
	}
}

func requestTo(t *testing.T, method, address string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestClientWithAWrongListOfOriginsSendsNothing(t *testing.T) {
	for _, test := range []struct {
		origins []string
		names   string
	}{
		{nil, "origins"},
		{[]string{""}, "origins[0]"},
		{[]string{"*"}, "origins[0]"},
		{[]string{"api.example"}, "origins[0]"},
		{[]string{"//api.example"}, "origins[0]"},
		{[]string{"https://api.example", "http://api.example"}, "origins[1]"},
		{[]string{"http://10.0.0.1"}, "origins[0]"},
		{[]string{"ftp://api.example"}, "origins[0]"},
		{[]string{"https://api.example/v1"}, "origins[0]"},
		{[]string{"https://api.example?q"}, "origins[0]"},
		{[]string{"https://api.example#f"}, "origins[0]"},
		{[]string{"https://u:hunter2@api.example"}, "origins[0]"},
	} {
		s := &shop{}
		client, d := clientOf(t, s, test.origins...)
		err := fetch(t, client, "https://api.example/")
		mustBe(t, err, sessions.ErrInvalid)
		if err != nil && !strings.Contains(err.Error(), test.names+" ") {
			t.Errorf("%q: %v does not name %s", test.origins, err, test.names)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v repeats a password", err)
		}
		s.wants(t)
		d.wasAsked(t, 0)
	}
}

func TestRequestIsClonedAndNeverChanged(t *testing.T) {
	s := &shop{answer: func(n int, _ *http.Request) *http.Response {
		if n == 1 {
			return response(http.StatusUnauthorized, "")
		}
		return nil
	}}
	client, _ := clientOf(t, s, "https://api.example")
	req := requestTo(t, http.MethodPost, "https://api.example/", strings.NewReader("order"))
	req.Header.Set("X-Mine", "1")
	header, body := req.Header.Clone(), req.Body
	resp, err := client.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if diff := cmp.Diff(header, req.Header); diff != "" {
		t.Errorf("header (-before +after):\n%s", diff)
	}
	if req.Body != body || req.URL.String() != "https://api.example/" {
		t.Error("the request has another body or address than before")
	}
	s.wants(t, "POST https://api.example/ Bearer at-1", "POST https://api.example/ Bearer at-2")
}

func TestResponseLeadsToTheRequestWithoutTheToken(t *testing.T) {
	s := &shop{answer: func(n int, r *http.Request) *http.Response {
		switch {
		case n == 1:
			return response(http.StatusUnauthorized, "")
		case r.URL.Path == "/moved":
			return response(http.StatusFound, "", "Location", "here?a=b")
		case r.URL.Path == "/refused":
			return response(http.StatusUnauthorized, "", "WWW-Authenticate", "Basic")
		}
		return nil
	}}
	client, _ := clientOf(t, s, "https://api.example")
	for address, last := range map[string]string{
		"https://api.example/":        "https://api.example/",
		"https://api.example/moved":   "https://api.example/here?a=b",
		"https://api.example/refused": "https://api.example/refused",
	} {
		resp, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.Request.URL.String(); got != last {
			t.Errorf("%s ended at %s, want %s", address, got, last)
		}
		for r := resp; r != nil; r = r.Request.Response {
			if r.Request.Header.Get("Authorization") != "" {
				t.Errorf("%s: the response leads to %v", address, r.Request.Header)
			}
		}
	}
	req := requestTo(t, http.MethodGet, "https://api.example/", nil)
	resp, err := client.Transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Request != req {
		t.Error("the response leads to another request than the caller's own")
	}
}

func TestRequestWithoutHeadersIsAuthorized(t *testing.T) {
	s := &shop{}
	client, _ := clientOf(t, s, "https://api.example")
	u := &url.URL{Scheme: "https", Host: "api.example", Path: "/"}
	resp, err := client.Transport.RoundTrip((&http.Request{Method: http.MethodGet, URL: u}).WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	s.wants(t, "GET https://api.example/ Bearer at-1")
}

func TestClientOverwritesAnAuthorizationOfTheCallersOwn(t *testing.T) {
	s := &shop{}
	client, _ := clientOf(t, s, "https://api.example")
	req := requestTo(t, http.MethodGet, "https://api.example/", nil)
	req.Header["Authorization"] = []string{"Basic one", "Basic two"}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	s.wants(t, "GET https://api.example/ Bearer at-1")
}

// watched is a body that knows whether it was closed.
type watched struct {
	io.Reader
	closed bool
}

func (w *watched) Close() error { w.closed = true; return nil }

func TestWithoutATokenNothingIsSentAndTheBodyIsClosed(t *testing.T) {
	s := &shop{}
	d := &desk{instead: func(int) *http.Response { return response(http.StatusBadRequest, `{"error":"invalid_client"}`) }}
	session := sessionOf(t, sessions.Anonymous(d.endpoint()))
	client := session.Client(&http.Client{Transport: s}, "https://api.example")
	body := &watched{Reader: strings.NewReader("order")}
	_, err := client.Do(requestTo(t, http.MethodPost, "https://api.example/", body))

	if _, ok := errors.AsType[*url.Error](err); !ok {
		t.Errorf("error is %T, want a *url.Error", err)
	}
	mustBe(t, err, sessions.ErrUnavailable)
	if _, ok := sessions.RetryAfter(err); !ok {
		t.Errorf("%v does not say when to try again", err)
	}
	if said, ok := errors.AsType[*sessions.EndpointError](err); !ok || said.Code != "invalid_client" {
		t.Errorf("%v has no EndpointError", err)
	}
	if !body.closed {
		t.Error("the body was not closed")
	}
	s.wants(t)
}

func TestUnlistedRequestHasItsBodyClosed(t *testing.T) {
	client, _ := clientOf(t, &shop{}, "https://api.example")
	body := &watched{Reader: strings.NewReader("order")}
	_, err := client.Do(requestTo(t, http.MethodPost, "https://evil.example/", body))
	mustBe(t, err, sessions.ErrInvalid)
	if !body.closed {
		t.Error("the body was not closed")
	}
}

func TestClientOfAClosedManagerSendsNothing(t *testing.T) {
	s, d := &shop{}, &desk{}
	mgr := manage(t, sessions.Config{})
	client := opened(t, mgr, "k", sessions.Anonymous(d.endpoint())).Client(&http.Client{Transport: s}, "https://api.example")
	if err := fetch(t, client, "https://api.example/"); err != nil {
		t.Fatal(err)
	}
	if err := mgr.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustBe(t, fetch(t, client, "https://api.example/"), sessions.ErrClosed)
	s.wants(t, "GET https://api.example/ Bearer at-1")
}

func TestClientLeavesItsBaseAsItWas(t *testing.T) {
	s := &shop{answer: redirects(map[string]string{"https://api.example/": "https://api.example/next"})}
	d := &desk{}
	stays := errors.New("no further")
	base := &http.Client{Transport: s, CheckRedirect: func(*http.Request, []*http.Request) error { return stays }}
	client := sessionOf(t, sessions.Anonymous(d.endpoint())).Client(base, "https://api.example")
	mustBe(t, fetch(t, client, "https://api.example/"), stays)
	if base.Transport != http.RoundTripper(s) {
		t.Error("the base has another transport")
	}
}
