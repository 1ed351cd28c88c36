package sessions

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
)

// PrivateKeyJWT is declared and not supported: a session with it is
// ErrNotSupported.
func PrivateKeyJWT(a Assertion) ClientAuth { return privateKeyJWT{assertion: a} }

type privateKeyJWT struct{ assertion Assertion }

func (privateKeyJWT) check() error { return ErrNotSupported }

func (privateKeyJWT) credentials(time.Time, string) (wire.Credentials, error) {
	return wire.Credentials{}, ErrNotSupported
}
