package actor

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// watch lets the store tell the sessions of what other processes write. A store
// that is not shared has nothing to tell. A watch that ends is begun again.
func (h *House) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	h.stopWatch = cancel
	if !h.settings.Store.Shared {
		return
	}
	h.crew.run(func() {
		jitter := clockutil.Hash(h.settings.Owner)
		for n := 0; ctx.Err() == nil; n++ {
			began, err := h.watchOnce(ctx)
			if errors.Is(err, store.ErrClosed) {
				return
			}
			if began {
				n = 0
			}
			h.loseSight()
			h.pause(ctx, clockutil.Backoff(time.Second, h.settings.BackoffMax, n, jitter))
		}
	})
}

// watchOnce watches until the store gives up, and reports whether it had begun to
// watch. A store that panics has failed.
func (h *House) watchOnce(ctx context.Context) (began bool, err error) {
	defer func() { _ = recover() }()
	err = h.store.Watch(ctx, func(c store.Change) {
		switch c.Kind {
		case store.Changed:
			h.tellChange(c.Entry)
		case store.Gap:
			h.loseSight()
		case store.Synced:
			if !began {
				h.catchUp(ctx)
			}
			began = true
		}
	})
	return began, err
}

// loseSight says that changes may have been missed.
func (h *House) loseSight() {
	for s := range h.All() {
		s.loseSight()
	}
}

// pause waits for d by the House's clock, or until ctx is over.
func (h *House) pause(ctx context.Context, d time.Duration) {
	over := make(chan struct{})
	timer := h.clock.AfterFunc(d, func() { close(over) })
	select {
	case <-over:
	case <-ctx.Done():
		timer.Stop()
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
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	deadline := h.clock.AfterFunc(h.settings.LeafTimeout, cancel)
	defer deadline.Stop()
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

func (h *House) sweep() {
	h.aside(func() {
		for s := range h.All() {
			s.sweep()
		}
		h.armSweep()
	})
}

// rouse has the sessions look at the clock: the machine was suspended, and timers are
// late by as long as it has slept.
func (h *House) rouse() {
	h.aside(func() {
		for s := range h.All() {
			s.rouse()
		}
	})
}

// aside runs f in a goroutine of its own, since a clock's callback must not block, and
// not at all when the House is closed.
func (h *House) aside(f func()) {
	h.sweepMu.Lock()
	defer h.sweepMu.Unlock()
	if !h.closed.Load() {
		h.crew.run(f)
	}
}

func (h *House) stopSweep() {
	h.sweepMu.Lock()
	defer h.sweepMu.Unlock()
	h.sweeper.Stop()
}
