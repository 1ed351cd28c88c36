package sessions

import "github.com/holdfast-go/holdfast/actor"

// ClientToken is client credentials (RFC 6749, section 4.4) for the client itself,
// as Caspio answers them: Session.Token has the whole answer, a refresh token
// included, which nothing here spends. Its sessions need no human, and each renewal is
// a new grant, which leaves the tokens of those before it alone. Exchange is
// ErrNotSupported.
func ClientToken(e Endpoint) Kind { return once(&clientToken{"ClientToken", &e}) }

type clientToken struct {
	kindName
	endpoint *Endpoint
}

func (k *clientToken) plan() (*plan, error) {
	if err := k.endpoint.check(); err != nil {
		return nil, err
	}
	return newPlan("client_token", *k.endpoint, actor.Rules{}, grant{form: clientCredentialsForm}), nil
}
