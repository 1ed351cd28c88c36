package sessions

import (
	"time"

	"github.com/holdfast-go/holdfast/actor"
)

// Status is what a session looks like at one moment. It holds no secret.
type Status struct {
	Key string

	// State is one of Empty (not looked at yet), Acquiring, Fresh, Stale,
	// Ending (valid, but its grant is dead), Expired, Cooling (the last renewal
	// failed), Dead (a human must log in), Revoked and Closed.
	State string

	// Generation counts the tokens of the session's grant; zero: it has none.
	Generation uint64

	// Expiry is when the access token ends, RefreshExpiry when the refresh token
	// does; zero: unknown.
	Expiry, RefreshExpiry time.Time

	// Held is how many callers wait.
	Held int

	// Renewing: a renewal is under way.
	Renewing bool

	// Unsaved: what the session holds is not in the store.
	Unsaved bool

	// LastError is why the last renewal failed; nil: it did not.
	LastError error

	// NextTry is when the next renewal may begin; zero: with the next ask, or never.
	NextTry time.Time
}

func status(s *actor.Session) Status {
	v := s.View()
	return Status{
		Key:           s.Key(),
		State:         v.State.String(),
		Generation:    v.Generation,
		Expiry:        v.Expiry,
		RefreshExpiry: v.RefreshExpiry,
		Held:          v.Held,
		Renewing:      v.Renewing,
		Unsaved:       v.Unsaved,
		LastError:     v.LastError,
		NextTry:       v.NextTry,
	}
}
