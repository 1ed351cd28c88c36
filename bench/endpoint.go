package main

import (
	"bytes"
	"context"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// endpoint is a token endpoint without a network: an http.RoundTripper that all
// entrants of a contest are given alike. Each answer holds a token of its own, as
// long as a small JWT. It is safe for concurrent use, and its fields may be set at
// any time.
type endpoint struct {
	latency atomic.Int64 // of an answer, a time.Duration; zero: at once
	life    atomic.Int64 // of a token, a time.Duration
	down    atomic.Bool  // answer 503

	capacity atomic.Pointer[capacity] // nil: no limit
	server   atomic.Pointer[url.URL]  // that answers instead; nil: none

	requests, refused, tokens atomic.Int64
	inFlight, most            atomic.Int64

	mu       sync.Mutex // guards the fields below
	last     time.Time  // when the last request came
	shortest time.Duration
}

const (
	tokenURL    = "https://login.example/tenant/oauth2/v2.0/token"
	tokenLength = 256 // bytes of an access token
)

// newEndpoint returns an endpoint whose tokens live an hour.
func newEndpoint() *endpoint {
	e := &endpoint{}
	e.life.Store(int64(time.Hour))
	return e
}

func (e *endpoint) client() *http.Client { return &http.Client{Transport: e} }

// RoundTrip implements http.RoundTripper.
func (e *endpoint) RoundTrip(req *http.Request) (*http.Response, error) {
	if server := e.server.Load(); server != nil {
		return forward(req, server)
	}
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	if req.Method == http.MethodGet {
		return answer(req, http.StatusOK, metadata), nil
	}
	e.arrive()
	defer e.inFlight.Add(-1)
	if err := e.serve(req.Context()); err != nil {
		return nil, err
	}
	return e.grant(req), nil
}

func (e *endpoint) arrive() {
	now := time.Now()
	e.mu.Lock()
	if gap := now.Sub(e.last); !e.last.IsZero() && (e.shortest == 0 || gap < e.shortest) {
		e.shortest = gap
	}
	e.last = now
	e.mu.Unlock()
	e.requests.Add(1)
	raise(&e.most, e.inFlight.Add(1))
}

func raise(most *atomic.Int64, n int64) {
	for was := most.Load(); n > was && !most.CompareAndSwap(was, n); was = most.Load() {
	}
}

func forward(req *http.Request, server *url.URL) (*http.Response, error) {
	there := *req
	there.URL, there.Host = server, server.Host
	return network.RoundTrip(&there)
}

// network keeps as many connections as there are renewals at once.
var network = &http.Transport{MaxIdleConnsPerHost: 1_000}

// ServeHTTP is the endpoint as a server. It is not counted.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(e.token(e.tokens.Add(1)))
}

// serve takes the time that an answer takes.
func (e *endpoint) serve(ctx context.Context) error {
	return sleep(ctx, time.Duration(e.latency.Load()))
}

func (e *endpoint) grant(req *http.Request) *http.Response {
	wait, ok := time.Duration(0), !e.down.Load()
	if c := e.capacity.Load(); ok && c != nil {
		wait, ok = c.take(time.Now())
	}
	if !ok {
		e.refused.Add(1)
		return answer(req, http.StatusServiceUnavailable, []byte(`{"error":"temporarily_unavailable"}`))
	}
	if err := sleep(req.Context(), wait); err != nil {
		e.refused.Add(1)
		return answer(req, http.StatusServiceUnavailable, nil)
	}
	return answer(req, http.StatusOK, e.token(e.tokens.Add(1)))
}

// token returns the answer that brings token number n.
func (e *endpoint) token(n int64) []byte {
	life := time.Duration(e.life.Load())
	b := make([]byte, 0, tokenLength+128)
	b = append(b, `{"access_token":"`...)
	number := strconv.AppendInt(nil, n, 10)
	b = append(b, padding[:tokenLength-len(number)]...)
	b = append(b, number...)
	b = append(b, `","token_type":"Bearer","expires_in":`...)
	b = strconv.AppendInt(b, int64(math.Ceil(life.Seconds())), 10)
	return append(b, '}')
}

var padding = strings.Repeat("x", tokenLength)

// metadata is what MSAL asks for before its first token request of a tenant. It is
// not counted as a request.
var metadata = []byte(`{"authorization_endpoint":"https://login.example/tenant/oauth2/v2.0/authorize",` +
	`"token_endpoint":"` + tokenURL + `","issuer":"https://login.microsoftonline.com/tenant/v2.0"}`)

func answer(req *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		StatusCode:    status,
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}

// shortestGap returns the shortest time between two requests; zero: there were none.
func (e *endpoint) shortestGap() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.shortest
}

// count begins a new count.
func (e *endpoint) count() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last, e.shortest = time.Time{}, 0
	for _, n := range []*atomic.Int64{&e.requests, &e.refused, &e.tokens, &e.most} {
		n.Store(0)
	}
}

// mint gets a token as all entrants do that have no grant of their own: by the
// client credentials of golang.org/x/oauth2.
func (e *endpoint) mint(ctx context.Context) (*oauth2.Token, error) {
	began := time.Now()
	c := clientcredentials.Config{
		ClientID:     "client",
		ClientSecret: "secret",
		TokenURL:     tokenURL,
		AuthStyle:    oauth2.AuthStyleInHeader,
	}
	t, err := c.Token(context.WithValue(ctx, oauth2.HTTPClient, e.client()))
	if err != nil {
		return nil, err
	}
	// expires_in is in whole seconds, the lives of some scenarios are not.
	t.Expiry = began.Add(time.Duration(e.life.Load()))
	return t, nil
}

// renewEvery gives tokens a life that has somebody who renews them early, before their
// expiry, do so as often as the options ask.
func (e *endpoint) renewEvery(early time.Duration, o options) {
	if o.renewEvery > 0 {
		e.life.Store(int64(early + o.renewEvery))
	}
}

// capacity is an endpoint that serves so many requests a second, one after another,
// and refuses who finds too many waiting.
type capacity struct {
	every   time.Duration // from one answer to the next
	backlog int           // who finds more waiting is refused

	mu   sync.Mutex // guards next
	next time.Time  // when the next request would be answered
}

// take returns how long a request that has come now waits, and false if it is refused.
func (c *capacity) take(now time.Time) (wait time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next.Before(now) {
		c.next = now
	}
	wait = c.next.Sub(now)
	if wait > time.Duration(c.backlog)*c.every {
		return 0, false
	}
	c.next = c.next.Add(c.every)
	return wait, true
}

// sleep returns nil after d, or the error of ctx if that is over first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
