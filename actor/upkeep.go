package actor

import (
	"context"
	"errors"
	"iter"
	"slices"
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

	mu    sync.Mutex      // guards the fields below
	pause clockutil.Timer // before the next watch; nil: there is none
	later clockutil.Timer // before the next look at the sessions that are still to be looked at; nil: there was none
	turn  int             // how often all sessions were to be looked at
	vain  int             // looks of this turn that have left some
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
		h.catchUp()
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
	for _, t := range []clockutil.Timer{w.pause, w.later} {
		if t != nil {
			t.Stop()
		}
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
// a session that is asked as soon as the House is open does not wait for it. Where the store
// does not answer, the House looks later, and a session that is asked before for itself.
func (h *House) catchUp() {
	turn := h.takesTurn()
	missed := h.lookAt(h.All())
	for _, s := range missed {
		s.distrust()
	}
	h.lookLater(turn, missed)
}

// takesTurn begins to look at all sessions: whoever does so still for an earlier watch
// leaves it at that.
func (h *House) takesTurn() (turn int) {
	w := &h.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.later != nil {
		w.later.Stop()
	}
	w.turn++
	w.vain = 0
	return w.turn
}

// inVain is how many looks in a row may fail before a store is not asked any more: all
// but a few of its keys may be well.
const inVain = 3

// lookAt tells sessions what the store has, and returns those of which it has not said it,
// the ones that it was asked for last.
func (h *House) lookAt(sessions iter.Seq[*Session]) (missed []*Session) {
	var failed []*Session
	failures := 0
	for s := range sessions {
		switch {
		case failures == inVain:
			missed = append(missed, s)
		case h.look(s):
			failures = 0
		default:
			failures++
			failed = append(failed, s)
		}
	}
	return append(missed, failed...)
}

// look reports whether the store has answered. What is no record that can be told the session
// finds out for itself.
func (h *House) look(s *Session) (answered bool) {
	defer func() {
		if recover() != nil {
			answered = false
		}
	}()
	ctx, cancel := context.WithCancel(h.watching.ctx)
	defer cancel()
	deadline := h.clock.AfterFunc(h.settings.LeafTimeout, cancel)
	defer deadline.Stop()
	e, err := h.store.Load(ctx, s.key, 0)
	switch {
	case err == nil && h.tellChange(e):
		return true
	case err == nil, errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrForeign):
		s.distrust()
		return true
	}
	return false
}

// lookLater looks at the sessions after a pause, if it is still its turn.
func (h *House) lookLater(turn int, missed []*Session) {
	w := &h.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if turn != w.turn || len(missed) == 0 {
		return
	}
	wait := clockutil.Backoff(time.Second, h.settings.BackoffMax, w.vain, w.jitter)
	w.vain++
	if w.ctx.Err() == nil {
		w.later = h.clock.AfterFunc(wait, func() {
			h.aside(func() { h.lookLater(turn, h.lookAt(slices.Values(missed))) })
		})
	}
}

// tellChange tells a session of a record, and reports whether that can be read: if not, the
// next Load says so to those who ask.
func (h *House) tellChange(e store.Entry) (read bool) {
	s, ok := h.Lookup(e.Key)
	if !ok {
		return true
	}
	r, err := record.Decode(e.Value)
	if err == nil {
		s.post(event{machine.Changed{Rev: e.Rev, Record: r}})
	}
	return err == nil
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
