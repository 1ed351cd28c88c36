package sessions

import (
	"crypto"
	"fmt"
	"io"
	"time"
)

// Assertion is what a signed JWT says (RFC 7523). A fresh one is made for each
// request, with a jti of its own and the time in iat and exp. It is copied when a kind
// or a ClientAuth is made of it; do not change its map after that.
type Assertion struct {
	// Issuer and Subject are iss and sub. JWTBearer needs both; for PrivateKeyJWT
	// an empty one is the client. An empty Audience is the token endpoint: most
	// servers take that, some want their issuer.
	Issuer, Subject, Audience string

	// KeyID and Algorithm go into the header as kid (if empty, there is none) and
	// alg: RS256, RS384, RS512, PS256, ES256 or EdDSA.
	KeyID, Algorithm string

	// Key signs: RSA of 2048 bits or more, P-256 for ES256, Ed25519 for EdDSA. It is asked for
	// signatures and for its public half, never for its private half, so it may
	// be in an HSM or a KMS. It is used by several goroutines at once, and one
	// that takes long takes it from the time that the request has. See ParseKey.
	Key crypto.Signer

	// Lifetime is how long an assertion is good for: 1 s to 10 min. If zero,
	// 30 s for JWTBearer and 1 min for PrivateKeyJWT.
	Lifetime time.Duration

	// Claims are extra claims; nil: none. Those of RFC 7519, section 4.1 (iss,
	// sub, aud, exp, nbf, iat, jti) cannot be among them.
	Claims map[string]any
}

// String describes the assertion without its key and claims.
func (a Assertion) String() string { return "assertion of " + a.Issuer }

// Format writes String, whatever the verb.
func (a Assertion) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.String()) }

// MarshalText returns String: keys of package crypto would write themselves down.
func (a Assertion) MarshalText() ([]byte, error) { return []byte(a.String()), nil }
