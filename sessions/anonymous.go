package sessions

import (
	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
)

// Anonymous is client credentials (RFC 6749, section 4.4) for the client itself.
// Its sessions need no human, and each renewal is a new grant.
func Anonymous(e Endpoint) Kind { return once(&anonymous{"Anonymous", &e}) }

type anonymous struct {
	kindName
	endpoint *Endpoint
}

func (k *anonymous) plan() (*plan, error) {
	if err := k.endpoint.check(); err != nil {
		return nil, err
	}
	return newPlan("anonymous", *k.endpoint, actor.Rules{Exchanging: actor.OwnToken}, grant{form: clientCredentialsForm}), nil
}

func clientCredentialsForm(actor.Mint) []wire.Field {
	return []wire.Field{{Name: "grant_type", Value: "client_credentials"}}
}
