package sessions

import (
	"crypto"
	"fmt"
	"io"
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

// String describes the assertion without its key and claims.
func (a Assertion) String() string { return "assertion of " + a.Issuer }

// Format writes String, whatever the verb.
func (a Assertion) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// MarshalText returns String: keys of package crypto would write themselves down.
func (a Assertion) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
