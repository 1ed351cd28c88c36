package simcore

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/store"
)

// watch is a process's watch of the store.
type watch struct {
	by     *process
	ctx    context.Context
	tell   func(store.Change)
	ended  func(error)
	told   []store.Rev // the newest revision of each key that was told
	synced bool
	blind  bool          // it has lost the thread
	since  time.Duration // when it has, or has found it again
	over   bool
}

// gapAfter is how long a watch takes at most to notice that it has lost the thread.
const gapAfter = 10 * time.Second

func (h *watch) alive() bool { return !h.over && !h.by.dead && h.ctx.Err() == nil }

// waits puts what is to be told off until the process goes on.
func (h *watch) waits(what happening) bool {
	if h.by.frozen() {
		h.by.later(what)
		return true
	}
	return false
}

// syncing is a watch that begins to tell, or again.
type syncing watch

func (s *syncing) happen() {
	h := (*watch)(s)
	if !h.alive() || h.waits(s) {
		return
	}
	if h.blind {
		h.catchUp()
		h.blind = false
	}
	h.synced, h.since = true, h.by.world.now
	h.by.sight, h.by.met = sight{watched: true}, h.since
	h.tell(store.Change{Kind: store.Synced})
}

// catchUp tells the newest state of each key of which something was missed, but for the
// tombstones that are forgotten.
func (h *watch) catchUp() {
	w := h.by.world
	forgets := w.now-h.since > w.script.Terms.tombstones()
	for i := range h.told {
		if r := w.store.shelves[i].newest(); !forgets || r == nil || !r.Status.Tombstone() {
			h.tellNewest(i)
		}
	}
}

func (h *watch) tellNewest(session int) {
	shelf := &h.by.world.store.shelves[session]
	if rev := shelf.rev(); rev > h.told[session] {
		h.told[session] = rev
		h.tell(store.Change{Kind: store.Changed, Entry: shelf.entry(rev)})
	}
}

// change is a change of a key on its way to a process.
type change struct {
	watch   *watch
	session int
}

func (c *change) happen() {
	h := c.watch
	if h.alive() && !h.blind && !h.waits(c) {
		h.tellNewest(c.session)
	}
}

// blinded is a watch that notices that it has lost the thread.
type blinded watch

func (b *blinded) happen() {
	h := (*watch)(b)
	if !h.alive() || h.waits(b) {
		return
	}
	w := h.by.world
	h.by.losesSight()
	key := clockutil.Mix(uint64(h.by.slot), w.store.writes)
	if w.chance(key, 0xb11d)%3 == 0 { // it gives up, and the House watches again
		h.over = true
		h.ended(store.ErrUnavailable)
		return
	}
	h.tell(store.Change{Kind: store.Gap})
	w.after(pick(w.chance(key, 0x6a9), time.Second, 10*time.Second, 2*time.Minute), (*syncing)(h))
}

// notify lets all who watch know of a write.
func (w *World) notify(session int) {
	for _, p := range w.procs {
		h := p.watch
		if h == nil || !h.alive() || !h.synced || h.blind {
			continue
		}
		key := clockutil.Mix(uint64(p.slot), uint64(p.life), w.store.writes)
		if w.strikes(Gap, key) {
			h.blind, h.since = true, w.now
			w.note(noteBlind, p, session, 0)
			w.after(pick(w.chance(key, 0x90), 0, time.Second, gapAfter), (*blinded)(h))
			continue
		}
		w.after(pick(w.chance(key, 0x7e11), time.Millisecond, time.Millisecond, 5*time.Millisecond, 100*time.Millisecond, time.Second),
			&change{h, session})
	}
}
