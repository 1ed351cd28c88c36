package simulate

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// token answers a request to the token endpoint. Who calls it, or what it calls, holds
// s.mu.
func (s *Server) token(form url.Values, now time.Time) answer {
	if wait := s.limited(now); wait > 0 {
		return tooMany(wait)
	}
	switch form.Get("grant_type") {
	case "":
		return invalid("grant_type is missing")
	case "refresh_token":
		return s.refresh(form, now)
	case "client_credentials":
		return s.newGrant(subjectOf(form), form, now)
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		return s.assertion(form, now)
	case "urn:ietf:params:oauth:grant-type:token-exchange":
		return s.exchange(form, now)
	}
	return denies("unsupported_grant_type", "the server does not know this grant")
}

// limited counts a token request, or returns how long it is too early.
func (s *Server) limited(now time.Time) time.Duration {
	if s.terms.rate <= 0 {
		return 0
	}
	every := time.Duration(float64(time.Second) / s.terms.rate)
	if s.due.Before(now) {
		s.due = now
	}
	// Those of one second may come at once.
	if early := s.due.Sub(now) - max(time.Second-every, 0); early > 0 {
		return early
	}
	s.due = s.due.Add(every)
	return 0
}

func (s *Server) refresh(form url.Values, now time.Time) answer {
	if form.Get("refresh_token") == "" {
		return invalid("refresh_token is missing")
	}
	p, why := s.spend(s.find(refreshPrefix, form.Get("refresh_token")), now)
	if p == nil {
		return denies("invalid_grant", why)
	}
	return s.gives(p, form, now)
}

// newGrant grants an access token without a refresh token.
func (s *Server) newGrant(subject string, form url.Values, now time.Time) answer {
	s.books.renewals[subject]++
	return s.gives(s.renew(s.begins(subject), now, false), form, now)
}

func (s *Server) assertion(form url.Values, now time.Time) answer {
	if form.Get("assertion") == "" {
		return invalid("assertion is missing")
	}
	return s.newGrant(subjectIn(form.Get("assertion")), form, now)
}

// exchange gives an access token for another one, of the same grant.
func (s *Server) exchange(form url.Values, now time.Time) answer {
	subject := s.find(accessPrefix, form.Get("subject_token"))
	if s.whyInvalid(subject, now) != nil {
		// "If either the "subject_token" or "actor_token" are invalid for any reason,
		// or are unacceptable based on policy, the authorization server MUST construct
		// an error response [...]. The value of the "error" parameter MUST be the
		// "invalid_request" error code."
		// https://www.rfc-editor.org/rfc/rfc8693#section-2.2.2
		return invalid("the subject_token is not valid")
	}
	p := s.issue(subject.grant, now)
	p.exchanged = true
	return s.gives(p, form, now)
}

// subjectOf returns whom client credentials are for.
func subjectOf(form url.Values) string {
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if strings.HasSuffix(name, "_id") && name != "client_id" {
			return form.Get(name)
		}
	}
	return clientID
}

// subjectIn returns whom an assertion is for.
func subjectIn(assertion string) string {
	var claims struct {
		Subject string `json:"sub"`
	}
	_, rest, _ := strings.Cut(assertion, ".")
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(text, &claims) != nil || claims.Subject == "" {
		return clientID
	}
	return claims.Subject
}

// revocation answers a request to the revocation endpoint.
func (s *Server) revocation(form url.Values, now time.Time) answer {
	if form.Get("token") == "" {
		return invalid("token is missing")
	}
	s.revoke(form.Get("token"), now)
	return answer{status: http.StatusOK}
}
