package sessions

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// ClientAuth is how a client authenticates itself at its authorization server:
// Basic, BasicEncoded, Post, None or PrivateKeyJWT. It prints without its secret.
type ClientAuth interface {
	// check returns ErrInvalid naming what is wrong.
	check() error

	// credentials returns what one request carries. It is called for each
	// request anew. The error is a messages.Failure.
	credentials(now time.Time, e Endpoint) (wire.Credentials, error)
}

// signing is a ClientAuth whose credentials say what time it is.
type signing interface{ signs() }

// checkSecret is for the ways that have one.
func checkSecret(s messages.Secret) error {
	if s == "" {
		return messages.Invalid("Endpoint.Auth", "has an empty secret")
	}
	return nil
}
