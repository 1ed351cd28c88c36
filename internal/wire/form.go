package wire

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/holdfast-go/holdfast/messages"
)

// Field is a field of a form. Its Value may be a secret, so only its Name is ever
// printed.
type Field struct{ Name, Value string }

// Format writes the name, whatever the verb.
func (f Field) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.Name) }

// MarshalText returns the name.
func (f Field) MarshalText() ([]byte, error) { return []byte(f.Name), nil }

// EncodeForm encodes the fields as application/x-www-form-urlencoded, in their
// order. A field with an empty Value is left out.
func EncodeForm(fields []Field) string {
	var b strings.Builder
	for _, f := range fields {
		if f.Value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(f.Name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(f.Value))
	}
	return b.String()
}

// RawBasic returns the value of an Authorization header with id and secret as
// they are. RFC 6749 wants them encoded first, but many servers (Caspio is one)
// decode nothing.
func RawBasic(id, secret string) messages.Secret {
	return messages.Secret("Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret)))
}

// EncodedBasic returns the value of an Authorization header as the standard has it.
func EncodedBasic(id, secret string) messages.Secret {
	// "The client identifier is encoded using the
	// "application/x-www-form-urlencoded" encoding algorithm per Appendix B, and
	// the encoded value is used as the username; the client password is encoded
	// using the same algorithm and used as the password."
	// https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
	return RawBasic(url.QueryEscape(id), url.QueryEscape(secret))
}
