package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// api is the resource server. It serves /<tenant>/… to whoever has a token of that
// tenant, and asks who gave it out about every token, so that one that has run out or
// was revoked a moment ago is refused.
type api struct {
	verify  func(tenant, accessToken string) (subject string, err error)
	refused func(tenant string, why error) // told of every token that is refused
}

var errOtherTenant = errors.New("the access token is another tenant's")

// ServeHTTP implements http.Handler.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if err := a.check(r.Header.Get("Authorization"), tenant); err != nil {
		a.refused(tenant, err)
		// https://www.rfc-editor.org/rfc/rfc6750#section-3
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="api", error="invalid_token", error_description=%q`, err))
		http.Error(w, "unauthorized", http.StatusUnauthorized)
		return
	}
	_, _ = fmt.Fprintf(w, "the %s of %s\n", rest, tenant)
}

func (a *api) check(authorization, tenant string) error {
	subject, err := a.verify(tenant, strings.TrimPrefix(authorization, "Bearer "))
	if err == nil && subject != tenant {
		return errOtherTenant
	}
	return err
}
