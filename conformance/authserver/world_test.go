package authserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// A world is a server, a clock that only moves when told, and a client.
type world struct {
	*authserver.Server
	t    *testing.T
	http *http.Client
	cfg  authserver.Config // of a server that keeps its books

	mu  sync.Mutex // guards now
	now time.Time
}

// open starts a server on loopback. It does not start on a whole second, as real
// ones do not.
func open(t *testing.T, cfg authserver.Config) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2031, 5, 17, 12, 0, 0, 250e6, time.UTC)}
	cfg.Now = w.clock
	srv, err := authserver.Start(cfg)
	w.use(srv, err, &http.Transport{})
	return w
}

// openInBubble starts a server without sockets, for a synctest bubble. Its clock
// is the bubble's.
func openInBubble(t *testing.T, cfg authserver.Config) *world {
	t.Helper()
	pipe := newPipe()
	w := &world{t: t}
	srv, err := authserver.StartOn(pipe, cfg)
	w.use(srv, err, &http.Transport{DialContext: pipe.dial})
	return w
}

func (w *world) use(srv *authserver.Server, err error, transport *http.Transport) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	w.Server, w.http = srv, &http.Client{Transport: transport}
	w.t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			w.t.Errorf("Close: %v", err)
		}
	})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// An answer is what an endpoint said; its tokens are kept out of test output.
type answer struct {
	status     int
	retryAfter string
	access     string
	refresh    string
	body       struct {
		ExpiresIn  int    `json:"expires_in"`
		Type       string `json:"token_type"`
		Issued     string `json:"issued_token_type"`
		Scope      string `json:"scope"`
		Code       string `json:"error"`
		Active     bool   `json:"active"`
		Subject    string `json:"sub"`
		Expiry     int64  `json:"exp"`
		Generation int    `json:"generation"`
	}
}

var errNoAnswer = errors.New("no answer")

// try posts a form of alternating names and values as the default client,
// unless the form names another one.
func (w *world) try(ctx context.Context, path string, fields ...string) (answer, error) {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !form.Has("client_id") && !form.Has("client_assertion") {
		req.SetBasicAuth("client", "secret")
	}
	res, err := w.http.Do(req)
	if err != nil {
		return answer{}, errors.Join(errNoAnswer, err)
	}
	defer func() { _ = res.Body.Close() }()
	return read(res)
}

func read(res *http.Response) (answer, error) {
	a := answer{status: res.StatusCode, retryAfter: res.Header.Get("Retry-After")}
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		return a, nil
	}
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	var raw json.RawMessage
	err := errors.Join(
		json.NewDecoder(res.Body).Decode(&raw), json.Unmarshal(raw, &a.body), json.Unmarshal(raw, &tokens))
	a.access, a.refresh = tokens.Access, tokens.Refresh
	return a, err
}

func (w *world) post(path string, fields ...string) answer {
	w.t.Helper()
	a, err := w.try(w.t.Context(), path, fields...)
	if err != nil {
		w.t.Fatalf("post %s: %v", path, err)
	}
	return a
}

func (w *world) ask(grantType string, fields ...string) answer {
	w.t.Helper()
	return w.post(authserver.TokenPath, append([]string{"grant_type", grantType}, fields...)...)
}

func (w *world) renew(refresh string) answer {
	w.t.Helper()
	return w.ask(authserver.RefreshToken, "refresh_token", refresh)
}

func (w *world) revoke(token string) answer {
	w.t.Helper()
	return w.post(authserver.RevokePath, "token", token)
}

func (w *world) login(subject string, scopes ...string) authserver.Pair {
	w.t.Helper()
	pair, err := w.Login("client", subject, scopes...)
	if err != nil {
		w.t.Fatal(err)
	}
	return pair
}

// expectVerdict fails the test unless Verify answers with want; nil: alive.
func (w *world) expectVerdict(what, access string, want error) {
	w.t.Helper()
	if _, err := w.Verify(access); !errors.Is(err, want) {
		w.t.Errorf("%s: Verify says %v, want %v", what, err, want)
	}
}

func (w *world) expectIssued(what string, a answer) {
	w.t.Helper()
	if a.status != http.StatusOK || a.access == "" {
		w.t.Fatalf("%s: status %d, error %q, want an access token", what, a.status, a.body.Code)
	}
}

func (w *world) expectDenied(what string, a answer, code string) {
	w.t.Helper()
	if a.body.Code != code {
		w.t.Errorf("%s: status %d, error %q, want %q", what, a.status, a.body.Code, code)
	}
}

// A pipe is a listener whose connections are net.Pipes: a bubble knows when
// nobody reads from one.
type pipe struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipe() *pipe { return &pipe{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipe) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipe) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return "pipe.test" }
