package sessions

import (
	"fmt"
	"io"
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
)

// PrivateKeyJWT is declared and not supported: a session with it is
// ErrNotSupported.
func PrivateKeyJWT(a Assertion) ClientAuth { return &privateKeyJWT{assertion: &a} }

// privateKeyJWT keeps its key as others their hidden.
type privateKeyJWT struct{ assertion *Assertion }

func (*privateKeyJWT) check() error { return ErrNotSupported }

func (*privateKeyJWT) credentials(time.Time, string) (wire.Credentials, error) {
	return wire.Credentials{}, ErrNotSupported
}

// Format names the way, whatever the verb.
func (*privateKeyJWT) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "PrivateKeyJWT") }
