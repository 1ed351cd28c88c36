package storetest

import (
	"context"
	"fmt"
	"slices"

	"github.com/holdfast-go/holdfast/store"
)

// proxy is a store behind a network that has a fault.
type proxy struct {
	store.Store
	drops bool // the answer of each Swap is lost

	// holds is called when a Swap is held up, and has its caller leave; nil: none is.
	// What then lets the write arrive is sent to held.
	holds func()
	held  chan func() (store.Rev, error)
}

// Swap does what that of the store does, and loses the answer, or the time.
func (p *proxy) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	if p.holds != nil {
		sent := write{key, prev, slices.Clone(value), gone, op}
		p.held <- func() (store.Rev, error) { return sent.send(context.WithoutCancel(ctx), p.Store) }
		p.holds()
		<-ctx.Done()
		return 0, fmt.Errorf("%w: %w", store.ErrUnknown, ctx.Err())
	}
	rev, err := p.Store.Swap(ctx, key, prev, value, gone, op)
	if p.drops {
		return 0, store.ErrUnknown
	}
	return rev, err
}
