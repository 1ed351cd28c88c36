package simulate

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"testing/iotest"
	"time"
)

// ServeHTTP answers POST /token and POST /revoke as an authorization server does. Put
// the server into an httptest.Server where what you test makes real requests.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	defer s.begin(req)()
	resp := s.handle(req)
	defer func() { _ = resp.Body.Close() }()
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body) // a client that has left cannot be told
}

// RoundTrip answers as ServeHTTP does, without a network and whatever the request's host.
// It is what the HTTPClient of [Server.Endpoint] goes through.
func (s *Server) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.WithContext(req.Context()) // the caller's own must not be changed
	if err := req.Context().Err(); err != nil {
		_, _ = formOf(req) // closes the body
		return nil, err
	}
	defer s.begin(req)()
	return s.handle(req), nil
}

// begin notes that a request is under way, and returns what notes that it no longer is,
// however often that is called. It leaves req with its body.
func (s *Server) begin(req *http.Request) (end func()) {
	if req.URL.Path != tokenPath {
		return func() {}
	}
	form, _ := formOf(req) // handle will say what is wrong with it
	s.mu.Lock()
	defer s.mu.Unlock()
	s.books.requests++
	p := s.find(refreshPrefix, form.Get("refresh_token"))
	if p == nil || form.Get("grant_type") != "refresh_token" {
		return func() {}
	}
	s.books.enter(p.grant, s.clock.Now())
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.grant.under--
	})
}

// formOf reads the form of a request, and leaves the request with its body, or with the
// error that came of reading it.
func formOf(req *http.Request) (url.Values, error) {
	if req.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		req.Body = io.NopCloser(iotest.ErrReader(err))
		return nil, err
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return url.ParseQuery(string(body))
}

// handle does what a request asks for, in one instant.
func (s *Server) handle(req *http.Request) *http.Response {
	form, err := formOf(req)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	return s.answer(req, form, err, now).response(req, now)
}

// answer is what the server says to a request whose form could be read, or brought err.
// Who calls it, or what it calls, holds s.mu.
func (s *Server) answer(req *http.Request, form url.Values, err error, now time.Time) answer {
	path := req.URL.Path
	switch {
	case s.broken != 0:
		return answer{status: s.broken}
	case path != tokenPath && path != revokePath:
		return answer{status: http.StatusNotFound}
	case req.Method != http.MethodPost:
		return answer{status: http.StatusMethodNotAllowed}.with("Allow", http.MethodPost)
	case err != nil:
		return invalid("the form cannot be read")
	case !isClient(req, form):
		return refuses(http.StatusUnauthorized, "invalid_client", "the client is unknown, or its secret is wrong").
			with("WWW-Authenticate", "Basic")
	case path == revokePath:
		return s.revocation(form, now)
	}
	return s.token(form, now)
}

// isClient reports whether a request is the client's, by Basic, by its form, or by no
// more than its client_id. An assertion is believed.
func isClient(req *http.Request, form url.Values) bool {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, ok := req.BasicAuth(); ok {
		id, secret = user, password
	}
	if id == "" && form.Has("client_assertion") {
		return true
	}
	return id == clientID && (secret == "" || secret == clientSecret)
}
