package machine

import (
	"net/netip"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
)

// flight is one exchange on its way. Its result is for all who ask for its set
// meanwhile, and it goes on when they have left.
type flight struct {
	number uint64
	leg    leg
	leaf   uint64 // of the leaf under way, or of the last one

	since    time.Time     // it waits for a slot, or the leaf was sent
	deadline time.Duration // of the leaf
	until    time.Time     // backingOff: go on

	slotAt  time.Time // had its first slot
	attempt int       // requests so far
	tries   int       // how often it has backed off
	ip      netip.Addr

	subject pair      // what is exchanged: its place and its access token
	limit   time.Time // the subject's expiry

	askers askers
}

// leg is what a flight does or waits for:
//
//	inLine ──▶ enqueued ──▶ exchanging ──▶ over
//	  ▲                         │
//	  ╰──────── backingOff ◀────╯
type leg uint8

const (
	inLine     leg = iota // for its turn among the flights of the session
	enqueued              // Queue
	exchanging            // Exchange
	backingOff            // until the next try
)

// aloft reports whether a flight counts among the few that are under way at once.
func (l leg) aloft() bool { return l == enqueued || l == exchanging }

// leafNow returns the number of the leaf that is under way; zero: none is.
func (f *flight) leafNow() uint64 {
	if f == nil || !f.leg.aloft() {
		return 0
	}
	return f.leaf
}

// wake returns when the flight has something to do though no leaf has ended.
func (f *flight) wake(set *Settings) time.Time {
	at := f.askers.limit(f.slotAt, set.HoldFor)
	switch f.leg {
	case inLine, enqueued:
		return sooner(at, f.since.Add(set.QueueFor))
	case exchanging:
		return sooner(at, f.since.Add(f.deadline+leafGrace))
	case backingOff:
		return sooner(at, f.until)
	}
	panic("BUG: unknown leg")
}

// join has a caller wait for the flight of his set, begun if there is none. It is
// the only place that begins one.
func (s *step) join(x *exchange, c caller) {
	if x.flight == nil {
		s.flights++
		x.flight = &flight{number: s.flights, since: s.now, ip: c.exchange.ClientIP}
	}
	if s.waiting() >= s.settings.HoldAtMost {
		s.tooMany(c)
		return
	}
	if c.since.IsZero() {
		c.since = s.now
	}
	x.flight.askers.add(c)
}

// nextFlights lets those in line take off, first come first, as long as not too
// many are under way. It is the only place that does.
func (s *step) nextFlights() {
	aloft := 0
	for _, x := range s.exchanges.all() {
		if x.flight != nil && x.flight.leg.aloft() {
			aloft++
		}
	}
	for ; aloft < flightsAtMost; aloft++ {
		f := s.exchanges.firstInLine()
		if f == nil {
			return
		}
		s.leaves++
		f.leg, f.leaf = enqueued, s.leaves
		s.do(Queue{Leaf: Leaf{Number: f.leaf, Deadline: s.settings.QueueFor}, Flight: f.number})
	}
}

func (e *exchanges) firstInLine() *flight {
	var first *flight
	for _, x := range e.all() {
		if f := x.flight; f != nil && f.leg == inLine && (first == nil || f.number < first.number) {
			first = f
		}
	}
	return first
}

// inFlight returns the set whose flight has this leaf under way; nil: none has.
func (e *exchanges) inFlight(leaf uint64) *exchange {
	for _, x := range e.all() {
		if leaf != 0 && x.flight.leafNow() == leaf {
			return x
		}
	}
	return nil
}

// arrives takes what a leaf of a flight brought.
func (s *step) arrives(x *exchange, o Outcome) {
	switch o := o.(type) {
	case Granted:
		s.takesOff(x)
	case Minted:
		s.lands(x, o.Token)
	case Failed:
		s.exchangeFailed(x, o.Failure)
	case TimedOut:
		s.exchangeFailed(x, messages.Failure{Verdict: messages.Doubtful, Reason: "no answer in time"})
	case Found, NotFound, Foreign, Written, Conflict, Unwritten, Unread, Ended:
		panic("BUG: not an outcome of Exchange")
	}
}

// takesOff has a slot. Without a token to exchange, the askers wait for one.
func (s *step) takesOff(x *exchange) {
	f := x.flight
	if f.slotAt.IsZero() {
		f.slotAt = s.now
	}
	if !s.state.valid() {
		s.turnBack(x)
		return
	}
	s.leaves++
	f.attempt++
	f.leg, f.leaf, f.since, f.deadline = exchanging, s.leaves, s.now, s.settings.LeafTimeout
	f.subject = pair{token: messages.Token{Access: s.pair.token.Access}, grant: s.pair.grant, generation: s.pair.generation}
	f.limit = s.pair.token.Expiry
	s.do(Exchange{
		Leaf:     Leaf{Number: f.leaf, Deadline: f.deadline},
		Flight:   f.number,
		Subject:  s.pair.token.Access,
		For:      x.want,
		Attempt:  f.attempt,
		ClientIP: f.ip,
	})
}

// turnBack ends a flight. Who waits for it begins again with a Get.
func (s *step) turnBack(x *exchange) {
	for _, c := range x.endFlight() {
		s.get(c)
	}
}

// endFlight returns who has waited for it.
func (x *exchange) endFlight() []caller {
	f := x.flight
	x.flight = nil
	return f.askers.here()
}

// lands is an answer that brought a token: no longer valid than its parent, and
// not the session's. One that is within its margin already is given to those who
// wait, if it lives at all, and the endpoint is left alone for a while, as after a failure,
// unless it is so short because its parent was.
func (s *step) lands(x *exchange, t messages.Token) {
	f := x.flight
	t.Refresh, t.RefreshExpiry = "", time.Time{}
	if t.Expiry.IsZero() {
		t.Expiry = t.Issued.Add(assumedLife)
	}
	t = s.onOurClock(t)
	capped := !f.limit.IsZero() && t.Expiry.After(f.limit)
	if capped {
		t.Expiry = f.limit
	}
	if until := s.settings.ServedUntil(t); s.now.Before(until) {
		x.token, x.expiredAt, x.parent = t, until, f.subject
		x.failures, x.cause, x.due, x.refused = 0, cause{}, time.Time{}, pair{}
		s.tellAll(x.endFlight(), messages.Reply{Token: t})
		return
	}
	if s.now.Before(t.Expiry) {
		s.tellAll(f.askers.take(), messages.Reply{Token: t})
	}
	if capped {
		s.turnBack(x) // to a newer parent, or to wait for one: this one is within its own margin, too
		return
	}
	s.failExchange(x, cause{failure: messages.Failure{Reason: "the token endpoint gives tokens that have run out when they arrive"}})
}

func (s *step) tellAll(all []caller, r messages.Reply) {
	for _, c := range all {
		s.answer(c, r)
	}
}

// advanceFlights gives up waits and leaves that have taken too long, and tells
// those who have waited too long.
func (s *step) advanceFlights() {
	at := s.exchanges.wake(s.settings)
	if at.IsZero() || s.now.Before(at) {
		return
	}
	for _, x := range s.exchanges.inOrder() {
		s.tireAskers(x.flight)
		if due := x.flight.wake(s.settings); !s.now.Before(due) {
			s.flightDue(x)
		}
	}
}

func (s *step) flightDue(x *exchange) {
	switch f := x.flight; f.leg {
	case inLine, enqueued:
		s.failExchange(x, cause{kind: overloaded, failure: messages.Failure{Reason: "no slot at the token endpoint in time"}})
	case exchanging:
		s.arrives(x, TimedOut{})
	case backingOff:
		s.tryAgain(x)
	}
}

// tryAgain goes on after a back-off, while somebody waits.
func (s *step) tryAgain(x *exchange) {
	if x.flight.askers.none() {
		s.failExchange(x, x.cause)
		return
	}
	x.flight.leg, x.flight.since = inLine, s.now
}

// backOff is the pause before the next try while callers wait.
func (s *step) backOff(f *flight) time.Duration {
	return clockutil.Backoff(retryBase, retryMax, f.tries, s.jitter(saltExchange<<32|f.number<<8|uint64(f.tries)))
}
