package sessions

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// Post authenticates the client by the form fields client_id and client_secret,
// which come last.
func Post(secret string) ClientAuth { return post{Secret: messages.Secret(secret)} }

// post has an exported field so that package fmt asks its Secret how to print.
type post struct{ Secret messages.Secret }

func (p post) check() error { return checkSecret(p.Secret) }

func (p post) credentials(_ time.Time, e Endpoint) (wire.Credentials, error) {
	return wire.Credentials{Fields: []wire.Field{
		{Name: "client_id", Value: e.ClientID},
		{Name: "client_secret", Value: p.Secret.Reveal()},
	}}, nil
}
