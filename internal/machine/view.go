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
	st.expire()
	v := View{
		State:         st.state,
		Grant:         st.pair.grant,
		Generation:    st.pair.generation,
		Expiry:        st.pair.token.Expiry,
		RefreshExpiry: st.pair.token.RefreshExpiry,
		Held:          len(s.held) - s.gone,
		Renewing:      s.run.purpose == renew,
		Unsaved:       s.unsaved.waiting || s.revoke.unsaved,
	}
	if st.cause != (cause{}) {
		v.LastError = st.cause.error(st.dueIn())
	}
	switch st.state {
	case Stale, Cooling:
		v.NextTry = st.due
	case Fresh:
		v.NextTry = st.pair.staleAt
	case Empty, Acquiring, Ending, Expired, Dead, Revoked, Closed:
	}
	return v
}

// Refresh returns the refresh token that the session would spend next, or the
// one that it was given and has not looked at; empty: it has none.
func (s Session) Refresh() messages.Secret {
	if s.offered {
		return s.given.Refresh
	}
	return s.pair.token.Refresh
}
