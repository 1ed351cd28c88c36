package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

// canary begins every secret of these tests, so that one can be found wherever it
// has leaked to.
const canary = "canary-"

// server plays an authorization server with single-use refresh tokens, as the
// transport of an Endpoint's HTTPClient: nothing of it is a socket.
type server struct {
	clock clockutil.Clock

	life time.Duration

	mu       sync.Mutex // guards the fields below
	behave   behaviour
	requests []request
	under    int // token requests under way
	most     int // at once
	issued   int
	family   map[string]string // refresh token → its family
	spent    map[string]bool   // refresh tokens
	ended    map[string]bool   // families and tokens
}

// request is one that the server has seen.
type request struct {
	at     time.Time
	path   string
	form   url.Values
	header http.Header
	ctx    context.Context
}

// behaviour is how the server answers.
type behaviour func(s *server, r request) (*http.Response, error)

func newServer(clock clockutil.Clock) *server {
	return &server{
		clock:  clock,
		life:   time.Hour,
		behave: grants,
		family: map[string]string{},
		spent:  map[string]bool{},
		ended:  map[string]bool{},
	}
}

// RoundTrip answers a request.
func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	r := request{at: s.clock.Now(), path: req.URL.Path, form: form, header: req.Header.Clone(), ctx: req.Context()}
	defer s.enter(r)()
	return s.now()(s, r)
}

// enter notes a request, and returns what notes its end.
func (s *server) enter(r request) (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	if r.path != "/token" {
		return func() {}
	}
	s.under++
	s.most = max(s.most, s.under)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.under--
	}
}

func (s *server) now() behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behave
}

// becomes changes how the server answers from now on.
func (s *server) becomes(b behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behave = b
}

// asked returns the requests for tokens so far.
func (s *server) asked() []request { return s.at("/token") }

// revocations returns the requests to end tokens so far.
func (s *server) revocations() []request { return s.at("/revoke") }

func (s *server) at(path string) []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []request
	for _, r := range s.requests {
		if r.path == path {
			all = append(all, r)
		}
	}
	return all
}

func (s *server) mostAtOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// logsIn is a human who leaves a refresh token behind.
func (s *server) logsIn(refresh string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.family[refresh] = refresh
}

// hasEnded reports whether the server has ended a token or its family.
func (s *server) hasEnded(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended[token] || s.ended[s.family[token]]
}

// grants is a server in good order.
func grants(s *server, r request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.path == "/revoke":
		token := r.form.Get("token")
		s.ended[token] = true
		s.ended[s.family[token]] = true
		return says(http.StatusOK, "")
	case r.form.Get("grant_type") == "refresh_token":
		return s.rotate(r.form.Get("refresh_token"))
	}
	s.issued++
	return says(http.StatusOK, fmt.Sprintf(`{"access_token":"%saccess-%d","token_type":"Bearer","expires_in":%d}`,
		canary, s.issued, int(s.life/time.Second)))
}

// rotate spends a refresh token. A second use ends the family.
func (s *server) rotate(refresh string) (*http.Response, error) {
	family, ok := s.family[refresh]
	if !ok || s.spent[refresh] || s.ended[family] {
		s.ended[family] = true
		return says(http.StatusBadRequest, `{"error":"invalid_grant"}`)
	}
	s.spent[refresh] = true
	s.issued++
	next := fmt.Sprintf("%srefresh-%d", canary, s.issued)
	s.family[next] = family
	return says(http.StatusOK, fmt.Sprintf(`{"access_token":"%saccess-%d","refresh_token":"%s","token_type":"Bearer","expires_in":%d}`,
		canary, s.issued, next, int(s.life/time.Second)))
}

// refuses is a machine on which nobody listens.
func refuses(*server, request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// isSilent takes requests and never answers them.
func isSilent(_ *server, r request) (*http.Response, error) {
	<-r.ctx.Done()
	return nil, context.Cause(r.ctx)
}

// isDeaf takes requests, never answers them, and does not notice that the client
// has gone, until somebody closes until.
func isDeaf(until <-chan struct{}) behaviour {
	return func(*server, request) (*http.Response, error) {
		<-until
		return nil, errors.New("connection reset")
	}
}

// takes is a server that needs d for each token.
func takes(d time.Duration, then behaviour) behaviour {
	return func(s *server, r request) (*http.Response, error) {
		if r.path == "/token" && !s.pause(r.ctx, d) {
			return nil, context.Cause(r.ctx)
		}
		return then(s, r)
	}
}

// panics is a transport with a bug.
func panics(*server, request) (*http.Response, error) { panic("a bug in the transport") }

// answers always says the same.
func answers(status int, body string, header ...string) behaviour {
	return func(*server, request) (*http.Response, error) { return says(status, body, header...) }
}

// pause waits by the server's clock, and reports false if ctx is over first.
func (s *server) pause(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	timer := s.clock.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}

func says(status int, body string, header ...string) (*http.Response, error) {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
}
