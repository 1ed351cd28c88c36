package sessions

import (
	"net/http"
	"strings"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// Persistent goes on with the tokens of a login by their refresh token (RFC 6749,
// section 6). Each refresh token is spent once, and its successor saved before
// anybody is given the new access token.
//
// t is what the login has left: Access, Refresh, Issued and Expiry are required.
// The zero Token: only what the store has. One that is partly filled, or whose Type
// is neither empty nor Bearer, is ErrInvalid. The store's record wins unless there is none or t
// was issued later; over a record of a revoked or dead session, t wins only if it
// was issued after that was written, so a restart with an old token undoes no Revoke.
func Persistent(e Endpoint, t messages.Token) Kind { return once(&persistent{"Persistent", &e, &t}) }

type persistent struct {
	kindName
	endpoint *Endpoint
	token    *messages.Token
}

func (k *persistent) plan() (*plan, error) {
	if err := checkPair(*k.token); err != nil {
		return nil, err
	}
	if err := k.endpoint.check(); err != nil {
		return nil, err
	}
	rules := actor.Rules{
		OneTime:        true,
		Human:          true,
		RenewalRevokes: k.endpoint.RenewalRevokes,
		ReuseGrace:     k.endpoint.ReuseGrace,
		Given:          *k.token,
		Exchanging:     actor.ByRequest,
	}
	return newPlan("persistent", *k.endpoint, rules, grant{form: refreshForm}), nil
}

// checkPair accepts no token and a whole one.
func checkPair(t messages.Token) error {
	if isNothing(t) {
		return nil
	}
	if err := checkAccess(t); err != nil {
		return err
	}
	switch {
	case t.Refresh == "":
		return messages.Invalid("Token.Refresh", "is empty")
	case t.Issued.IsZero():
		return messages.Invalid("Token.Issued", "is missing")
	case t.Expiry.IsZero():
		return messages.Invalid("Token.Expiry", "is missing")
	case !t.Expiry.After(t.Issued):
		return messages.Invalid("Token.Expiry", "is not after Token.Issued")
	}
	return nil
}

// checkAccess accepts what can be put into a header.
func checkAccess(t messages.Token) error {
	switch {
	case t.Access == "":
		return messages.Invalid("Token.Access", "is empty")
	case !wire.ValidHeader(http.Header{"Authorization": {t.Access.Reveal()}}):
		return messages.Invalid("Token.Access", "has a character that no header can have")
	case t.Type != "" && !strings.EqualFold(t.Type, "bearer"):
		return messages.Invalid("Token.Type", "is not Bearer")
	}
	return nil
}

func isNothing(t messages.Token) bool {
	return t.IsZero() && t.Type == "" && t.Issued.IsZero() && t.Expiry.IsZero() && t.RefreshExpiry.IsZero() &&
		len(t.Scopes) == 0 && len(t.Extra) == 0
}

func refreshForm(m actor.Mint) []wire.Field {
	return []wire.Field{
		{Name: "grant_type", Value: "refresh_token"},
		{Name: "refresh_token", Value: m.Refresh.Reveal()},
	}
}
