package sessions_test

import (
	"context"
	"sync"

	"github.com/holdfast-go/holdfast/store"
)

// unsteady is a store with troubles.
type unsteady struct {
	store.Store

	mu                    sync.Mutex // guards the fields below
	loads, swaps          trouble
	loadCalls, swapsCalls int
	blind                 func() // ends the watch; nil: there is none
}

// trouble is what happens to a call before it reaches the store; with an error it
// does not.
type trouble func(ctx context.Context) error

func unsteadyStore(s store.Store) *unsteady {
	return &unsteady{Store: s, loads: works, swaps: works}
}

// troubles sets what happens to the calls from now on.
func (u *unsteady) troubles(loads, swaps trouble) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.loads, u.swaps = loads, swaps
}

func (u *unsteady) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	u.mu.Lock()
	trouble := u.loads
	u.loadCalls++
	u.mu.Unlock()
	if err := trouble(ctx); err != nil {
		return store.Entry{}, err
	}
	return u.Store.Load(ctx, key, min)
}

func (u *unsteady) Swap(ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID) (store.Rev, error) {
	u.mu.Lock()
	trouble := u.swaps
	u.swapsCalls++
	u.mu.Unlock()
	if err := trouble(ctx); err != nil {
		return 0, err
	}
	return u.Store.Swap(ctx, key, prev, value, gone, op)
}

func (u *unsteady) Watch(ctx context.Context, fn func(store.Change)) error {
	watching, blind := context.WithCancel(ctx)
	defer blind()
	u.mu.Lock()
	u.blind = blind
	u.mu.Unlock()
	if err := u.Store.Watch(watching, fn); ctx.Err() != nil {
		return err
	}
	return store.ErrUnavailable
}

// losesSight ends the watch under way.
func (u *unsteady) losesSight() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.blind()
}

func works(context.Context) error { return nil }

// is answers every call with an error of the contract.
func is(err error) trouble { return func(context.Context) error { return err } }

// hangs until the call's context ends.
func hangs(ctx context.Context) error {
	<-ctx.Done()
	return store.ErrUnknown
}

// hangsUntil ignores the context of a call, against the contract, until somebody
// closes freed: what was written lands then.
func hangsUntil(freed <-chan struct{}) trouble {
	return func(context.Context) error {
		<-freed
		return nil
	}
}

// breaks is a driver with a bug.
func breaks(context.Context) error { panic("a bug in the driver: " + canary) }
