package simcore

import (
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

var _ clockutil.Clock = (*process)(nil)

// Now is the time as the process sees it. While a leaf is served it is the time at which
// the leaf was sent: what it does, it does on arrival, and its sender is not asked again.
func (p *process) Now() time.Time {
	if l := p.world.serving; l != nil && l.by == p {
		return l.sentAt
	}
	return moment(p.world.now+p.wall, p.monotonic())
}

func (p *process) monotonic() time.Duration { return p.world.now - p.lost }

// AfterFunc counts by the monotonic clock of the process.
func (p *process) AfterFunc(d time.Duration, f func()) clockutil.Timer {
	t := &timer{by: p, due: p.monotonic() + max(d, 0), f: f}
	p.world.after(max(d, 0), t)
	return t
}

// timer is a timer of a process.
type timer struct {
	by  *process
	due time.Duration
	f   func() // nil: it has fired, or was stopped
}

func (t *timer) Stop() bool {
	armed := t.f != nil
	t.f = nil
	return armed
}

func (t *timer) happen() {
	p := t.by
	switch {
	case t.f == nil, p.dead:
	case p.frozen():
		p.later(t)
	case p.monotonic() < t.due: // the clock has stood still meanwhile
		p.world.after(t.due-p.monotonic(), t)
	default:
		f := t.f
		t.f = nil
		f()
	}
}
