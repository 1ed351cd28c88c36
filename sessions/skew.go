package sessions

import (
	"errors"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// skew corrects what a session's assertions say about the time, once the Date of a
// denial has shown that our clock and the server's differ.
//
//	own clock ── denied, Date differs ──▶ on trial ── granted ──▶ corrected
//	    ▲                                    │                      │ denied, Date
//	    ╰──────────── denied ────────────────╯◀──── differs again ──╯
//
// The request is not repeated here: its failure becomes a transient one, and the next
// request of the session, a retry as any other, says the right time. A
// denial on trial is handed on as it is and the correction forgotten, so a
// renewal costs one more request at most, however the server's clock may jump. Exchanges
// are under way side by side: what was sent before the last change tries nothing, and
// its denial is no news if its Date says what has been learned meanwhile.
type skew struct {
	grant  bool // the grant is signed
	client bool // the client signs to authenticate itself

	mu    sync.Mutex    // guards the fields below
	ahead time.Duration // the server's clock, of ours
	trial bool          // nothing has been granted since ahead was learned
}

const (
	// With both clocks right, Date, which counts in whole seconds, is less than a
	// second behind the moment when the request was sent, and ahead of it by what the
	// way to the server and back takes. An iat of the future, which some servers deny
	// without leeway, is always a second or more ahead of Date.
	mostBehind = time.Second
	mostAhead  = 2 * time.Second

	// largestSkew covers a clock that was set to local time. Beyond it, whoever
	// answers could have an assertion made that is good some time in the far future.
	largestSkew = 24 * time.Hour
)

// stamp is what the assertions of one request say about the time.
type stamp struct {
	sent          time.Time     // by our clock
	ahead         time.Duration // the correction
	grant, client bool          // who signs
}

// stamp is for a request of the client's that is sent at now.
func (s *skew) stamp(now time.Time) stamp {
	if s == nil {
		return stamp{sent: now}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return stamp{sent: now, ahead: s.ahead, client: s.client}
}

// stampGrant is for a request that has the grant in it too.
func (s *skew) stampGrant(now time.Time) stamp {
	at := s.stamp(now)
	at.grant = s != nil && s.grant
	return at
}

// said is the server's time.
func (t stamp) said() time.Time { return t.sent.Add(t.ahead) }

// heard takes what came of a request: its error, and the Date of its answer, zero if
// there was none. It returns what the machine is to be told.
func (s *skew) heard(at stamp, date time.Time, err error) error {
	if s == nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	outdated := at.ahead != s.ahead
	if err == nil {
		s.trial = s.trial && (outdated || !at.signed())
		return nil
	}
	f, ok := errors.AsType[messages.Failure](err)
	if !ok || !at.denies(f) {
		return err
	}
	ahead := date.Sub(at.sent)
	switch {
	case outdated && s.agrees(ahead):
		return differs(f)
	case outdated:
		return err
	case s.trial:
		s.ahead, s.trial = 0, false
		return err
	case ahead.Abs() > largestSkew, s.agrees(ahead): // an answer without a Date is centuries behind
		return err
	}
	s.ahead, s.trial = ahead, true
	return differs(f)
}

// differs is a denial that another attempt mends.
func differs(f messages.Failure) error {
	f.Verdict, f.Reason = messages.Transient, "the server's clock differs from ours"
	return f
}

// agrees reports whether what Date says of the server's clock is what we go by.
func (s *skew) agrees(ahead time.Duration) bool {
	off := ahead - s.ahead
	return -mostBehind < off && off <= mostAhead
}

// denies reports whether a failure may be for the times in an assertion.
//
//	"the authorization server constructs an error response [...] The value of the
//	"error" parameter MUST be the "invalid_grant" error code."
//	https://www.rfc-editor.org/rfc/rfc7523#section-3.1
//
// For a client's assertion it is "invalid_client" (section 3.2). So where only the
// client signs, a denied grant is none of the clock's doing.
func (t stamp) denies(f messages.Failure) bool {
	switch f.Verdict {
	case messages.GrantDenied:
		return t.grant
	case messages.Hopeless:
		return t.signed()
	case messages.Transient, messages.Doubtful:
	}
	return false
}

func (t stamp) signed() bool { return t.grant || t.client }
