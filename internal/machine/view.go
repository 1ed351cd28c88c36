package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// View is what may be shown of a session: no secret is in it.
type View struct {
	State                 State
	Grant, Generation     uint64
	Expiry, RefreshExpiry time.Time
	Held                  int
	Renewing, Unsaved     bool
	LastError             error
	NextTry               time.Time
}

// View returns what the session looks like at now.
func (s Session) View(now time.Time) View {
	st := step{Session: s, now: now}
	st.pair.rebase(now) // and not the run's, which the view shares with the session
	st.expire()
	v := st.Glance()
	if st.cause != (cause{}) {
		v.LastError = st.cause.error(st.dueIn())
	}
	return v
}

// Glance returns what the session has looked like since its last Step, but for LastError.
func (s *Session) Glance() View {
	v := View{
		State:         s.state,
		Grant:         s.pair.grant,
		Generation:    s.pair.generation,
		Expiry:        s.pair.token.Expiry,
		RefreshExpiry: s.pair.token.RefreshExpiry,
		Held:          s.waiting(),
		Renewing:      s.run.purpose == renew || s.run.purpose == establish,
		Unsaved:       s.unsaved.waiting || s.revoke.unsaved,
	}
	switch s.state {
	case Stale, Cooling:
		v.NextTry = s.due
	case Fresh:
		v.NextTry = s.pair.staleAt
	case Empty, Acquiring, Ending, Expired, Dead, Revoked, Closed:
	}
	return v
}

// Refresh returns the refresh token that the session would spend next, empty if it
// has none, and whether that is known: not before it has looked at the store.
func (s *Session) Refresh() (held messages.Secret, known bool) {
	return s.pair.token.Refresh, s.looked
}

// Offered returns the refresh token of the token that waits to take the place of
// what is held; empty: none does.
func (s *Session) Offered() messages.Secret {
	if !s.offered {
		return ""
	}
	return s.given.Refresh
}

// Running reports whether a run is under way: a renewal, or one that saves or ends
// something.
func (s *Session) Running() bool { return s.run.active() }

// Held is how many callers wait for the run.
func (s *Session) Held() int { return len(s.held) - s.gone }
