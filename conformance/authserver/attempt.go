package authserver

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/luikyv/go-oidc/pkg/goidc"
)

// The grant types, as they are sent and as they are counted.
const (
	ClientCredentials = "client_credentials"
	RefreshToken      = "refresh_token"
	TokenExchange     = "urn:ietf:params:oauth:grant-type:token-exchange"
	JWTBearer         = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// An attempt is one request on its way through go-oidc: what our callbacks tell
// each other. It travels in the request's context; only the goroutine that
// serves the request touches it.
type attempt struct {
	form         url.Values
	client       string // the ID it claims
	presented    string // the refresh token that go-oidc has looked up
	parent       string // the family that an exchange comes from
	parentScopes string
	generation   int    // of the family, after this attempt
	code         string // why it was denied; empty: it was not
}

type attemptKey struct{}

func newAttempt(r *http.Request) *attempt {
	_ = r.ParseForm() // go-oidc finds the parameters missing, and says so
	a := &attempt{form: r.PostForm, client: r.PostForm.Get("client_id")}
	if id, _, ok := r.BasicAuth(); ok {
		a.client = id
	}
	return a
}

// attemptIn returns the attempt that ctx belongs to. Where there is none, as in
// a Login, it is empty.
func attemptIn(ctx context.Context) *attempt {
	if a, ok := ctx.Value(attemptKey{}).(*attempt); ok {
		return a
	}
	return &attempt{}
}

func (a *attempt) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, attemptKey{}, a)
}

func (a *attempt) grantType() string { return a.form.Get("grant_type") }

// subject is whom client credentials are asked for; empty: the client itself.
func (a *attempt) subject() string { return a.form.Get("box_subject_id") }

// about names what a is about, so that attempts for the same thing can be
// counted; empty: nothing that is known here.
func (a *attempt) about(s *store) string {
	switch a.grantType() {
	case RefreshToken:
		return s.familyOf(a.form.Get("refresh_token"))
	case ClientCredentials:
		return a.client + " " + a.subject()
	case TokenExchange:
		return a.form.Get("subject_token")
	case JWTBearer:
		return a.client + " " + claimedSubject(a.form.Get("assertion"))
	}
	return ""
}

// claimedSubject is the sub of an assertion that nobody has verified yet.
func claimedSubject(assertion string) string {
	var claims jwt.Claims
	if t, err := jwt.ParseSigned(assertion, assertionAlgorithms); err == nil {
		_ = t.UnsafeClaimsWithoutVerification(&claims)
	}
	return claims.Subject
}

// noteError is told by go-oidc of every error that it answers with.
func noteError(ctx context.Context, err error) {
	code := goidc.ErrorCodeInternalError
	if e, ok := errors.AsType[goidc.Error](err); ok {
		code = e.Code
	}
	attemptIn(ctx).code = string(code)
}

// internal reports whether a was answered with an error that is not a denial.
func (a *attempt) internal() bool { return a.code == string(goidc.ErrorCodeInternalError) }
