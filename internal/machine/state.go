package machine

import "fmt"

// State is what a session is, seen by those who ask it for a token.
type State uint8

// The states of a session; the package comment has their table.
const (
	Empty     State = iota // the store has not been looked at
	Acquiring              // no valid token, a renewal is under way
	Fresh                  // valid
	Stale                  // valid; a renewal is under way or due again
	Ending                 // valid, but its grant is dead
	Expired                // no valid token, nothing under way
	Cooling                // the last renewal failed
	Dead                   // needs a human
	Revoked                // was revoked, here or elsewhere
	Closed                 // let go of: only what must not be lost is still being saved
)

// String returns the state's name.
func (s State) String() string {
	switch s {
	case Empty:
		return "Empty"
	case Acquiring:
		return "Acquiring"
	case Fresh:
		return "Fresh"
	case Stale:
		return "Stale"
	case Ending:
		return "Ending"
	case Expired:
		return "Expired"
	case Cooling:
		return "Cooling"
	case Dead:
		return "Dead"
	case Revoked:
		return "Revoked"
	case Closed:
		return "Closed"
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// valid reports whether a session in this state may hold a token that is given out.
func (s State) valid() bool { return s == Fresh || s == Stale || s == Ending }
