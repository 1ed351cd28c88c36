package actor

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// Snapshot is a token that is given out without asking the session. It is
// immutable but for two flags. Its moments are on the base of clockutil.Nanos.
type Snapshot struct {
	token  messages.Token
	header string // "Bearer " and the access token

	staleAt, until, expiry int64

	asked atomic.Bool // somebody has told the session that it is stale
	used  atomic.Bool // somebody has read it since the last sweep
}

func newSnapshot(p machine.Publish) *Snapshot {
	return &Snapshot{
		token:   p.Token,
		header:  Header(p.Token),
		staleAt: clockutil.Nanos(p.StaleAt),
		until:   clockutil.Nanos(p.Until),
		expiry:  clockutil.Nanos(p.Token.Expiry),
	}
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
func (s *Snapshot) Access() string { return s.header[len(s.header)-len(s.token.Access):] }

// Header returns the value of the Authorization header.
func (s *Snapshot) Header() string { return s.header }

// Token returns the token.
func (s *Snapshot) Token() messages.Token { return s.token }

// Live returns the token that may be given out now with at least min of its real
// life left, or nil: then the session has to be asked. The first caller who finds
// the token stale tells the session so, and gets it all the same.
func (s *Session) Live(min time.Duration) *Snapshot {
	snap := s.live.Load()
	if snap == nil {
		return nil
	}
	now := s.house.now()
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
