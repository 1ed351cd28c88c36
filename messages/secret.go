package messages

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"sync"
)

// Redacted is what a [Secret] prints as.
const Redacted = "REDACTED"

// Secret is a token, a proof or a password. Whatever prints, logs or encodes it
// gets [Redacted] instead, the empty Secret included, so that a log does not
// tell which secrets are missing either.
//
// A Secret in an unexported field of a struct of your own is out of its reach:
// package fmt prints such a field without asking it. Give that struct a String
// and a Format method, or keep the Secret in an exported field.
//
// The memory of a Secret cannot be wiped: Go strings are immutable and may have
// been copied.
type Secret string

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// Fingerprint tells two secrets apart in a log: eight bytes of HMAC-SHA-256 in
// hexadecimal, under a key that this process drew at random. The fingerprints
// of two processes cannot be compared. The empty Secret has an empty fingerprint.
func (s Secret) Fingerprint() string {
	if s == "" {
		return ""
	}
	mac := hmac.New(sha256.New, fingerprintKey())
	_, _ = io.WriteString(mac, string(s))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

var fingerprintKey = sync.OnceValue(func() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // documented never to return an error
	return key
})

// String returns [Redacted].
func (Secret) String() string { return Redacted }

// GoString returns [Redacted].
func (Secret) GoString() string { return Redacted }

// Format writes [Redacted], whatever the verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// LogValue returns [Redacted].
func (Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText returns [Redacted].
func (Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON returns [Redacted] as a JSON string.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }
