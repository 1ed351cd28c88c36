package sessions

import (
	"crypto"
	"time"
)

// Assertion is what a signed JWT says (RFC 7523). A fresh one is made for each
// request.
type Assertion struct {
	Issuer, Subject, Audience string

	// KeyID and Algorithm go into the header.
	KeyID, Algorithm string

	// Key signs.
	Key crypto.Signer

	// Lifetime is how long an assertion is good for.
	Lifetime time.Duration

	// Claims are extra claims; nil: none.
	Claims map[string]any
}

// String describes the assertion without its key.
func (a Assertion) String() string { return "assertion of " + a.Issuer }

// GoString is String.
func (a Assertion) GoString() string { return a.String() }
