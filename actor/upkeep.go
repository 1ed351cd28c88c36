package actor

import (
	"context"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// watch lets the store tell the sessions of what other processes write. A store
// that is not shared has nothing to tell.
func (h *House) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	h.stopWatch = cancel
	if !h.settings.Store.Shared {
		return
	}
	h.goroutines.Go(func() {
		defer func() { _ = recover() }() // a store that panics has failed
		// A watch that ends takes nothing away: a session looks at the store before it
		// renews.
		_ = h.store.Watch(ctx, func(c store.Change) { h.changed(ctx, c) })
	})
}

func (h *House) changed(ctx context.Context, c store.Change) {
	switch c.Kind {
	case store.Changed:
		h.tellChange(c.Entry)
	case store.Gap:
		for s := range h.All() {
			s.post(gap{})
		}
	case store.Synced:
		if !h.synced {
			h.synced = true
			h.catchUp(ctx)
		}
	}
}

// catchUp looks again at what was looked at before the watch could tell of a change:
// a session that is asked as soon as the House is open does not wait for it.
func (h *House) catchUp(ctx context.Context) {
	for s := range h.All() {
		if e, ok := h.look(ctx, s.key); ok {
			h.tellChange(e)
		}
	}
}

func (h *House) look(ctx context.Context, key string) (e store.Entry, ok bool) {
	defer func() { _ = recover() }() // a store that panics has failed
	e, err := h.store.Load(ctx, key, 0)
	return e, err == nil
}

func (h *House) tellChange(e store.Entry) {
	s, ok := h.Lookup(e.Key)
	if !ok {
		return
	}
	r, err := record.Decode(e.Value)
	if err != nil {
		return // the next Load says so to those who ask
	}
	s.post(change{machine.Changed{Rev: e.Rev, Record: r}})
}

// armSweep lets idle sessions be put to sleep: one that is found unused by two
// sweeps in a row has been idle for at least half of IdleAfter.
func (h *House) armSweep() {
	h.sweepMu.Lock()
	defer h.sweepMu.Unlock()
	if !h.closed.Load() {
		h.sweeper = h.clock.AfterFunc(h.config.IdleAfter/2, h.sweep)
	}
}

// sweep runs in a goroutine of its own: a clock's callback must not block.
func (h *House) sweep() {
	h.sweepMu.Lock()
	defer h.sweepMu.Unlock()
	if h.closed.Load() {
		return
	}
	h.goroutines.Go(func() {
		for s := range h.All() {
			s.sweep()
		}
		h.armSweep()
	})
}

func (h *House) stopSweep() {
	h.sweepMu.Lock()
	defer h.sweepMu.Unlock()
	h.sweeper.Stop()
}
