package machine

import (
	"github.com/holdfast-go/holdfast/messages"
)

// close lets go of the session. Callers are told at once; what must not be lost
// is waited for.
func (s *step) close() {
	if s.state == Closed {
		return
	}
	s.state = Closed
	s.do(Withdraw{})
	s.failHeld(messages.ErrClosed)
	s.tellAllAskers(messages.ErrClosed)
	s.revoke.again = false
	s.failLogins(messages.ErrClosed)
	s.unsaved.due = s.now
	s.closeRun()
}

// closeRun gives up what can be given up: everything but a write, a claim that may
// have landed, a refresh token that is being spent, and the end of a token.
func (s *step) closeRun() {
	switch s.run.stage {
	case resting:
	case queued, watching, loading:
		s.letGo()
	case pausing:
		s.closePausing()
	case minting:
		if !s.rules.OneTime && s.run.purpose != establish {
			s.release()
		}
	case claiming, saving, revoking:
	}
}

func (s *step) closePausing() {
	if s.revoke.unsaved {
		s.run.until = s.now
		return
	}
	s.letGo()
}

// letGo ends a run that has nothing in flight that matters. A pair that it has brought
// is behind the same guard as in installMinted: the watch may have told of something newer.
func (s *step) letGo() {
	s.revoke.wanted = s.revoke.wanted && s.revoke.unsaved
	switch {
	case s.run.minted.generation == 0:
	case s.superseded():
		s.endSuperseded()
		return
	default:
		s.pair = s.run.minted
		s.unsaved = unsaved{waiting: true, due: s.now}
	}
	s.release()
}
