package clockutil

import (
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Virtual is a [Clock] whose time passes only when it is advanced. The zero
// Virtual is ready to use and stands at 2026-01-01T12:00:00Z. It must not be
// copied after first use.
//
// All methods are safe for concurrent use. Functions are called by Advance and
// AdvanceToNext, in the goroutine of their caller, one after another, with the
// clock standing at the instant for which each was armed. They may call every
// method of the clock and of its timers except these two, which panic there
// instead of waiting for ever.
//
// A function that panics leaves the clock at its instant and in working order;
// what was due after it is still pending.
//
// A Virtual can go 292 years from where it starts, and stops there. A timer for
// later than that never fires: it is pending, but not next.
type Virtual struct {
	start time.Time    // zero: epoch
	now   atomic.Int64 // nanoseconds since start; written with mu held

	mu        sync.Mutex // guards the fields below; never held while a function is called
	pending   timerHeap
	made      uint64 // counts the timers, to order those of one instant
	advancing bool
	advanced  *sync.Cond // advancing may have become false; nil: nobody has ever waited
}

var _ Clock = (*Virtual)(nil)

// never is an instant that no Virtual reaches.
const never time.Duration = math.MaxInt64

// epoch lies at noon, so that the times of a short test all have the same date.
var epoch = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// NewVirtual returns a clock that stands at start, in the location of start. For
// a zero start that is 2026-01-01T12:00:00Z, as for the zero Virtual.
func NewVirtual(start time.Time) *Virtual {
	// A monotonic reading would make equal instants print and compare
	// differently.
	return &Virtual{start: start.Round(0)}
}

// Now returns the instant at which the clock stands.
func (v *Virtual) Now() time.Time { return v.at(time.Duration(v.now.Load())) }

// AfterFunc arms a timer that calls f when the clock has been advanced by d. If d
// is zero or less, that is within the advance under way or else in the next one,
// even if it is by zero.
func (v *Virtual) AfterFunc(d time.Duration, f func()) Timer {
	t := &virtualTimer{clock: v, f: f}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.made++
	v.pending.push(entry{at: v.after(d), made: v.made, timer: t})
	return t
}

// Advance moves the clock on by d and calls what is due on the way, including what
// these calls arm. It returns when the clock stands d later and all calls have
// returned. A d below zero is zero: time does not go back. Of several Advances at
// once each moves the clock by its own d, one after another.
//
// A function that arms itself again for the same instant each time it is called
// keeps Advance from returning.
func (v *Virtual) Advance(d time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.begin()
	defer v.end()
	v.runUntil(min(v.after(d), never-1))
}

// AdvanceToNext moves the clock on to the earliest pending instant and calls what
// is due then, including what these calls arm for that same instant. It reports
// whether there was one; if not, the clock stays where it is.
func (v *Virtual) AdvanceToNext() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.begin()
	defer v.end()
	target, ok := v.next()
	if ok {
		v.runUntil(target)
	}
	return ok
}

// Next returns the earliest pending instant, and false if nothing is pending.
func (v *Virtual) Next() (time.Time, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	next, ok := v.next()
	if !ok {
		return time.Time{}, false
	}
	return v.at(next), true
}

// Pending returns the number of timers that have neither fired nor been stopped.
func (v *Virtual) Pending() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.pending)
}

// at returns the instant that lies d after the start.
func (v *Virtual) at(d time.Duration) time.Time {
	if v.start.IsZero() {
		return epoch.Add(d)
	}
	return v.start.Add(d)
}

// after returns the time since the start at which d will have passed, or never.
func (v *Virtual) after(d time.Duration) time.Duration {
	now := time.Duration(v.now.Load())
	if d = max(d, 0); d > never-now {
		return never
	}
	return now + d
}

// next returns the time since the start at which the earliest timer is due. The
// caller holds v.mu.
func (v *Virtual) next() (time.Duration, bool) {
	if len(v.pending) == 0 || v.pending[0].at == never {
		return 0, false
	}
	return v.pending[0].at, true
}

// begin makes the caller the only one who advances the clock, until end. Who calls
// it, end, runUntil or call holds v.mu.
func (v *Virtual) begin() {
	for v.advancing {
		if insideCallback() {
			panic("clockutil: a function that a Virtual calls must not advance a Virtual; let it call AfterFunc")
		}
		if v.advanced == nil {
			v.advanced = sync.NewCond(&v.mu)
		}
		v.advanced.Wait()
	}
	v.advancing = true
}

func (v *Virtual) end() {
	v.advancing = false
	if v.advanced != nil {
		v.advanced.Signal()
	}
}

// runUntil calls what is due by target and leaves the clock there.
func (v *Virtual) runUntil(target time.Duration) {
	for len(v.pending) > 0 && v.pending[0].at <= target {
		e := v.pending.remove(0)
		v.now.Store(int64(e.at))
		v.call(e.timer.forget())
	}
	v.now.Store(int64(target))
}

// call calls f without v.mu. It has it back even if f panics or ends its goroutine,
// as a failing test does.
func (v *Virtual) call(f func()) {
	v.mu.Unlock()
	defer v.mu.Lock()
	f()
}

// insideCallback reports whether the caller was itself called by a Virtual. Which
// one it was cannot be seen, and need not be: to wait for another one is to block,
// and that no callback may do.
func insideCallback() bool {
	var pcs [64]uintptr
	for skip := 0; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		if n == 0 {
			return false
		}
		frames := runtime.CallersFrames(pcs[:n])
		for more := true; more; {
			var frame runtime.Frame
			frame, more = frames.Next()
			if strings.HasSuffix(frame.Function, "clockutil.(*Virtual).call") {
				return true
			}
		}
	}
}

// virtualTimer is a timer of a Virtual, whose mu guards index and f.
type virtualTimer struct {
	clock *Virtual
	index int    // where it is in clock.pending; gone: it is not
	f     func() // nil when gone: who keeps the timer must not keep what f refers to
}

var _ Timer = (*virtualTimer)(nil)

// Stop removes the timer from its clock. It reports true only if it has thereby
// prevented the call.
func (t *virtualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.index == gone {
		return false
	}
	t.clock.pending.remove(t.index)
	t.forget()
	return true
}

// forget returns the timer's function and lets go of it.
func (t *virtualTimer) forget() func() {
	f := t.f
	t.f = nil
	return f
}
