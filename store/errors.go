package store

import (
	"context"
	"errors"
	"fmt"
)

// The errors of a Store. The package comment has them in a table.
var (
	// ErrNotFound: there never was a record. Definite.
	ErrNotFound = errors.New("store: no record")

	// ErrConflict: the revision is another; this write will not land. Definite.
	ErrConflict = errors.New("store: revision is another")

	// ErrUnavailable: no answer, and this call wrote nothing. Definite.
	ErrUnavailable = errors.New("store: unavailable")

	// ErrUnknown: the write may have landed, may land later, or never. Send the
	// same operation again.
	ErrUnknown = errors.New("store: outcome of the write is open")

	// ErrTooLarge: the value or the key is longer than the store takes. Definite.
	ErrTooLarge = errors.New("store: too large")

	// ErrClosed: the store was closed. Definite.
	ErrClosed = errors.New("store: closed")

	// ErrForeign: the record is of another format or of another owner, and is left
	// as it is. Definite.
	ErrForeign = errors.New("store: foreign record")
)

// ErrOwned is what a second [Exclusive].Own answers.
var ErrOwned = errors.New("store: belongs to another Manager")

// ended returns kind for a call that ctx has ended.
func ended(ctx context.Context, kind error) error {
	return fmt.Errorf("%w: %w", kind, ctx.Err())
}
