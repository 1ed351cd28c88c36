package authserver

import (
	"context"
	"slices"
	"strings"

	"github.com/luikyv/go-oidc/pkg/goidc"
)

// exchange judges a token exchange: the subject token has to be a live access
// token of ours, and the scopes asked for have to be among its own, if it has
// any. The actor token is not looked at.
func (s *Server) exchange(ctx context.Context, req goidc.TokenExchangeRequest) (goidc.TokenExchangeResult, error) {
	claims, err := s.Verify(req.SubjectToken)
	if err != nil {
		// "If the request itself is not valid or if either the subject_token or
		// actor_token are invalid [...] The value of the error parameter MUST be
		// the invalid_request error code."
		// https://www.rfc-editor.org/rfc/rfc8693#section-2.2.2
		return goidc.TokenExchangeResult{}, goidc.WrapError(goidc.ErrorCodeInvalidRequest, "invalid subject_token", err)
	}
	a := attemptIn(ctx)
	if len(claims.Scopes) > 0 && !contains(claims.Scopes, strings.Fields(a.form.Get("scope"))) {
		return goidc.TokenExchangeResult{}, goidc.NewError(goidc.ErrorCodeInvalidScope, "wider than the subject token")
	}
	a.parent = claims.GrantID
	a.parentScopes = strings.Join(claims.Scopes, " ")
	return goidc.TokenExchangeResult{Subject: claims.Subject}, nil
}

func contains(all, some []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}
