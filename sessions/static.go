package sessions

import (
	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/messages"
)

// Static gives out the token that it was given, such as a developer's, until it
// ends: after t.Expiry, or where that is zero once a resource server has refused it
// (Reject), every ask is ErrLoginRequired. Refresh is ErrNotSupported.
//
// Access is required; Type, if there is one, is Bearer, and a token with a Refresh
// is one for Persistent: both are ErrInvalid. Without Issued, a token takes the
// place of any other but undoes no Revoke. The zero Endpoint will do; Exchange and Revoke
// are ErrNotSupported then.
func Static(e Endpoint, t messages.Token) Kind { return once(&static{"Static", &e, &t}) }

type static struct {
	kindName
	endpoint *Endpoint
	token    *messages.Token
}

func (k *static) plan() (*plan, error) {
	if err := checkAccess(*k.token); err != nil {
		return nil, err
	}
	switch t := k.token; {
	case t.Refresh != "":
		return nil, messages.Invalid("Token.Refresh", "is of no use to Static")
	case !t.Expiry.IsZero() && !t.Issued.IsZero() && !t.Expiry.After(t.Issued):
		return nil, messages.Invalid("Token.Expiry", "is not after Token.Issued")
	}
	rules := actor.Rules{Human: true, Given: *k.token}
	if !k.endpoint.isNothing() {
		if err := k.endpoint.check(); err != nil {
			return nil, err
		}
		rules.Exchanging = actor.ByRequest
	}
	return newPlan("static", *k.endpoint, rules, grant{}), nil
}

// isNothing reports whether there is no authorization server.
func (e Endpoint) isNothing() bool {
	return e.TokenURL == "" && e.RevokeURL == "" && e.ClientID == "" && e.Auth == nil
}
