package actor

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// watching is the House's watch of the store. One that ends is begun again, after a
// pause.
type watching struct {
	ctx    context.Context
	stop   context.CancelFunc
	jitter uint64

	// Only what the watch calls, and the pause behind it, touches the fields below.
	synced   bool // the watch under way has begun to tell
	failures int  // watches in a row that have not

	mu    sync.Mutex      // guards pause
	pause clockutil.Timer // nil: there is none
}

// startWatch lets the store tell the sessions of what other processes write. A store
// that is not shared has nothing to tell.
func (h *House) startWatch() {
	w := &h.watching
	w.ctx, w.stop = context.WithCancel(context.Background())
	w.jitter = clockutil.Hash(h.settings.Owner)
	now := h.clock.Now()
	h.sight.ran = [2]time.Time{now, now}
	if h.settings.Store.Shared {
		h.goBlind(now)
		h.watch()
	}
}

func (h *House) watch() {
	h.watching.synced = false
	h.stage.Watch(h.watching.ctx, h.store, h.heard, h.watchEnded)
}

// heard takes what the watch tells.
func (h *House) heard(c store.Change) {
	switch c.Kind {
	case store.Changed:
		h.tellChange(c.Entry)
	case store.Gap:
		h.loseSight()
	case store.Synced:
		h.regainSight()
		h.watching.synced = true
	}
}

// regainSight has sessions learn what the watch may have missed: it cannot tell of a
// tombstone that the store has forgotten meanwhile, and a new one of nothing that was before.
func (h *House) regainSight() {
	if h.seeAgain() > h.store.Caps().Tombstones {
		h.distrust()
	}
	if !h.watching.synced {
		h.catchUp(h.watching.ctx)
	}
}

// watchEnded watches again after a while, unless that is of no use any more.
func (h *House) watchEnded(err error) {
	w := &h.watching
	if w.ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
		return
	}
	if w.synced {
		w.failures = 0
	}
	h.loseSight()
	wait := clockutil.Backoff(time.Second, h.settings.BackoffMax, w.failures, w.jitter)
	w.failures++
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() == nil {
		w.pause = h.clock.AfterFunc(wait, h.watchAgain)
	}
}

func (h *House) watchAgain() {
	w := &h.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() == nil {
		h.watch()
	}
}

// stopWatch ends the watch. When it has returned none begins.
func (h *House) stopWatch() {
	w := &h.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop()
	if w.pause != nil {
		w.pause.Stop()
	}
	h.seeAgain()
}

// loseSight says that changes may have been missed. The watch may have been broken for a
// while before it has said so.
func (h *House) loseSight() {
	h.goBlind(h.clock.Now().Add(-h.store.Caps().GapAfter))
	for s := range h.All() {
		s.loseSight()
	}
}

// catchUp looks again at what was looked at before the watch could tell of a change:
// a session that is asked as soon as the House is open does not wait for it. One that cannot be
// looked at now looks for itself when it is asked.
func (h *House) catchUp(ctx context.Context) {
	for s := range h.All() {
		if e, ok := h.look(ctx, s.key); ok {
			h.tellChange(e)
		} else {
			s.distrust()
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
	s.post(event{machine.Changed{Rev: e.Rev, Record: r}})
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
		h.ranNow()
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
		h.lookAtSight()
	})
}

// aside has f run by itself, since a clock's callback must not block, and
// not at all when the House is closed.
func (h *House) aside(f func()) {
	h.sweepMu.Lock()
	defer h.sweepMu.Unlock()
	if !h.closed.Load() {
		h.stage.Schedule(f)
	}
}

func (h *House) stopSweep() {
	h.sweepMu.Lock()
	defer h.sweepMu.Unlock()
	h.sweeper.Stop()
}
