package simcore

import (
	"time"
	"unsafe"
)

// epoch is when every history begins, by a clock that is right.
var epoch = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// moment returns a time with both readings: so long after the epoch by the wall clock,
// and so long by the monotonic one. A process whose wall clock is set, or whose machine
// is suspended, has times in which the two differ; no function of package time makes such
// times, so the fields are filled in, as TestMomentHasTwoReadings checks.
func moment(wall, monotonic time.Duration) time.Time {
	at := epochNanos + int64(wall)
	parts := timeParts{
		wall: hasMonotonic | uint64(at/int64(time.Second))<<nanosBits | uint64(at%int64(time.Second)),
		ext:  int64(monotonic) + int64(time.Second),
	}
	return *(*time.Time)(unsafe.Pointer(&parts))
}

// timeParts are the fields of time.Time.
type timeParts struct {
	wall uint64 // a flag, 33 bits of seconds since 1885, 30 bits of nanoseconds
	ext  int64  // the monotonic reading
	_    *time.Location
}

const (
	hasMonotonic = 1 << 63
	nanosBits    = 30
)

// epochNanos is the epoch in nanoseconds since 1885.
var epochNanos = int64(epoch.Sub(time.Date(1885, time.January, 1, 0, 0, 0, 0, time.UTC)))
