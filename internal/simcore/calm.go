package simcore

import (
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// settleDown lets the faults stop, and sees whether everything mends and ends.
func (w *World) settleDown() {
	if w.broken != nil {
		return
	}
	w.calm = true
	w.note(noteCalm, nil, -1)
	w.setRight()
	w.settle(15 * time.Minute)
	for slot := range w.procs {
		for i := range w.known {
			w.recovers(slot, i)
			w.settle(time.Second) // the others hear of it
		}
	}
	w.rest()
	w.checkSavedAtLast()
	for i := range w.known {
		w.checkKept(i)
	}
	w.closeAll()
}

// settle lets happen what is under way.
func (w *World) settle(d time.Duration) {
	limit, turns := w.now+d, w.turns
	for w.broken == nil && w.play(limit) {
		if w.turns > turns+200_000 {
			w.breaks("timer", "the world never comes to rest")
		}
	}
}

// rest lets runs end that somebody has begun at the last moment. Those that do not are found by
// closeAll.
func (w *World) rest() {
	busy := func(p *process) bool {
		return slices.ContainsFunc(p.seats, func(s seat) bool { return s.busy })
	}
	for limit := w.now + 15*time.Minute; w.broken == nil && w.now < limit && slices.ContainsFunc(w.procs, busy); {
		w.settle(100 * time.Millisecond)
	}
}

// recoverWithin is the stated time in which a session that can recover has a token again
// after the faults have stopped.
const recoverWithin = 3 * time.Hour

// recovers: when faults stop, every session that can recover has a fresh token.
func (w *World) recovers(slot, i int) {
	var p *process
	var err error
	e := &Event{Request: Refresh}
	for limit := w.now + w.script.Terms.Life + recoverWithin; w.broken == nil && w.now < limit; {
		if p = w.running(slot); p == nil {
			w.breaks("recovers", "process %d has not started again", slot)
			return
		}
		var a messages.Ask = messages.Refresh{}
		if err != nil {
			a = messages.Get{}
		}
		s := &p.seats[i]
		s.final.number = s.called + 1
		s.asks(e, a)
		w.untilAnswered(s)
		err = s.final.err
		switch after, again := messages.RetryAfter(err); {
		case again:
			w.settle(after + time.Millisecond)
		case !p.ending():
			w.judge(p, i, err)
			return
		}
	}
	w.judge(p, i, err)
}

// running is the process that has a slot; nil: it does not start. The last that was wanted of one
// that ends is to start again.
func (w *World) running(slot int) *process {
	if w.procs[slot].ending() {
		w.settle(15 * time.Minute)
	}
	if p := w.procs[slot]; !p.dead {
		return p
	}
	return nil
}

// ending reports whether a process has ended, or is about to.
func (p *process) ending() bool { return p.dead || p.quiet != nil }

// untilAnswered lets happen what does until nobody waits for a session.
func (w *World) untilAnswered(s *seat) {
	for w.broken == nil && w.waits(s) {
		if !w.play(w.now + time.Hour) {
			w.breaks("answered in time", "nothing happens, and somebody waits")
		}
	}
}

func (w *World) waits(s *seat) bool {
	for i := range w.calls {
		if w.calls[i].seat == s {
			return true
		}
	}
	return false
}

// judge says whether an honest end was due.
func (w *World) judge(p *process, i int, err error) {
	rules := &w.rules[i]
	if w.broken != nil || err == nil || rules.Human && !rules.OneTime {
		return
	}
	r := w.store.shelves[i].newest()
	switch {
	case !rules.Human:
		w.breaks("recovers", "a grant that can be used again brings no token: %v", err)
	case r == nil && w.kinds[i].given && p.good(rules.Given):
		w.breaks("recovers", "what was given is not used: %v", err)
	case r == nil, r.Status.Tombstone():
	case p.good(r.Token):
		w.breaks("recovers", "the store has a good refresh token: %v", err)
	}
}

// good reports whether a token can be renewed, to the knowledge of the server and of the process.
func (p *process) good(t messages.Token) bool {
	return p.world.server.renewable(t.Refresh) && !p.runOut(t)
}

// runOut reports whether a process may hold that a refresh token has run out. It may have
// heard of the token by a clock that was ahead, or the clock of who wrote it was: a token from
// the future counts from when it is heard of. Either takes from its life no more than the clock
// was ahead that was ahead most. Whenever the process's own clock is set ahead after that, it
// may have slept, and the life is shorter by that much too, though the clock is set back
// later. What that clock was set ahead before it heard of the token is admitted as well:
// nobody notes when a session has heard of what.
func (p *process) runOut(t messages.Token) bool {
	w := p.world
	return !t.RefreshExpiry.IsZero() && !epoch.Add(w.now+w.wallMax+p.leapt).Before(t.RefreshExpiry)
}

// runOut reports whether any process may hold that a refresh token has run out.
func (w *World) runOut(t messages.Token) bool {
	return slices.ContainsFunc(w.procs, func(p *process) bool { return p.runOut(t) })
}

// checkKept: no rotated token is lost while the process that minted it or the store that
// saved it lives.
func (w *World) checkKept(i int) {
	if w.broken != nil || !w.rules[i].OneTime {
		return
	}
	r := w.store.shelves[i].newest()
	if r == nil || r.Status.Tombstone() || w.known[i].revokes > 0 || w.runOut(r.Token) {
		return
	}
	p := w.server.pair(r.Token.Refresh)
	if p == nil || w.server.renewable(r.Token.Refresh) || p.troubled || p.slowSave || p.ended || w.server.families[p.family].excused || w.admits(i) {
		return
	}
	w.breaks("kept", "the refresh token of session %d was lost: r%d is spent, and nothing has gone wrong with it", i, numberOf(r.Token.Refresh))
}

// checkSavedAtLast: a pair that has reached its process is saved, or overtaken: where the
// server forgives reuse, another process may have been given its like for the same token.
func (w *World) checkSavedAtLast() {
	for n := range w.server.pairs {
		p := &w.server.pairs[n]
		if !p.delivered || p.saved || p.parent == 0 || w.admits(p.session) || w.known[p.session].logins > 0 {
			continue
		}
		if from := &w.server.pairs[p.parent-1]; !from.troubled && !w.server.families[p.family].dead && !w.overtaken(n) {
			w.breaks("kept", "a%d was brought to process %d and never saved", n+1, p.by.slot)
		}
	}
}

// overtaken reports whether another pair has been saved that the same refresh token has
// brought to another process.
func (w *World) overtaken(n int) bool {
	of := &w.server.pairs[n]
	return slices.ContainsFunc(w.server.pairs, func(p pair) bool { return p.parent == of.parent && p.by != of.by && p.saved })
}

// living reports whether a process has not ended.
func (w *World) living() bool {
	return slices.ContainsFunc(w.procs, func(p *process) bool { return !p.dead })
}

// closeAll lets go of everything, and sees whether it ends.
func (w *World) closeAll() {
	w.over = true
	for _, p := range w.procs {
		if !p.dead && w.broken == nil {
			p.close()
		}
	}
	for limit := w.now + 20*time.Minute; w.broken == nil && w.living() && w.now < limit; {
		w.settle(time.Second)
	}
	for _, p := range w.procs {
		if !p.dead && w.broken == nil {
			w.breaks("closes", "process %d is not quiet", p.slot)
		}
	}
	if n := len(w.calls); n > 0 && w.broken == nil {
		w.breaks("answered in time", "%d still wait when all is closed", n)
	}
}
