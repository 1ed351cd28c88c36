package sessions

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
)

// ClientAuth is how a client authenticates itself at its authorization server:
// Basic, BasicEncoded, Post, None or PrivateKeyJWT. One with an empty secret is
// ErrInvalid when a session is made of it. It prints without its secret.
type ClientAuth interface {
	// check returns ErrInvalid naming what is wrong.
	check() error

	// credentials returns what one request carries. It is called for each
	// request anew. The error is a messages.Failure.
	credentials(now time.Time, e Endpoint) (wire.Credentials, error)
}

// hidden is a secret that does not get out of a struct which somebody else prints.
// Package fmt asks no value in an unexported field how it wants to be printed, and
// where the verb does not suit a pointer, such as %s, it prints what the pointer
// points to. But it follows one pointer only. So what has a hidden is itself used by
// its pointer. Kinds keep their endpoint and their token in the same way.
type hidden = *messages.Secret

func hide(secret string) hidden {
	s := messages.Secret(secret)
	return &s
}

// signing is a ClientAuth whose credentials say what time it is.
type signing interface{ signs() }

// checkSecret is for the ways that have one.
func checkSecret(s hidden) error {
	if *s == "" {
		return messages.Invalid("Endpoint.Auth", "has an empty secret")
	}
	return nil
}
