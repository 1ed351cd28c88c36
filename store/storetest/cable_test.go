package storetest

import (
	"context"
	"sync"

	"github.com/holdfast-go/holdfast/store"
)

// cable is the connection of a store's watches. While it is cut they hear nothing but
// that; when it is mended they are told what they have missed.
type cable struct {
	forgets bool // tombstones that were written while it was cut

	mu      sync.Mutex // guards the fields below
	isCut   bool
	watches []*listener
	missed  []store.Change
	silent  map[string]store.Rev // the last revision that was written while it was cut
}

// listener is one who watches.
type listener struct {
	mu sync.Mutex // held while fn runs
	fn func(store.Change)
}

func (l *listener) hears(changes ...store.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range changes {
		l.fn(c)
	}
}

// wrote is told of every write.
func (c *cable) wrote(e store.Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isCut {
		return
	}
	c.silent[e.Key] = e.Rev
	if !e.Gone || !c.forgets {
		c.missed = append(c.missed, store.Change{Kind: store.Changed, Entry: e})
	}
}

func (c *cable) cut() (mend func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut, c.silent = true, map[string]store.Rev{}
	for _, l := range c.watches {
		go l.hears(store.Change{Kind: store.Gap})
	}
	return c.mend
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = false
	for _, l := range c.watches {
		go l.hears(append(c.missed, store.Change{Kind: store.Synced})...)
	}
}

// watch is that of a store, through the cable.
func (c *cable) watch(
	watch func(context.Context, func(store.Change)) error,
) func(context.Context, func(store.Change)) error {
	return func(ctx context.Context, fn func(store.Change)) error {
		l := &listener{fn: fn}
		c.mu.Lock()
		c.watches = append(c.watches, l)
		c.mu.Unlock()
		return watch(ctx, func(change store.Change) { c.passes(l, change) })
	}
}

func (c *cable) passes(l *listener, change store.Change) {
	c.mu.Lock()
	heard := change.Kind != store.Changed || !c.isCut && change.Entry.Rev > c.silent[change.Entry.Key]
	c.mu.Unlock()
	if heard {
		l.hears(change)
	}
}
