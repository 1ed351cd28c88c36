package simcore

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Script is all that makes a history: the same Script is the same history.
type Script struct {
	About   string   `json:",omitempty"` // which promise it has broken, and what was wrong
	Ties    uint64   // seed of what comes first when two things happen at once
	Faults  uint64   // seed of what goes wrong
	Weather Weather  `json:",omitzero"`  // how often
	Strikes []Strike `json:",omitempty"` // what goes wrong whatever the weather
	Terms   Terms
	Lasts   time.Duration `json:",omitzero"` // at least, however soon the last event comes
	Events  []Event
}

// Event is somebody who wants something.
type Event struct {
	At      time.Duration // after the beginning
	Process int
	Session int
	Request Request
	Aim     Aim           `json:",omitzero"` // at a moment at which something changes, found at At
	Offset  time.Duration `json:",omitzero"` // from that moment
	N       uint64        `json:",omitzero"` // what the request needs to choose
}

// Aim is a moment of a session at which something changes.
type Aim uint8

// The aims.
const (
	NoAim   Aim = iota // the event happens when it is due
	AtTimer            // of the session
	AtStale
	AtOver // the token is not served any more
	AtExpiry
	aimCount
)

var aimNames = [aimCount]string{"", "timer", "stale", "over", "expiry"}

// String returns the name of the moment.
func (a Aim) String() string { return aimNames[a] }

// MarshalText writes the name.
func (a Aim) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (a *Aim) UnmarshalText(b []byte) error { return named(a, aimNames[:], "aim", b) }

// Request is what somebody wants.
type Request uint8

// The requests.
const (
	Get         Request = iota // a valid token
	GetLong                    // one that is valid for long
	Refresh                    // a newer one
	RefreshLong                // one that is newer and valid for long
	Exchange                   // one in exchange
	Reject                     // the token held is refused by a resource server
	RejectOther                // or another one
	RejectExchanged
	Revoke
	Login   // by proofs
	Replace // a human brings a new token
	Stop    // the process closes, and starts again
	requestCount
)

var requestNames = [requestCount]string{
	"get", "get-long", "refresh", "refresh-long", "exchange", "reject", "reject-other", "reject-exchanged",
	"revoke", "login", "replace", "stop",
}

// String returns the name of the request.
func (r Request) String() string { return requestNames[r] }

// MarshalText writes the name.
func (r Request) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (r *Request) UnmarshalText(b []byte) error { return named(r, requestNames[:], "request", b) }

// String returns the script as JSON.
func (s *Script) String() string {
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		panic("BUG: a script that is no JSON: " + err.Error())
	}
	return string(b)
}

// ReadScript reads a script that String has written.
func ReadScript(text string) (*Script, error) {
	s := new(Script)
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, err
	}
	return s, s.check()
}

// check finds what no world can play.
func (s *Script) check() error {
	t := &s.Terms
	switch {
	case t.Processes < 1 || t.Processes > len(procNames):
		return fmt.Errorf("%d processes; there may be 1 to %d", t.Processes, len(procNames))
	case len(t.Kinds) == 0:
		return errors.New("no session")
	case t.Life < time.Second:
		return fmt.Errorf("a life of %v; it must be a second at least", t.Life)
	}
	for _, name := range t.Kinds {
		if _, err := kindNamed(name); err != nil {
			return err
		}
	}
	for i, e := range s.Events {
		switch {
		case e.Process < 0 || e.Process >= t.Processes:
			return fmt.Errorf("event %d is for process %d, and there are %d", i, e.Process, t.Processes)
		case e.Session < 0 || e.Session >= len(t.Kinds):
			return fmt.Errorf("event %d is for session %d, and there are %d", i, e.Session, len(t.Kinds))
		case e.At < 0 || i > 0 && e.At < s.Events[i-1].At:
			return fmt.Errorf("event %d is not after the one before it", i)
		}
	}
	return nil
}

// drawer draws a script.
type drawer struct {
	rng    *rand.Rand
	script *Script
	at     time.Duration
}

// oneOf is one of a few, drawn.
func oneOf[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

// events draws what is wanted, and when.
func (d *drawer) events(n int) {
	s := d.script
	s.Events = s.Events[:0]
	for range n {
		d.at += d.gap()
		e := Event{
			At:      d.at,
			Process: d.rng.IntN(s.Terms.Processes),
			Session: d.rng.IntN(len(s.Terms.Kinds)),
			Request: d.request(),
			N:       d.rng.Uint64(),
		}
		if d.rng.IntN(5) == 0 {
			e.Aim = Aim(1 + d.rng.IntN(int(aimCount)-1))
			e.Offset = oneOf(d.rng, -time.Second, -time.Millisecond, 0, 0, time.Millisecond, time.Second)
		}
		s.Events = append(s.Events, e)
	}
}

// gap clusters those who want something: two of three come soon after another.
func (d *drawer) gap() time.Duration {
	life := d.script.Terms.Life
	if d.rng.IntN(3) != 0 {
		return oneOf(d.rng, 0, 0, time.Millisecond, 5*time.Millisecond, 20*time.Millisecond, 100*time.Millisecond, 250*time.Millisecond)
	}
	return oneOf(d.rng, time.Second, 2*time.Second, 10*time.Second, life/8, life/3, life*3/4)
}

// request is what is wanted: mostly a token.
func (d *drawer) request() Request {
	t := &d.script.Terms
	switch n := d.rng.IntN(100); {
	case n < 45:
		return Get
	case n < 52:
		return GetLong
	case n < 62:
		return Refresh
	case n < 64:
		return RefreshLong
	case n < 76:
		return Exchange
	case n < 83:
		return Reject
	case n < 85:
		return RejectOther
	case n < 87:
		return RejectExchanged
	case n < 91 && t.Revokes:
		return Revoke
	case n < 95 && t.Logins:
		return oneOf(d.rng, Login, Login, Replace)
	case n < 96 && t.Stops:
		return Stop
	}
	return Get
}

// weather lets one history in eight be a fine day, and three have one fault only, so
// that what holds without the others can be seen.
func (d *drawer) weather(allowed Weather) {
	w := &d.script.Weather
	*w = Weather{}
	var may []Fault
	for f := range faultCount {
		if allowed[f] > 0 {
			may = append(may, f)
		}
	}
	if len(may) == 0 {
		return
	}
	switch d.rng.IntN(8) {
	case 0:
	case 1, 2, 3:
		w[may[d.rng.IntN(len(may))]] = oneOf(d.rng, 30, 100, 300)
	case 4, 5:
		for range 1 + d.rng.IntN(6) {
			w[may[d.rng.IntN(len(may))]] = oneOf(d.rng, 10, 30, 60)
		}
	default:
		for _, f := range may {
			w[f] = oneOf(d.rng, 5, 10, 20)
		}
	}
	for _, f := range []Fault{Crash, Cut, Pause, Suspend, Jump} { // which strike at steps, of which there are more
		w[f] = min(w[f]/5+1, w[f])
	}
	for f := range w {
		w[f] = min(w[f], allowed[f])
	}
}
