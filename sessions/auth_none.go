package sessions

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
)

// None is a public client: it sends its client_id and proves nothing.
func None() ClientAuth { return none{} }

type none struct{}

func (none) check() error { return nil }

func (none) credentials(_ time.Time, e Endpoint) (wire.Credentials, error) {
	return wire.Credentials{Fields: []wire.Field{{Name: "client_id", Value: e.ClientID}}}, nil
}
