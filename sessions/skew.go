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
// renewal costs one more request at most, however the server's clock may jump. A session
// has one request under way at a time; one that comes late is judged like any other.
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

// correct returns the server's time.
func (s *skew) correct(now time.Time) time.Time {
	if s == nil {
		return now
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Add(s.ahead)
}

// heard takes what came of a request that was sent at now: its error, and the
// Date of its answer, zero if there was none. It returns what the machine is to be told.
func (s *skew) heard(now, date time.Time, err error) error {
	if s == nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.trial = false
		return nil
	}
	f, ok := errors.AsType[messages.Failure](err)
	if !ok || !s.denies(f) {
		return err
	}
	ahead := date.Sub(now)
	switch {
	case s.trial:
		s.ahead, s.trial = 0, false
		return err
	case ahead.Abs() > largestSkew, s.agrees(ahead): // an answer without a Date is centuries behind
		return err
	}
	s.ahead, s.trial = ahead, true
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
func (s *skew) denies(f messages.Failure) bool {
	switch f.Verdict {
	case messages.GrantDenied:
		return s.grant
	case messages.Hopeless:
		return s.grant || s.client
	case messages.Transient, messages.Doubtful:
	}
	return false
}
