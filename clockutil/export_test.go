package clockutil

import "time"

// Tick is how often a Coarse is brought up to date.
const Tick = tick

// StartHeartbeat starts what is behind a Coarse over another clock.
func StartHeartbeat(read func() time.Time, woke func()) (now func() int64, end func()) {
	h := startHeartbeat(read, woke)
	return h.now.Load, h.end
}
