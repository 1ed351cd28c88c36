package actor

import (
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

// sight is whether the House has a working watch, and since when not. While it has none,
// tokens are given out for no longer than Config.MaxUnwatched without a look at the store:
// each time that has passed, every session is told to look. So it takes one timer a House,
// and none while the watch works.
//
// A process that stands still hears of nothing, not even that its watch is broken. So how
// much may have been missed counts from when the process has surely run.
type sight struct {
	mu    sync.Mutex      // guards the fields below
	ran   [2]time.Time    // at the sweep before the last one, and at the last; or when the House was opened
	since time.Time       // nothing was missed until then
	due   time.Time       // of the timer
	timer clockutil.Timer // nil: the watch works
}

// ranNow notes that the process runs.
func (h *House) ranNow() {
	g := &h.sight
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ran = [2]time.Time{g.ran[1], h.clock.Now()}
}

// goBlind notes that the watch has worked until then, as far as the process knows.
func (h *House) goBlind(worked time.Time) {
	g := &h.sight
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer == nil && h.watching.ctx.Err() == nil {
		g.since = g.ran[0].Add(-h.store.Caps().GapAfter) // the last sweep may be that of this moment
		h.armSight(worked.Add(h.config.MaxUnwatched))
	}
}

// armSight sets the timer. The caller holds the sight's mu.
func (h *House) armSight(due time.Time) {
	g := &h.sight
	g.due = due
	g.timer = h.clock.AfterFunc(clockutil.Until(h.clock.Now(), due), func() { h.aside(h.lookAtSight) })
}

// lookAtSight has every session look at the store if it is time for that.
func (h *House) lookAtSight() {
	if h.outOfSight() {
		h.distrust()
	}
}

// outOfSight reports whether the watch has been broken for too long, and then sets the timer
// anew.
func (h *House) outOfSight() bool {
	g := &h.sight
	g.mu.Lock()
	defer g.mu.Unlock()
	now := h.clock.Now()
	if g.timer == nil || clockutil.Left(now, g.due) > 0 {
		return false
	}
	g.timer.Stop()
	h.armSight(now.Add(h.config.MaxUnwatched))
	return true
}

// seeAgain notes that the watch works, and returns for how long it may have missed something.
func (h *House) seeAgain() time.Duration {
	g := &h.sight
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer == nil {
		return 0
	}
	g.timer.Stop()
	g.timer = nil
	return -clockutil.Left(h.clock.Now(), g.since)
}

// distrust has no session give out what it holds before it has looked at the store.
func (h *House) distrust() {
	for s := range h.All() {
		s.distrust()
	}
}
