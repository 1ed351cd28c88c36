package clockutil

import (
	"sync/atomic"
	"time"
)

// leap is by how much the wall clock and the monotonic one must have gone apart before
// it counts: more than lies between two looks at two clocks, and less than the
// margin of any token that lives for a second.
const leap = 100 * time.Millisecond

// Left returns the time from now to t by the wall clock or by the monotonic one,
// whichever says less. The monotonic clock stands still while a machine is suspended,
// and the wall clock may have been set back. It is negative when t is over by either.
func Left(now, t time.Time) time.Duration {
	return min(t.Sub(now), t.Round(0).Sub(now.Round(0)))
}

// Rebase returns t on the clocks as they are at now: an instant that is [Left] away from
// it. While the two clocks agree, that is t as it is. With t kept in its place, what a
// suspended machine has slept counts once, and no later change of the wall clock is
// taken for it.
func Rebase(t, now time.Time) time.Time {
	if t.IsZero() || Agree(t, now) {
		return t
	}
	return now.Add(Left(now, t))
}

// Agree reports whether the two clocks have moved alike from one instant to another, so that
// [Rebase] leaves what was taken from them as it is.
func Agree(t, now time.Time) bool {
	gap := apart(t, now)
	return gap < leap && gap > -leap
}

// SetBack reports whether the wall clock has fallen behind the monotonic one, by a tenth of
// a second or more, from one instant to another: it was set back, and neither can say whether
// the machine has slept meanwhile.
func SetBack(t, now time.Time) bool { return apart(t, now) <= -leap }

// apart returns by how much more the wall clock has moved from then to now than the
// monotonic one: what the machine has slept, and by how much its wall clock was set.
func apart(then, now time.Time) time.Duration {
	seconds := now.Unix() - then.Unix()
	if seconds > centuries || seconds < -centuries { // more than a Duration can count
		return now.Round(0).Sub(then.Round(0)) - now.Sub(then)
	}
	return time.Duration(seconds)*time.Second + time.Duration(now.Nanosecond()-then.Nanosecond()) - now.Sub(then)
}

// centuries are two of them, in seconds.
const centuries = 200 * 365 * 24 * 3600

// Timeline makes one number of the two clocks that a machine has, which can then be
// compared at the cost of an integer: nanoseconds that go on with the monotonic clock,
// and with the wall clock where that goes ahead of it, because the machine was suspended
// or somebody has set the clock. A clock that is set back moves nothing. So whatever is over by
// either clock is over by a Timeline, which needs to be asked often enough to see
// each change for itself.
//
// The zero Timeline is ready to use, and safe for concurrent use. The numbers of two
// are not to be compared.
type Timeline struct {
	last atomic.Pointer[change] // nil: nobody has asked yet
}

// change is the last time that the two clocks went apart, at first the first look at
// them.
type change struct {
	seen  time.Time
	slept time.Duration // up to then, in all
}

// At returns the number of now, which is a reading of the clock just taken.
func (l *Timeline) At(now time.Time) int64 {
	last := l.since(now)
	gap := apart(last.seen, now)
	slept := last.slept + max(gap, 0)
	ahead := gap >= leap && !now.Before(last.seen)
	if ahead || gap <= -leap && now.After(last.seen) { // and not a reading of before the change
		l.last.CompareAndSwap(last, &change{seen: now, slept: slept})
	}
	return nanos(now) + int64(slept)
}

func (l *Timeline) since(now time.Time) *change {
	if l.last.Load() == nil {
		l.last.CompareAndSwap(nil, &change{seen: now})
	}
	return l.last.Load()
}

// Of returns the number that t will have, seen from now, a reading of the clock just
// taken.
func (l *Timeline) Of(t, now time.Time) int64 { return l.At(now) + int64(Left(now, t)) }

// Slept returns how far the wall clock has gone ahead, in all, as far as At has seen.
func (l *Timeline) Slept() time.Duration {
	if last := l.last.Load(); last != nil {
		return last.slept
	}
	return 0
}

// base is where a Timeline counts from.
var base = time.Now()

// nanos returns the time from base to t. If t has a monotonic reading, that is what
// counts.
func nanos(t time.Time) int64 { return int64(t.Sub(base)) }
