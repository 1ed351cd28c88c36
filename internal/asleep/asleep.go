// Package asleep is for tests: the clock of a machine that is suspended now and then,
// and of which somebody sets the clock. While such a machine sleeps its wall clock goes
// on, its monotonic clock stands still, and no timer fires.
package asleep

import (
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/holdfast-go/holdfast/clockutil"
)

// Clock is a clockutil.Clock whose readings have a wall and a monotonic part that go
// apart when the test says so. The zero Clock is ready to use.
type Clock struct {
	awake clockutil.Virtual // the time that the machine has run
	ahead atomic.Int64      // by how much the wall clock has gone on besides
}

var _ clockutil.Clock = (*Clock)(nil)

// boot is a reading with a monotonic part, which there is none of in a bubble of
// testing/synctest.
var boot = time.Now()

// Now returns what time.Now would.
func (c *Clock) Now() time.Time {
	return Past(boot.Add(c.ran()), time.Duration(c.ahead.Load()))
}

func (c *Clock) ran() time.Duration { return c.awake.Now().Sub(started) }

var started = new(clockutil.Virtual).Now()

// AfterFunc arms a timer on the time that the machine runs.
func (c *Clock) AfterFunc(d time.Duration, f func()) clockutil.Timer { return c.awake.AfterFunc(d, f) }

// Runs lets d pass while the machine is awake.
func (c *Clock) Runs(d time.Duration) { c.awake.Advance(d) }

// Sleeps suspends the machine for d. Setting its wall clock by d looks the same, and d
// may be negative then.
func (c *Clock) Sleeps(d time.Duration) { c.ahead.Add(int64(d)) }

// Past returns a reading whose wall part is d later than that of t, and its monotonic
// part the same.
func Past(t time.Time, d time.Duration) time.Time {
	past := t.Add(d)
	// Nobody can make such a reading but the machine, so the monotonic part is put
	// back by hand: the second word of a time.Time, in nanoseconds.
	*(*int64)(unsafe.Add(unsafe.Pointer(&past), unsafe.Sizeof(uint64(0)))) -= int64(d)
	if past.Sub(t) != 0 || past.Round(0).Sub(t.Round(0)) != d {
		panic("asleep: a time.Time looks otherwise by now")
	}
	return past
}
