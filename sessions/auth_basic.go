package sessions

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// Basic authenticates the client by an Authorization header with its ID and
// secret as they are, which is what most servers expect. See BasicEncoded.
func Basic(secret string) ClientAuth { return basic{Secret: messages.Secret(secret)} }

// BasicEncoded is Basic with ID and secret form-urlencoded before, as RFC 6749,
// section 2.3.1 has it. It matters for those with characters other than letters,
// digits, "-", "." and "_".
func BasicEncoded(secret string) ClientAuth {
	return basic{Secret: messages.Secret(secret), Encoded: true}
}

// basic has exported fields so that package fmt asks its Secret how to print.
type basic struct {
	Secret  messages.Secret
	Encoded bool
}

func (b basic) check() error { return checkSecret(b.Secret) }

func (b basic) credentials(_ time.Time, e Endpoint) (wire.Credentials, error) {
	header := wire.RawBasic
	if b.Encoded {
		header = wire.EncodedBasic
	}
	return wire.Credentials{Authorization: header(e.ClientID, b.Secret.Reveal())}, nil
}
