package sessions

import (
	"fmt"
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

// sessionError says which session an error is of. It is put into words when somebody
// reads it: all of a crowd get one.
type sessionError struct {
	key string
	err error
}

func (e *sessionError) Error() string { return fmt.Sprintf("session %q: %v", e.key, e.err) }

func (e *sessionError) Unwrap() error { return e.err }

// RetryAfter returns how long to wait before asking again, and whether err says so.
func RetryAfter(err error) (time.Duration, bool) { return messages.RetryAfter(err) }
