package main

import (
	"net/http"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// exchanging puts on each request a token that the session's was exchanged for: one
// that can do less.
type exchanging struct {
	session *sessions.Session
	want    messages.Exchange
	base    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (e *exchanging) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := e.session.Exchange(req.Context(), e.want)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token.Access.Reveal())
	resp, err := e.base.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		// The next request gets another one. If it is not believed, an earlier refusal was.
		_ = e.session.Reject(req.Context(), token.Access.Reveal(), errTokenRefused)
	}
	return resp, err
}
