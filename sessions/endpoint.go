package sessions

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// Endpoint is one authorization server, and one client of it. It is copied when
// a kind is made of it; do not change its maps and slices after that. What is wrong
// with it is ErrInvalid, naming the field, when a session is made. The zero
// Endpoint is wrong: TokenURL, ClientID and Auth are required.
type Endpoint struct {
	// TokenURL is the token endpoint: https, or http to a loopback address.
	// RevokeURL is the revocation endpoint (RFC 7009), likewise; empty: there is none.
	TokenURL, RevokeURL string

	// ClientID is the client's identifier.
	ClientID string

	// Auth is how the client authenticates itself. It is required: trying one
	// way and then another would spend what can be used once.
	Auth ClientAuth

	// Scopes are asked for with every new token; nil: the server's default.
	Scopes []string

	// Resource (RFC 8707) and Audience are asked for likewise; empty: none.
	Resource, Audience string

	// HTTPClient makes the requests. If nil, one of the Manager's own: TLS 1.2 or
	// newer, no proxy, no cookies. A given one is copied; its redirects are
	// refused all the same.
	HTTPClient *http.Client

	// Params are extra form fields of token requests, sorted by name; those that
	// this package sets itself are ErrInvalid. Header are extra headers of all
	// requests; those that every request has are ignored. If nil, none.
	Params url.Values
	Header http.Header

	// SubjectFields are the form fields for a Subject's Type and ID. Without
	// them a Subject is ErrInvalid.
	SubjectFields [2]string

	// RenewalRevokes: the server kills the old access token when it renews the
	// pair. The old one is then withdrawn right before, and callers wait.
	RenewalRevokes bool

	// ReuseGrace is for how long the server accepts a refresh token that has been
	// spent; zero: it does not.
	ReuseGrace time.Duration
}

// String describes the endpoint by its client and its host: the rest of a URL, the
// extra fields and the extra headers may hold secrets.
func (e Endpoint) String() string {
	return fmt.Sprintf("client %q at %s", e.ClientID, hostOf(e.TokenURL))
}

// Format writes String, whatever the verb.
func (e Endpoint) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue returns String.
func (e Endpoint) LogValue() slog.Value { return slog.StringValue(e.String()) }

// Subject is whom a client acts for, in words of the server's own, such as
// {"user", "12345"}. The zero Subject is the client itself.
type Subject struct{ Type, ID string }

// reserved are form fields that an Endpoint or a kind sets by itself.
var reserved = []string{
	"grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type",
	"refresh_token", "scope", "resource", "audience", "assertion", "token", "token_type_hint",
	"subject_token", "subject_token_type", "actor_token", "actor_token_type", "box_shared_link",
}

// check returns ErrInvalid naming the field that is wrong.
func (e Endpoint) check() error {
	if err := wire.CheckURL(e.TokenURL); err != nil {
		return messages.Invalid("Endpoint.TokenURL", err.Error())
	}
	if err := wire.CheckURL(e.RevokeURL); e.RevokeURL != "" && err != nil {
		return messages.Invalid("Endpoint.RevokeURL", err.Error())
	}
	switch {
	case e.ClientID == "":
		return messages.Invalid("Endpoint.ClientID", "is empty")
	case e.Auth == nil:
		return messages.Invalid("Endpoint.Auth", "is missing")
	case e.ReuseGrace < 0:
		return messages.Invalid("Endpoint.ReuseGrace", "is negative")
	}
	if err := e.Auth.check(); err != nil {
		return err
	}
	return e.checkFields()
}

func (e Endpoint) checkFields() error {
	for _, name := range e.SubjectFields {
		if slices.Contains(reserved, name) {
			return messages.Invalid("Endpoint.SubjectFields", fmt.Sprintf("has the field %q, which is not its own", name))
		}
	}
	for _, scope := range e.Scopes {
		if !isScope(scope) {
			return messages.Invalid("Endpoint.Scopes", "has a scope that is empty or holds a space, a quote or a backslash")
		}
	}
	for name := range e.Params {
		if name == "" || slices.Contains(reserved, name) || slices.Contains(e.SubjectFields[:], name) {
			return messages.Invalid("Endpoint.Params", fmt.Sprintf("has the field %q, which is not its own", name))
		}
	}
	if !wire.ValidHeader(e.Header) {
		return messages.Invalid("Endpoint.Header", "has a name or a value that no header can have")
	}
	return nil
}

// isScope reports whether s is a scope-token of RFC 6749, section 3.3.
func isScope(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r == '"' || r == '\\' || r > '~'
	})
}

// fields are the form fields that follow those of the grant.
func (e Endpoint) fields() []wire.Field {
	return append([]wire.Field{
		{Name: "scope", Value: strings.Join(e.Scopes, " ")},
		{Name: "resource", Value: e.Resource},
		{Name: "audience", Value: e.Audience},
	}, e.extra()...)
}

// extra are the form fields of Params, which every token request has.
func (e Endpoint) extra() []wire.Field {
	var fields []wire.Field
	for _, name := range slices.Sorted(maps.Keys(e.Params)) {
		for _, value := range e.Params[name] {
			fields = append(fields, wire.Field{Name: name, Value: value})
		}
	}
	return fields
}

// identity writes what tells the sessions of one endpoint from those of another.
func (e Endpoint) identity(d *digest) {
	d.strings(e.TokenURL, e.ClientID, e.Resource, e.Audience)
	d.list(slices.Sorted(slices.Values(e.Scopes)))
	d.length(len(e.Params))
	for _, name := range slices.Sorted(maps.Keys(e.Params)) {
		d.strings(name)
		d.list(e.Params[name])
	}
}

// hostOf returns the one part of a URL that may be shown.
func hostOf(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		return u.Host
	}
	return "nowhere"
}
