package sessions

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// Exchange asks the token endpoint for a token in exchange for the session's
// access token.
func (r *requests) Exchange(ctx context.Context, now time.Time, x actor.Exchange) (messages.Token, error) {
	at := r.skew.stamp(now)
	form := append(exchangeForm(x), r.endpoint.extra()...)
	req, err := r.request(at, r.endpoint.TokenURL, form)
	if err != nil {
		return messages.Token{}, err
	}
	req.ClientIP, req.Attempt, req.AnyType = x.ClientIP, x.Attempt, true
	token, err := r.client.Token(ctx, now, req)
	return token, r.skew.heard(at, *req.Date, err)
}

// exchangeForm has the fields of RFC 8693, section 2.1, in the order of Box's
// software development kits.
func exchangeForm(x actor.Exchange) []wire.Field {
	form := []wire.Field{
		{Name: "grant_type", Value: "urn:ietf:params:oauth:grant-type:token-exchange"},
		{Name: "subject_token_type", Value: "urn:ietf:params:oauth:token-type:access_token"},
		{Name: "subject_token", Value: x.Subject.Reveal()},
		{Name: "scope", Value: strings.Join(x.For.Scopes, " ")},
		{Name: "resource", Value: x.For.Resource},
		{Name: "audience", Value: x.For.Audience},
		{Name: "box_shared_link", Value: x.For.SharedLink},
	}
	if a := x.For.Actor; a != nil {
		form = append(form,
			wire.Field{Name: "actor_token", Value: a.Token.Reveal()},
			wire.Field{Name: "actor_token_type", Value: a.Type})
	}
	return form
}

// ownExchange returns a copy that the caller cannot change: its request may go on
// when he has left.
func ownExchange(x messages.Exchange) messages.Exchange {
	x.Scopes = slices.Clone(x.Scopes)
	if x.Actor != nil {
		who := *x.Actor
		x.Actor = &who
	}
	return x
}

func (r *requests) checkExchange(x messages.Exchange) error {
	if x.SharedLink != "" && r.endpoint.SubjectFields == [2]string{} {
		return messages.Invalid("Exchange.SharedLink", "is Box's own, and the endpoint has no SubjectFields")
	}
	return checkExchange(x)
}

// checkExchange returns ErrInvalid naming the field that is wrong.
func checkExchange(x messages.Exchange) error {
	if len(x.Scopes) == 0 && x.Resource == "" && x.Audience == "" && x.SharedLink == "" {
		return messages.Invalid("Exchange", "has neither Scopes, Resource, Audience nor SharedLink")
	}
	for _, scope := range x.Scopes {
		if !isScope(scope) {
			return messages.Invalid("Exchange.Scopes", "has a scope that is empty or holds a space, a quote or a backslash")
		}
	}
	if x.Resource != "" && !isAbsolute(x.Resource) {
		return messages.Invalid("Exchange.Resource", "is not an absolute URI without a fragment")
	}
	if a := x.Actor; a != nil {
		switch {
		case a.Token == "":
			return messages.Invalid("Exchange.Actor.Token", "is empty")
		case a.Type == "":
			return messages.Invalid("Exchange.Actor.Type", "is empty")
		}
	}
	return nil
}

// isAbsolute reports whether raw is what RFC 8693, section 2.1, and RFC 8707,
// section 2, ask of a resource.
func isAbsolute(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.IsAbs() && !strings.Contains(raw, "#")
}
