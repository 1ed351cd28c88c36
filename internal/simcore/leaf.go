package simcore

import (
	"context"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// leaf is one leaf of I/O on its way: it arrives, is done, and its answer comes back.
type leaf struct {
	by     *process
	seat   *seat
	job    *actor.Job
	key    uint64 // by which its fate is drawn
	sent   time.Duration
	sentAt time.Time // by the clock of the process
	most   time.Duration

	back    store.Rev // a replica answers that is so many revisions behind
	touched bool      // somebody writes the record just before it arrives
	gives   error     // what the server says instead of doing it
	refusal error     // what it is told in place of an answer, while it is being refused

	instead error // what is reported whatever was done; nil: what was done
	outcome machine.Outcome

	taken     bool // back, on its way
	answered  bool
	disturbed bool // its process has stood still, or died, meanwhile
	spends    int  // the pair whose refresh token a Mint spends; zero: none
}

// sending, serving, answering and repeating are what happens to a leaf.
type (
	sending   leaf
	serving   leaf
	answering leaf
	repeating leaf
)

// launch sends a leaf on its way, and draws how it fares.
func (w *World) launch(p *process, j *actor.Job) {
	l := &leaf{by: p, seat: p.seatOf(j.Session), job: j, sent: w.now, most: j.Leaf.Deadline}
	l.key = clockutil.Mix(uint64(p.slot), uint64(p.life), uint64(l.seat.index), uint64(kindOf(j.Effect)), j.Leaf.Number)
	l.seat.launched(l)
	if p.frozen() { // it stands still between its decision and the sending
		l.seat.disturb(l)
		p.later((*sending)(l))
		return
	}
	(*sending)(l).happen()
}

// happen is a leaf that goes out. Nothing is sent for one that has had its time.
func (s *sending) happen() {
	l := (*leaf)(s)
	w := l.by.world
	l.sentAt = l.by.Now()
	switch {
	case l.by.dead:
	case l.job.Context.Err() != nil:
		l.instead = l.over()
		w.after(0, (*answering)(l))
	case l.remote():
		w.remoteFate(l)
	default:
		w.storeFate(l)
	}
	w.story.goes(l)
}

// kindOf numbers the kinds of leaves.
func kindOf(e machine.Effect) int {
	switch e.(type) {
	case machine.Load:
		return 1
	case machine.Claim:
		return 2
	case machine.Save:
		return 3
	case machine.Mint:
		return 4
	case machine.Exchange:
		return 5
	case machine.RevokeToken:
		return 6
	}
	panic(fmt.Sprintf("BUG: %T is no leaf", e))
}

// remote reports whether a leaf goes to the endpoint.
func (l *leaf) remote() bool { return kindOf(l.job.Effect) > 3 }

// soon are the delays of a leaf that fares well: a few, so that instants tie.
func (w *World) soon(key, salt uint64) time.Duration {
	return pick(w.chance(key, salt), time.Millisecond, time.Millisecond, 5*time.Millisecond, 5*time.Millisecond, 20*time.Millisecond, 100*time.Millisecond)
}

// within is a moment up to most, one of a few.
func (w *World) within(key, salt uint64, most time.Duration) time.Duration {
	return most * time.Duration(w.chance(key, salt)%9) / 8
}

// fine serves a leaf and reports it soon.
func (w *World) fine(l *leaf) {
	there := w.soon(l.key, 0xf1)
	w.after(there, (*serving)(l))
	w.after(there+w.soon(l.key, 0xf2), (*answering)(l))
	if w.strikes(Duplicate, l.key) {
		w.after(there+w.within(l.key, 0xf3, 2*l.most), (*repeating)(l))
	}
}

// timesOut reports a leaf as given up at its deadline.
func (w *World) timesOut(l *leaf) {
	l.instead = l.over()
	w.after(l.most, (*answering)(l))
}

// over is the error of a call that its deadline has ended.
func (l *leaf) over() error {
	switch l.job.Effect.(type) {
	case machine.Claim, machine.Save:
		return errSwapOver
	case machine.Load:
		return errLoadOver
	}
	return errOver
}

var (
	errSwapOver = fmt.Errorf("%w: %w", store.ErrUnknown, context.DeadlineExceeded)
	errLoadOver = fmt.Errorf("%w: %w", store.ErrUnavailable, context.DeadlineExceeded)
	errOver     = error(messages.Failure{Verdict: messages.Doubtful, Reason: "no answer in time"})
)

// commonFate is what can go wrong with every leaf.
func (w *World) commonFate(l *leaf) bool {
	switch {
	case w.strikes(Slow, l.key):
		w.slow(l)
	case w.strikes(LostBefore, l.key):
		w.timesOut(l)
		l.seat.trouble(l, false)
	case w.strikes(LostAfter, l.key):
		l.seat.trouble(l, true)
		w.after(w.within(l.key, 0xc1, l.most), (*serving)(l))
		w.timesOut(l)
	case w.strikes(Late, l.key):
		l.seat.trouble(l, true)
		w.after(l.most+w.within(l.key, 0xc2, 40*time.Second), (*serving)(l))
		w.timesOut(l)
	default:
		return false
	}
	return true
}

// slow is a leaf that may miss its deadline. One that does is given up at once, or
// ignores it and reports later.
func (w *World) slow(l *leaf) {
	there := w.within(l.key, 0x51, l.most)
	back := there + w.within(l.key, 0x52, l.most)
	w.after(there, (*serving)(l))
	if back >= l.most {
		l.seat.trouble(l, true)
		if w.chance(l.key, 0x53)%2 == 0 {
			w.timesOut(l)
			return
		}
	}
	w.after(back, (*answering)(l))
}

// remoteFate is what can go wrong at the endpoint.
func (w *World) remoteFate(l *leaf) {
	switch {
	case w.strikes(Busy, l.key):
		l.gives = messages.Failure{
			Status:     pick(w.chance(l.key, 0xe1), 429, 503),
			RetryAfter: pick(w.chance(l.key, 0xe2), 0, time.Second, 5*time.Second, time.Minute, time.Hour),
		}
	case w.strikes(Hopeless, l.key):
		l.gives = messages.Failure{Verdict: messages.Hopeless, Status: 401, Code: pick(w.chance(l.key, 0xe3), "invalid_client", "invalid_scope")}
	case w.strikes(Broken, l.key):
		l.instead = messages.Failure{Verdict: messages.Doubtful, Status: pick(w.chance(l.key, 0xe4), 500, 502, 504)}
		if w.chance(l.key, 0xe5)%2 == 0 {
			l.gives = l.instead
		}
		l.seat.trouble(l, l.gives == nil)
	case w.commonFate(l):
		return
	}
	w.fine(l)
}

// storeFate is what can go wrong at the store.
func (w *World) storeFate(l *leaf) {
	_, load := l.job.Effect.(machine.Load)
	if w.strikes(Down, l.key) {
		w.store.downUntil = w.now + pick(w.chance(l.key, 0xd1), time.Second, 10*time.Second, time.Minute, 3*time.Minute)
	}
	switch {
	case !w.calm && w.now < w.store.downUntil, w.strikes(Unwritten, l.key):
		l.gives = store.ErrUnavailable
		l.seat.trouble(l, false)
	case !load && w.strikes(Open, l.key):
		w.open(l)
		return
	case w.commonFate(l):
		return
	}
	l.touched = !load && w.strikes(Conflict, l.key)
	if load && w.strikes(Stale, l.key) {
		l.back = store.Rev(1 + w.chance(l.key, 0xd2)%3)
	}
	w.fine(l)
}

// open is a write of which the store does not know whether it has landed: it lands
// before that is said, long after it, or never.
func (w *World) open(l *leaf) {
	l.seat.trouble(l, true)
	l.instead = store.ErrUnknown
	if w.chance(l.key, 0x0b)%3 != 0 {
		w.after(w.within(l.key, 0x0c, 20*time.Second), (*serving)(l))
	}
	w.after(w.soon(l.key, 0x0d), (*answering)(l))
}

// do carries the leaf out, or has it refused.
func (l *leaf) do(refusal error) machine.Outcome {
	w := l.by.world
	w.serving, l.refusal = l, refusal
	o := l.job.Do()
	w.serving, l.refusal = nil, nil
	if _, broken := o.(machine.TimedOut); broken {
		w.breaks("no panic", "in a leaf: %T", l.job.Effect)
	}
	return o
}

// happen is the arrival of a leaf. One that nobody waits for any more may have been taken
// back on its way.
func (s *serving) happen() {
	l := (*leaf)(s)
	w := l.by.world
	if l.job.Context.Err() != nil && !l.seat.expired(l) && w.chance(l.key, 0x5e)%2 == 0 {
		l.taken = true
		return
	}
	l.outcome = l.do(l.gives)
	w.note(noteServed, l.by, l.seat.index, l.job.Leaf.Number, uint64(kindOf(l.job.Effect)))
	w.story.served(l)
}

// happen is the answer of a leaf.
func (a *answering) happen() {
	l := (*leaf)(a)
	p := l.by
	switch {
	case p.dead:
		return
	case p.frozen():
		p.later(a)
		return
	case l.instead != nil:
		l.outcome = l.do(l.instead)
	case l.taken:
		l.outcome = l.do(l.over())
	case l.outcome == nil: // it arrives at this very instant
		p.world.after(0, a)
		return
	}
	l.answered = true
	p.world.story.comes(l)
	l.job.Report(l.outcome)
}

// happen is an answer that comes once more.
func (r *repeating) happen() {
	l := (*leaf)(r)
	switch p := l.by; {
	case p.dead || !l.answered:
	case p.frozen():
		p.later(r)
	default:
		p.world.story.comes(l)
		l.job.Report(l.outcome)
	}
}
