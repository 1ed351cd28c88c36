package sessions

import (
	"fmt"
	"io"
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
)

// Post authenticates the client by the form fields client_id and client_secret,
// which come last.
func Post(secret string) ClientAuth { return &post{secret: hide(secret)} }

type post struct{ secret hidden }

func (p *post) check() error { return checkSecret(p.secret) }

func (p *post) credentials(_ time.Time, e Endpoint) (wire.Credentials, error) {
	return wire.Credentials{Fields: []wire.Field{
		{Name: "client_id", Value: e.ClientID},
		{Name: "client_secret", Value: p.secret.Reveal()},
	}}, nil
}

// Format names the way, whatever the verb.
func (*post) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "Post") }
