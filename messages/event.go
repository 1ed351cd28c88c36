package messages

import "time"

// Event is something that happened to a session. The types of this file
// implement it, and no others. Every event carries a [Header]; tell them apart
// with a type switch.
//
//sumtype:decl
type Event interface {
	// Head returns which session it happened to, and when.
	Head() Header

	event()
}

// Header says which session an event is about.
type Header struct {
	Key        string    // the session's; empty for Missed
	Generation uint64    // the generation held when it happened; zero: none
	At         time.Time // by the Manager's clock
}

// Head returns the header itself.
func (h Header) Head() Header { return h }

type (
	// Acquired says that the first token of a grant is there.
	Acquired struct {
		Header
		Expiry time.Time // zero: unknown
	}

	// Renewed says that a newer token of the same grant is there.
	Renewed struct {
		Header
		Expiry  time.Time // zero: unknown
		Adopted bool      // another process renewed it
	}

	// Failing says that a renewal failed. One event for each failed renewal.
	Failing struct {
		Header
		Cause   error
		NextTry time.Time // zero: with the next ask
	}

	// Recovered says that a renewal succeeded after one or more had failed.
	Recovered struct {
		Header
		Failures int // how many had failed in a row
	}

	// Denied says that the authorization server says that the grant is no longer good.
	Denied struct {
		Header
		Cause error
	}

	// Doubted says that a refresh token that can be used once was sent and no readable
	// answer came; the server may have used it.
	Doubted struct {
		Header
		Cause error
	}

	// Revoked says that the session was revoked.
	Revoked struct {
		Header
		Elsewhere bool // another process did it
	}

	// Unsaved says that the newest tokens could not be saved; they are in use and saving
	// is retried.
	Unsaved struct {
		Header
		Cause error
	}

	// Saved says that tokens that had been unsaved are saved.
	Saved struct{ Header }

	// Rejected says that a resource server refused the token held; it is not given out
	// any more.
	Rejected struct {
		Header
		Cause error // what the caller of Reject passed; nil: nothing
	}

	// LifetimeMissing says that an answer did not say how long its token lives, and
	// Assumed was taken for it.
	LifetimeMissing struct {
		Header
		Assumed time.Duration
	}

	// Woke says that the session took up what the store had of it.
	Woke struct{ Header }

	// Slept says that the session was idle and has let go of its token; the next ask
	// takes it up again from the store.
	Slept struct{ Header }

	// Missed says that this subscriber was too slow and lost N events.
	Missed struct {
		Header
		N int
	}
)

func (Acquired) event()        {}
func (Renewed) event()         {}
func (Failing) event()         {}
func (Recovered) event()       {}
func (Denied) event()          {}
func (Doubted) event()         {}
func (Revoked) event()         {}
func (Unsaved) event()         {}
func (Saved) event()           {}
func (Rejected) event()        {}
func (LifetimeMissing) event() {}
func (Woke) event()            {}
func (Slept) event()           {}
func (Missed) event()          {}
