package local

import (
	"sync"
	"sync/atomic"
)

// Owner is whoever has taken a store. The zero Owner is nobody.
type Owner struct{ taken atomic.Bool }

// Take takes the store until release is called; a second release does nothing. It
// returns false if the store is taken.
func (o *Owner) Take() (release func(), ok bool) {
	if !o.taken.CompareAndSwap(false, true) {
		return nil, false
	}
	return sync.OnceFunc(func() { o.taken.Store(false) }), true
}
