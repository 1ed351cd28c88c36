package actor

import (
	"context"

	"github.com/holdfast-go/holdfast/messages"
)

// Doorkeeper is a Stage that also decides when callers come into its House and when
// they go: in a simulation goroutines that come at one moment must not race. Tokens are
// then given out at the door as well, and not before it.
type Doorkeeper interface {
	Stage

	// Opens is told of the House before anything else happens to it.
	Opens(*House)

	// Owner is who makes claims: this start of the process, and no other.
	Owner() string

	// Visit is called on the goroutine of whoever wants something of the House. It calls do
	// once he may come in, and returns what do has returned once he may go; or it turns him
	// away with an error.
	Visit(ctx context.Context, v Visit, do func(context.Context) *messages.Reply) *messages.Reply
}

// Visit is what somebody wants of a House.
type Visit struct {
	Key  string       // of the session; empty: of them all
	Ask  messages.Ask // nil: see What
	What string       // "open", "forget" or "close", where it is no ask
}

// visit has somebody see the doorkeeper, if there is one.
func (h *House) visit(ctx context.Context, v Visit, do func(context.Context) error) error {
	if h.door == nil {
		return do(ctx)
	}
	return h.door.Visit(ctx, v, func(ctx context.Context) *messages.Reply {
		return &messages.Reply{Err: do(ctx)}
	}).Err
}
