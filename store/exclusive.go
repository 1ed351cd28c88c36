package store

import "github.com/holdfast-go/holdfast/internal/local"

// Exclusive is a Store that belongs to one Manager at a time: two that renew from
// the same records without seeing each other would spend one refresh token twice.
// It is optional; find it by assertion.
type Exclusive interface {
	// Own takes the store until release is called; a second release does nothing.
	// ErrOwned: it is taken. It does not wait.
	Own() (release func(), err error)
}

// owner is the Own of stores that are not shared.
type owner struct{ local.Owner }

var _ Exclusive = (*owner)(nil)

// Own takes the store for one Manager. See [Exclusive].
func (o *owner) Own() (release func(), err error) {
	release, ok := o.Take()
	if !ok {
		return nil, ErrOwned
	}
	return release, nil
}
