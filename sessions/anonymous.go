package sessions

import (
	"fmt"
	"io"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
)

// Anonymous is client credentials (RFC 6749, section 4.4) for the client itself.
// Its sessions need no human, and each renewal is a new grant.
func Anonymous(e Endpoint) Kind { return &anonymous{endpoint: &e} }

type anonymous struct{ endpoint *Endpoint }

func (k *anonymous) plan() (plan, error) {
	if err := k.endpoint.check(); err != nil {
		return plan{}, err
	}
	return newPlan("anonymous", *k.endpoint, actor.Rules{}, clientCredentialsForm), nil
}

// String names the kind.
func (*anonymous) String() string { return "Anonymous" }

// Format writes String, whatever the verb.
func (k *anonymous) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

func clientCredentialsForm(actor.Mint) []wire.Field {
	return []wire.Field{{Name: "grant_type", Value: "client_credentials"}}
}
