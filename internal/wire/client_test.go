package wire_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/wire"
)

func at(url string) wire.Request {
	r := request()
	r.URL = url
	return r
}

// serves is an endpoint on loopback; connections counts those that were made to it.
func serves(t *testing.T, h http.HandlerFunc) (url string, connections *atomic.Int32) {
	t.Helper()
	connections = new(atomic.Int32)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections
}

func grants(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, `{"access_token":"at","expires_in":60}`)
}

// clients are the ways to make one, each with cleanup.
func clients(t *testing.T) map[string]*wire.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	own := wire.New(nil, 0)
	t.Cleanup(own.Close)
	follow := func(*http.Request, []*http.Request) error { return nil }
	return map[string]*wire.Client{
		"own":   own,
		"given": wire.New(&http.Client{Transport: transport, Jar: jar, CheckRedirect: follow}, 0),
	}
}

func TestRedirectIsNeverFollowed(t *testing.T) {
	var reached atomic.Int32
	other, _ := serves(t, func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		grants(w, r)
	})
	for name, c := range clients(t) {
		for _, status := range []int{300, 301, 302, 303, 307, 308} {
			for _, location := range []string{other, "/elsewhere", "http://[::1", "%zz", ""} {
				var asked atomic.Int32
				url, _ := serves(t, func(w http.ResponseWriter, _ *http.Request) {
					asked.Add(1)
					w.Header().Set("Location", location)
					w.WriteHeader(status)
					_, _ = io.WriteString(w, `{"access_token":"at","error":"invalid_grant"}`)
				})
				_, err := c.Token(t.Context(), noon, at(url))
				if got := failed(t, err); !strings.HasPrefix(got, "transient: redirect refused") {
					t.Errorf("%s, %d to %q: %s", name, status, location, got)
				}
				if asked.Load() != 1 {
					t.Errorf("%s, %d to %q: asked %d times", name, status, location, asked.Load())
				}
			}
		}
	}
	if reached.Load() != 0 {
		t.Errorf("the other host was asked %d times", reached.Load())
	}
}

func TestNoCookieIsKept(t *testing.T) {
	for name, c := range clients(t) {
		url, _ := serves(t, func(w http.ResponseWriter, r *http.Request) {
			if len(r.Cookies()) != 0 {
				t.Errorf("%s: a cookie came back", name)
			}
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
			grants(w, r)
		})
		for range 2 {
			if _, err := c.Token(t.Context(), noon, at(url)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestConnectionIsUsedAgain(t *testing.T) {
	var n atomic.Int32
	url, connections := serves(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, strings.Repeat("later ", 2000))
			return
		}
		grants(w, r)
	})
	c := wire.New(nil, 0)
	defer c.Close()
	for range 6 {
		_, _ = c.Token(t.Context(), noon, at(url))
	}
	if connections.Load() != 1 {
		t.Errorf("%d connections", connections.Load())
	}
}

func TestCloseEndsOwnConnectionsOnly(t *testing.T) {
	for name, c := range clients(t) {
		url, connections := serves(t, grants)
		for range 2 {
			if _, err := c.Token(t.Context(), noon, at(url)); err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
		want := map[string]int32{"own": 2, "given": 1}[name]
		if connections.Load() != want {
			t.Errorf("%s: %d connections, want %d", name, connections.Load(), want)
		}
	}
}

func TestGivenClientIsNotChanged(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	given := &http.Client{Transport: transport, Jar: jar}
	wire.New(given, 0)
	if given.Transport != transport || given.Jar != jar || given.CheckRedirect != nil {
		t.Errorf("given client is now %+v", given)
	}
}

// endless is a body without an end that counts what is read of it.
type endless struct {
	read   int
	closed bool
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error { e.closed = true; return nil }

func TestLargeAnswerIsRefusedUnread(t *testing.T) {
	for _, test := range []struct{ maxBody, most int }{{0, 1 << 20}, {-1, 1 << 20}, {1000, 1000}} {
		for status, want := range map[int]string{
			200: "doubtful: answer is too large: endpoint answered 200 (attempt 1)",
			400: "transient: endpoint answered 400 (attempt 1)",
		} {
			body := &endless{}
			transport := roundTrip(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Body: body}, nil
			})
			_, err := wire.New(&http.Client{Transport: transport}, test.maxBody).Token(t.Context(), noon, request())
			if diff := cmp.Diff(want, failed(t, err)); diff != "" {
				t.Errorf("limit %d (-want +got):\n%s", test.maxBody, diff)
			}
			if body.read != test.most+1 || !body.closed {
				t.Errorf("limit %d: read %d bytes, closed: %v", test.maxBody, body.read, body.closed)
			}
		}
	}
}

func TestAnswerMayBeAsLargeAsTheLimit(t *testing.T) {
	body := `{"access_token":"at"}`
	for limit, ok := range map[int]bool{len(body): true, len(body) - 1: false, int(^uint(0) >> 1): true} {
		transport := roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		_, err := wire.New(&http.Client{Transport: transport}, limit).Token(t.Context(), noon, request())
		if (err == nil) != ok {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

func TestTenMebibytesOverTheNetworkAreRefused(t *testing.T) {
	url, _ := serves(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"access_token":"at","x":"`)
		_, _ = io.WriteString(w, strings.Repeat("a", 10<<20))
		_, _ = io.WriteString(w, `"}`)
	})
	for name, c := range clients(t) {
		_, err := c.Token(t.Context(), noon, at(url))
		if diff := cmp.Diff("doubtful: answer is too large: endpoint answered 200 (attempt 1)", failed(t, err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestEveryBodyIsClosed(t *testing.T) {
	for _, status := range []int{101, 200, 302, 400, 500} {
		body := &endless{}
		c := through(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: body}, nil
		})
		_, _ = c.Token(t.Context(), noon, request())
		if !body.closed {
			t.Errorf("the body of a %d is left open", status)
		}
	}
}

// A refresh token that can be used once must not be sent again behind our back.
func TestRequestIsNotSentAgainByTheTransport(t *testing.T) {
	for name, c := range clients(t) {
		var asked atomic.Int32
		url, _ := serves(t, func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) == 1 {
				grants(w, r)
				return
			}
			panic(http.ErrAbortHandler) // an idle connection that breaks as it is used again
		})
		r := at(url)
		r.Header = http.Header{"Idempotency-Key": {"1"}, "X-Idempotency-Key": {"1"}}
		if _, err := c.Token(t.Context(), noon, r); err != nil {
			t.Fatal(err)
		}
		_, err := c.Token(t.Context(), noon, r)
		if diff := cmp.Diff("doubtful: connection lost", failed(t, err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if asked.Load() != 2 {
			t.Errorf("%s: asked %d times for two requests", name, asked.Load())
		}
	}
}

func TestClientServesManyAtOnce(t *testing.T) {
	url, _ := serves(t, grants)
	c := wire.New(nil, 0)
	defer c.Close()
	results := make(chan error)
	for range 50 {
		go func() {
			_, err := c.Token(context.Background(), noon, at(url))
			results <- err
		}()
	}
	for range 50 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
