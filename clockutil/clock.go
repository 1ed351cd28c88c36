// Package clockutil is all the time that the library has: clocks, and the
// arithmetic of waiting. Nothing else in the library reads a clock or arms a
// timer, so who passes a [Clock] decides when everything happens.
//
// A Clock tells the time and calls a function later. There are three:
//
//	take                     when
//	System()                 in production: the clock of the machine
//	Adapt(clock.NewMock())   a program already has a github.com/benbjohnson/clock,
//	                         real or mock, and everything should follow it
//	Virtual                  in tests and simulations: time stands still until it
//	                         is advanced, and a simulated year takes milliseconds
//
// Inside a bubble of testing/synctest, System is virtual by itself.
//
// What a clock waits for are instants, and those of one [Virtual] come in one
// order, always the same: by instant, and for equal instants in the order in
// which the timers were made. The other clocks give no order to equal instants.
//
// A machine has two clocks, and both readings are in what time.Now returns. The
// monotonic one stands still while the machine is suspended, and the wall clock may be
// set. [Left], [Rebase] and [Timeline] go by the one that goes on for longer, so that
// nothing is taken for valid that is over by either. They see a sleep, or a clock set forward, of
// a tenth of a second and more. What they cannot see is a sleep during which, or just
// before which, the wall clock was set back by as much; where it went back by more, [SetBack]
// says that there may have been one.
//
// [Coarse] is a Timeline of the system's clock that costs a nanosecond and lags by some
// milliseconds, for code that asks the time on every call.
//
// [Spread], [Doubling], [Backoff] and [Until] say how long to wait. They draw no
// random numbers: jitter comes from a hash ([Hash], [Mix]) of whatever tells the
// waiters apart, such as a name, a key and the number of the attempt. Waiters who
// failed together do not return together, and yet each wait can be computed again.
//
// The package has no tickers, sleeps or contexts, and it does not set clocks.
package clockutil

import "time"

// Clock tells the time and calls functions later. Implementations are safe for
// concurrent use.
type Clock interface {
	// Now returns the current time. It never goes back, save where somebody
	// sets the wall clock of the machine: use the monotonic reading, as
	// Time.Sub does when both times have one.
	Now() time.Time

	// AfterFunc calls f once, when d has passed. If d is zero or less, that is
	// as soon as possible, which for a clock advanced by hand is the next
	// advance, even one by zero.
	//
	// AfterFunc never calls f itself, so its caller may hold a lock that f takes.
	// f runs in a goroutine of its own, perhaps before AfterFunc has returned,
	// or in the one that advances the clock. It may call Now, AfterFunc and
	// Stop. It must not block, since it may hold up all other timers of the
	// clock.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a call that a [Clock] is to make. Its methods are safe for concurrent
// use.
type Timer interface {
	// Stop prevents the call and reports whether it did. If it returns false,
	// the timer has been stopped before, or its function has been called: it
	// may have returned, be running or be about to begin. Stop does not wait
	// for it.
	Stop() bool
}

// System returns the clock of the machine. Its functions run in goroutines of
// their own. Inside a bubble of testing/synctest it is the clock of the bubble.
//
// Its timers count the time that the machine runs: when it was suspended they fire
// later, by as long as it has slept. Now is right at once.
func System() Clock { return system{} }

type system struct{}

var _ Clock = system{}

func (system) Now() time.Time { return time.Now() }

func (system) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
