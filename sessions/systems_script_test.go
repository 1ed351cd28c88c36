package sessions_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// script is a server that answers the first request with its first line, the
// second with its second, and nothing that is not in it.
type script struct {
	t     *testing.T
	start time.Time

	mu    sync.Mutex // guards the fields below
	lines []line
	took  []taken
}

// line is one answer of a script.
type line func(*http.Request) (*http.Response, error)

// taken is a request that a script has taken.
type taken struct {
	at          time.Duration
	method, url string
	header      http.Header
	body        string
}

// answersWith adds lines to the script.
func (s *script) answersWith(lines ...line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, lines...)
}

// RoundTrip takes a request and plays the next line.
func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.took = append(s.took, taken{time.Since(s.start), r.Method, r.URL.String(), r.Header.Clone(), string(body)})
	next := unforeseen
	if len(s.lines) > 0 {
		next, s.lines = s.lines[0], s.lines[1:]
	}
	s.mu.Unlock()
	return next(r)
}

// unforeseen is what is not in the script. That it was asked for is seen by sent.
func unforeseen(*http.Request) (*http.Response, error) {
	return says(http.StatusTeapot, `{"error":"this_is_not_in_the_script"}`)
}

// isOver checks that the whole script was played.
func (s *script) isOver() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.lines); n > 0 {
		s.t.Errorf("%d lines of the script were not played", n)
	}
}

// takes returns the requests since the last look.
func (s *script) takes() []taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := s.took
	s.took = nil
	return took
}

// sent checks all requests since the last look, whole and in their order.
func (s *script) sent(want ...string) {
	s.t.Helper()
	var got []string
	for _, r := range s.takes() {
		got = append(got, r.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// signedPart is what no two requests have alike.
var signedPart = regexp.MustCompile(`\bassertion=[^&]+`)

// String is the request in one line; where it is one of an address, with that.
func (r taken) String() string {
	text := r.method + " " + r.url + " " + signedPart.ReplaceAllString(r.body, "assertion=JWT")
	if ip := r.header.Get("X-Forwarded-For"); ip != "" {
		text += " for " + ip
	}
	return text
}

// hands grants an hour to an access token, as Box does.
func hands(access string) line {
	return tells(http.StatusOK, fmt.Sprintf(
		`{"access_token":%q,"expires_in":3600,"restricted_to":[],"token_type":"bearer"}`, access))
}

// handsPair grants an hour and a refresh token.
func handsPair(access, refresh string) line {
	return tells(http.StatusOK, fmt.Sprintf(
		`{"access_token":%q,"expires_in":3600,"restricted_to":[],"refresh_token":%q,"token_type":"bearer"}`, access, refresh))
}

// handsDown grants an hour to a token that was exchanged for another.
func handsDown(access string) line {
	return tells(http.StatusOK, fmt.Sprintf(`{"access_token":%q,"expires_in":3600,"restricted_to":[],"token_type":"bearer",`+
		`"issued_token_type":"urn:ietf:params:oauth:token-type:access_token"}`, access))
}

// tells is an answer as it is on the wire.
func tells(status int, body string, header ...string) line {
	return func(*http.Request) (*http.Response, error) { return says(status, body, header...) }
}

// denies says that the grant is no longer good.
var denies = tells(http.StatusBadRequest,
	`{"error":"invalid_grant","error_description":"Refresh token has expired"}`, "Www-Authenticate", `Bearer realm="Service"`)

// isDown is a server that nobody listens at.
func isDown(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// saysNothing takes the request and keeps silent for as long as it is waited for.
func saysNothing(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

// after plays a line a while later.
func after(d time.Duration, l line) line {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(d):
			return l(r)
		case <-r.Context().Done():
			return nil, context.Cause(r.Context())
		}
	}
}

// meanwhile has something happen before a line is played.
func meanwhile(what func(), l line) line {
	return func(r *http.Request) (*http.Response, error) {
		what()
		return l(r)
	}
}

// times plays a line n times.
func times(n int, l line) []line {
	lines := make([]line, n)
	for i := range lines {
		lines[i] = l
	}
	return lines
}
