package store

import (
	"context"
	"iter"
	"time"
)

// Lister is a Store that can list its keys. It is optional; find it by assertion.
type Lister interface {
	// Keys ranges over the keys that have a record which is no tombstone: with a zero
	// due all of them, otherwise those whose refresh token is known to end at due or
	// before. A key that is written meanwhile may be listed or not, and none is
	// listed twice. The order is the store's own.
	//
	// An error with a key is about that key alone: ErrForeign, its record cannot be
	// read. An error with an empty key, one of the package's or that of ctx, ends the
	// list. The loop's body may call the store.
	Keys(ctx context.Context, due time.Time) iter.Seq2[string, error]
}
