package actor

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// Snapshot is a token that is given out without asking the session. It is
// immutable but for two flags. Its moments are on the house's Timeline.
type Snapshot struct {
	token  messages.Token // whose Access is the end of header
	header string         // "Bearer " and the access token

	pulse                  *atomic.Int64 // the coarse clock, or the end of time
	staleAt, until, expiry int64         // in the order of what they mean; staleAt is no later than until

	asked atomic.Bool // somebody has told the session that it is stale
	used  atomic.Bool // somebody has read it since the last sweep
}

func (h *House) snapshot(p machine.Publish) *Snapshot {
	now, expiry := h.clock.Now(), p.Token.Expiry
	if expiry.IsZero() { // nobody knows it
		expiry = p.Until
	}
	s := &Snapshot{
		token:  p.Token,
		header: Header(p.Token),
		pulse:  h.pulse,
		until:  h.line.Of(p.Until, now),
		expiry: h.line.Of(expiry, now),
	}
	if p.Brief {
		s.pulse = endOfTime
	}
	s.staleAt = min(h.line.Of(p.StaleAt, now), s.until)
	s.token.Access = messages.Secret(s.header[len(s.header)-len(p.Token.Access):])
	return s
}

// Header returns the value of the Authorization header for a token.
func Header(t messages.Token) string { return scheme(t.Type) + " " + t.Access.Reveal() }

// scheme is how a token type is written in a header: servers answer "bearer",
// resource servers may insist on "Bearer".
func scheme(tokenType string) string {
	if tokenType == "" || strings.EqualFold(tokenType, "bearer") {
		return "Bearer"
	}
	return tokenType
}

// String hides the token from whoever prints the snapshot.
func (s *Snapshot) String() string { return "snapshot of a " + s.token.String() }

// Access returns the access token.
func (s *Snapshot) Access() string { return string(s.token.Access) }

// Header returns the value of the Authorization header.
func (s *Snapshot) Header() string { return s.header }

// Token returns the token, which must not be changed.
func (s *Snapshot) Token() *messages.Token { return &s.token }

// Calm returns the token that may be given out now, if nothing is to be done about
// that but to give it out; nil: see Live. It is small enough for the compiler to put
// it into its callers, and reads two words that change: the snapshot and the time.
func (s *Session) Calm() *Snapshot {
	snap := s.live.Load()
	if snap == nil || snap.pulse.Load() >= snap.staleAt || !snap.used.Load() {
		return nil
	}
	return snap
}

// Live returns the token that may be given out now with at least min of its real
// life left, or nil: then the session has to be asked, as it has where there is a Doorkeeper. The first caller who finds
// the token stale tells the session so, and gets it all the same.
func (s *Session) Live(min time.Duration) *Snapshot {
	if s.house.door != nil {
		return nil
	}
	return s.atHand(min)
}

func (s *Session) atHand(min time.Duration) *Snapshot {
	snap := s.live.Load()
	if snap == nil {
		return nil
	}
	now := snap.pulse.Load()
	if min > 0 || snap.pulse == endOfTime {
		now = s.house.now()
	}
	if now >= snap.until || min > 0 && snap.expiry-now < int64(min) {
		return nil
	}
	if now >= snap.staleAt && !snap.asked.Load() {
		s.nudge(snap)
	}
	if !snap.used.Load() {
		snap.used.Store(true)
	}
	return snap
}

// nudge has the session start a renewal, once for each snapshot.
func (s *Session) nudge(snap *Snapshot) {
	if snap.asked.CompareAndSwap(false, true) {
		s.post(asked{ask: messages.Get{}})
	}
}
