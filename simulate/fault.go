package simulate

import (
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

// Faults says how often each thing goes wrong: the share of the operations that it
// strikes, from 0 to 1. Which ones depends on the seed and on the operation, and not on what else
// has happened, so a history that is changed a little keeps its faults. The zero Faults
// is [Calm].
type Faults struct {
	// Slow requests, and slow answers, take up to twice as long as their sender waits.
	Slow float64

	// LostRequest never arrives; LostAnswer is of a request that was done. The sender waits
	// until his deadline, and cannot tell the two apart.
	LostRequest, LostAnswer float64

	// Duplicate answers come twice.
	Duplicate float64

	// Broken requests are answered with a 502, half of them after they were done; Busy
	// ones with a 429 and a Retry-After.
	Broken, Busy float64

	// Conflict: somebody has written the record just before a write. Stale: a read is
	// answered by a replica that is behind. Unwritten: the store takes no write and answers
	// no read. Gap: a watch of the store has lost the thread.
	Conflict, Stale, Unwritten, Gap float64

	// Crash ends a process after a step of one of its sessions, or in the middle of
	// it, and starts it again within half a minute.
	Crash float64

	// Pause has a process stand still after a step, for up to a minute, and go on.
	Pause float64

	// Skew is the share of the processes whose clock is wrong, by up to a minute.
	Skew float64
}

// Calm is the weather in which nothing goes wrong. Stormy is one in which everything
// does that a client of a good server must live through: with it a refresh
// token that can be used once, whose successor is lost with an answer, ends its session, as it
// would in earnest; a server with [Grace] forgives that.
var (
	Calm   = Faults{}
	Stormy = Faults{
		Slow: 0.02, LostRequest: 0.02, LostAnswer: 0.02, Duplicate: 0.05,
		Broken: 0.02, Busy: 0.02,
		Conflict: 0.03, Stale: 0.05, Unwritten: 0.02, Gap: 0.02,
		Crash: 0.01, Pause: 0.005, Skew: 0.2,
	}
)

// What a fault is drawn by, so that no two of one operation have to strike together.
const (
	saltSlow = iota + 1
	saltSlowBack
	saltLostRequest
	saltLostAnswer
	saltDuplicate
	saltBroken
	saltBusy
	saltConflict
	saltStale
	saltUnwritten
	saltGap
	saltCrash
	saltPause
	saltSkew
	saltThere
	saltBack
	saltHow
)

// chance is a number that depends on the seed, the operation and the salt alone.
func (s *Sim) chance(of string, salt uint64) uint64 {
	return clockutil.Mix(s.seed, clockutil.Hash(of), salt)
}

// strikes reports whether a fault of this rate strikes an operation.
func (s *Sim) strikes(rate float64, of string, salt uint64) bool {
	if rate <= 0 || s.windingDown.Load() {
		return false
	}
	const parts = 1 << 53 // what a float64 can tell apart
	return float64(s.chance(of, salt)>>11)/parts < rate
}

// pick is one of a few, by chance.
func pick[T any](chance uint64, of ...T) T { return of[chance%uint64(len(of))] }

// soon is how long something takes that goes well: one of a few, so that instants tie.
func (s *Sim) soon(of string, salt uint64) time.Duration {
	return pick(s.chance(of, salt), time.Millisecond, time.Millisecond, 5*time.Millisecond, 5*time.Millisecond, 20*time.Millisecond, 100*time.Millisecond)
}

// within is a moment up to most, one of a few.
func (s *Sim) within(most time.Duration, of string, salt uint64) time.Duration {
	return most * time.Duration(s.chance(of, salt)%9) / 8
}
