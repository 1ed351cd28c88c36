package messages

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// Token is an access token with what came along with it. The zero Token is no
// token. Printing, logging or encoding a Token shows no secret; use
// [Token.TokenInfo] to write one down.
type Token struct {
	// Access is the access token; Refresh the refresh token, empty if there is none.
	Access, Refresh Secret

	// Type is the token type as the server wrote it, "Bearer" for most.
	Type string

	// Issued is when the request that brought the token was sent: the latest
	// moment at which its life can have begun.
	Issued time.Time

	// Expiry is when the access token ends; zero: unknown.
	Expiry time.Time

	// RefreshExpiry is when the refresh token ends; zero: unknown.
	RefreshExpiry time.Time

	// Scopes are the scopes granted; nil: the server did not say.
	Scopes []string

	// Extra holds the other text members of the answer by name. They may be
	// secrets too (an id_token is one), so only their names are ever printed.
	Extra map[string]string
}

// Lifetime returns how long the access token lives, counted from Issued; zero if
// that is not known.
func (t Token) Lifetime() time.Duration {
	if t.Expiry.IsZero() || t.Issued.IsZero() {
		return 0
	}
	return t.Expiry.Sub(t.Issued)
}

// IsZero reports whether t is no token at all.
func (t Token) IsZero() bool { return t.Access == "" && t.Refresh == "" }

// String describes the token without its secrets.
func (t Token) String() string {
	var b strings.Builder
	b.WriteString("token")
	for _, a := range t.LogValue().Group() {
		fmt.Fprintf(&b, " %s=%v", a.Key, a.Value)
	}
	return b.String()
}

// GoString is String.
func (t Token) GoString() string { return t.String() }

// Format writes String, whatever the verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue describes the token without its secrets.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("type", t.Type),
		slog.String("access", t.Access.Fingerprint()),
		slog.String("refresh", t.Refresh.Fingerprint()),
		slog.Time("issued", t.Issued),
		slog.Time("expiry", t.Expiry),
		slog.Any("scopes", t.Scopes),
		slog.Any("extra", slices.Sorted(maps.Keys(t.Extra))),
	)
}

// MarshalJSON writes String as a JSON string: a Token that ends in a JSON error
// or a page by mistake tells nothing. It cannot be read back.
func (t Token) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%q", t.String()), nil
}

// Digest identifies a secret in a [Record] without keeping it.
type Digest [sha256.Size]byte

// DigestOf returns the SHA-256 of a secret, and the zero Digest for the empty one.
func DigestOf(s Secret) Digest {
	if s == "" {
		return Digest{}
	}
	return sha256.Sum256([]byte(s))
}
