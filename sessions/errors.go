package sessions

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// The errors of package messages, where each is explained.
var (
	ErrUnavailable    = messages.ErrUnavailable
	ErrOverloaded     = messages.ErrOverloaded
	ErrLoginRequired  = messages.ErrLoginRequired
	ErrNotEstablished = messages.ErrNotEstablished
	ErrRevoked        = messages.ErrRevoked
	ErrOutcomeUnknown = messages.ErrOutcomeUnknown
	ErrInvalid        = messages.ErrInvalid
	ErrNotSupported   = messages.ErrNotSupported
	ErrClosed         = messages.ErrClosed
)

// EndpointError is what a token or revocation endpoint said.
type EndpointError = messages.EndpointError

// RetryAfter returns how long to wait before asking again, and whether err says so.
func RetryAfter(err error) (time.Duration, bool) { return messages.RetryAfter(err) }
