package sessions

import (
	"fmt"
	"io"
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// Basic authenticates the client by an Authorization header with its ID and
// secret as they are, which is what most servers expect. See BasicEncoded.
func Basic(secret string) ClientAuth { return &basic{secret: hide(secret), header: wire.RawBasic} }

// BasicEncoded is Basic with ID and secret form-urlencoded before, as RFC 6749,
// section 2.3.1 has it. It matters for those with characters other than letters,
// digits, "-", "." and "_".
func BasicEncoded(secret string) ClientAuth {
	return &basic{secret: hide(secret), header: wire.EncodedBasic}
}

type basic struct {
	secret hidden
	header func(id, secret string) messages.Secret
}

func (b *basic) check() error { return checkSecret(b.secret) }

func (b *basic) credentials(_ time.Time, e Endpoint) (wire.Credentials, error) {
	return wire.Credentials{Authorization: b.header(e.ClientID, b.secret.Reveal())}, nil
}

// Format names the way, whatever the verb.
func (*basic) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "Basic") }
