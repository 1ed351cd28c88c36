package machine

import (
	"net/netip"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
)

// Session is one session as a value. New makes one, Step moves it on. It is not
// safe for concurrent use; copies share the lists of callers and what was exchanged, so a
// copy that is to be stepped on its own is made with Clone.
type Session struct {
	settings *Settings
	rules    *Rules
	key      string
	seed     uint64 // of jitter

	state State
	pair  pair  // what is held
	cause cause // of Ending, Cooling and Dead, and of the last failure

	due      time.Time // Stale: the next renewal; Cooling: its end
	failures int       // in a row
	failedAt time.Time // the last of them

	held  []caller // those who wait for a token, in the order of their numbers
	gone  int      // how many of them have left
	crowd int      // how many there are besides, since one may stand for a crowd

	run *run // the one renewal under way; idle: none is

	rev     messages.Rev // the newest revision known
	looked  bool         // the store has been read since the session woke
	sight   sighting     // of another's claim
	doubt   doubt        // a one-time grant may have been spent
	givenUp givenUp      // the last Mint that was given up
	unsaved unsaved      // the pair held is not in the store
	revoke  revocation

	logins []login // that wait for their run, one after another

	given   *messages.Token // obtained by somebody else; none: nothing was
	offered bool            // given has not been compared with the record yet

	rejectedAt time.Time         // the last Reject that had an effect
	refused    []messages.Secret // rejected before they were held; the newest few
	forcedAt   time.Time         // the last renewal for want of validity
	short      uint64            // generation that was minted and still too short for who asked; zero: none

	exchanges *exchanges // what was exchanged for the token held; nil: nothing

	renewals, leaves, ops, flights uint64 // counters: no number is used twice
}

// pair is a token with its place in the order of tokens and its moments.
type pair struct {
	token             messages.Token
	grant, generation uint64
	staleAt           time.Time
	expiredAt         time.Time
	renewer           string // the Config.Name of who minted it
	dropped           bool   // the access token is not given out any more
	unseen            bool   // nor before another look at the store
}

// caller is somebody who is held.
type caller struct {
	id    Caller
	more  int // those with the numbers after his, who ask for the same
	away  int // how many of the crowd have left
	since time.Time
	min   time.Duration // of validity
	ip    netip.Addr    // of an ask that may start a renewal
	newer bool          // wants a newer token than (grant, generation)
	left  bool          // waits no longer; kept in the list until that is worth tidying

	exchange *messages.Exchange // what he wants in exchange for the token; nil: the token itself
	tried    bool               // the token was renewed for him since it was refused in exchange

	grant, generation uint64
}

// doubt remembers the request after which a one-time grant may be spent.
type doubt struct {
	sent     time.Time // zero: there is no doubt
	deadline time.Duration
	leaf     uint64 // the Mint that has not answered; zero: it has
}

// givenUp remembers a Mint that was given up, and what it renewed.
type givenUp struct {
	leaf   uint64 // zero: there is none, or it has answered
	grant  uint64
	proofs bool // it sent proofs for a new grant
	buried bool // a Revoke gave it up, or has come since
}

// unsaved remembers a Save that has not succeeded.
type unsaved struct {
	waiting bool
	swap    *Swap // resent as it is while it is open
	open    bool  // it may have landed
	tries   int
	due     time.Time
}

// New returns a session that has not looked at the store. Both settings, with
// their defaults filled in, and rules are shared and must not change.
func New(key string, settings *Settings, rules *Rules) Session {
	r := Rested{fresh: !rules.Given.IsZero()}
	return r.Session(key, settings, rules)
}

// Step brings s up to now, then applies ev, and returns what the session has
// become and what is to be done about it. It consumes s: the caller keeps only
// what is returned.
func (s Session) Step(now time.Time, ev Event) (Session, []Effect) {
	st := step{Session: s, now: now}
	st.advance()
	st.take(ev)
	st.sever()
	st.next()
	st.nextFlights()
	return st.Session, st.effects
}

// step is one Step under way.
type step struct {
	Session
	now     time.Time
	ip      netip.Addr // of the ask that is being taken
	seen    bool       // a look has shown again what was unseen
	effects []Effect
}

func (s *step) take(ev Event) {
	switch ev := ev.(type) {
	case Tick:
	case Ask:
		s.ask(ev)
	case Leave:
		s.leave(ev.Caller)
	case Done:
		s.done(ev)
	case Changed:
		s.changed(ev)
	case Gap:
		s.sight.arrived = time.Time{}
	case Unseen:
		s.unseen()
	case Sleep:
		s.sleep()
	case Close:
		s.close()
	}
}

// few is how many effects have room at once: most steps that have any have two or three.
const few = 4

func (s *step) do(e Effect) {
	if s.effects == nil {
		s.effects = make([]Effect, 0, few)
	}
	s.effects = append(s.effects, e)
}

func (s *step) tell(c Caller, r messages.Reply) { s.answer(caller{id: c}, r) }

// answer tells a caller and his crowd.
func (s *step) answer(c caller, r messages.Reply) {
	if c.id != 0 {
		s.do(Answer{Caller: c.id, More: c.more, Reply: r})
	}
}

func (s *step) head() messages.Header {
	return messages.Header{Key: s.key, Generation: s.pair.generation, At: s.now}
}

func (s *step) emit(ev messages.Event) { s.do(Emit{Event: ev}) }

// newOp names a write. Owner is random for each start of a process, so no two
// writes of this world share a name, and a simulation can still repeat them.
func (s *step) newOp() messages.OpID {
	s.ops++
	var op messages.OpID
	hi := clockutil.Hash(s.settings.Owner, s.key, "hi")
	lo := clockutil.Hash(s.settings.Owner, s.key, "lo")
	put64(op[:8], clockutil.Mix(hi, s.ops))
	put64(op[8:], clockutil.Mix(lo, s.ops))
	return op
}

func put64(b []byte, v uint64) {
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
}

// jitter returns a number that depends on the session, its generation and salt
// alone.
func (s *step) jitter(salt uint64) uint64 {
	return clockutil.Mix(s.seed, s.pair.grant, s.pair.generation, salt)
}

// sleep lets go of everything that the store can give back.
func (s *step) sleep() {
	if !s.idle() {
		return
	}
	s.do(Withdraw{})
	s.emit(messages.Slept{Header: s.head()})
	s.Session = s.Anew()
}

// idle reports whether nothing would be lost by sleeping.
func (s *step) idle() bool {
	switch s.state {
	case Fresh, Stale, Expired, Dead:
		return s.Quiet() && !s.rules.KeepAlive && !s.pair.dropped && s.doubt.sent.IsZero()
	case Revoked: // who is kept alive hears of a new grant
		return s.Quiet() && !s.rules.KeepAlive
	case Empty, Acquiring, Ending, Cooling, Closed:
		return false
	}
	panic("BUG: unknown state")
}

// Quiet reports whether nothing is under way, nobody is held and nothing is left
// to be saved.
func (s *Session) Quiet() bool { return s.Settled() && !s.exchanges.flying() }

// Settled is Quiet but for exchanges: nothing would be lost.
func (s *Session) Settled() bool {
	return !s.run.active() && len(s.held) == s.gone && len(s.logins) == 0 && !s.unsaved.waiting &&
		!s.revoke.wanted && len(s.revoke.strays) == 0
}

// Wake returns when the session has something to do though nobody asks; the
// zero time: never.
func (s *Session) Wake() time.Time {
	at := s.run.wake(s.settings)
	if s.unsaved.waiting && !s.run.active() {
		at = sooner(at, s.unsaved.due)
	}
	if s.rules.KeepAlive && !s.run.active() {
		at = sooner(at, s.keepAliveAt())
	}
	at = sooner(at, sooner(s.loginLimit(), s.exchanges.wake(s.settings)))
	return sooner(at, s.holdLimit())
}

func (s *Session) keepAliveAt() time.Time {
	switch s.state {
	case Fresh:
		return s.pair.staleAt
	case Stale, Cooling:
		return s.due
	case Expired:
		return s.overSince()
	case Empty, Acquiring, Ending, Dead, Revoked, Closed:
	}
	return time.Time{}
}

// overSince returns a moment since which an Expired session has had nothing to
// give out; the zero time if it has never tried to get something.
func (s *Session) overSince() time.Time {
	switch {
	case s.pair.dropped, s.pair.unseen:
		return s.pair.token.Issued
	case s.pair.token.IsZero():
		return s.due
	}
	return s.pair.expiredAt
}

// sooner returns the earlier of two moments, of which the zero time is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Slot says what a session wants of the bound of its endpoint.
type Slot uint8

// What a session can want.
const (
	NoSlot   Slot = iota // nothing: give back what it has
	WantSlot             // it is queued
	HaveSlot             // it has one and still needs it
)

// Slot returns what the session wants of its endpoint's bound, and whether
// somebody waits for it.
func (s *Session) Slot() (want Slot, urgent bool) {
	switch {
	case s.run.stage == queued:
		want = WantSlot
	case s.run.slotted:
		want = HaveSlot
	}
	return want, len(s.held) > s.gone || len(s.revoke.askers)+len(s.revoke.behind) > 0 || s.run.login != nil
}

// Leaf returns the number of the leaf that is under way, zero for none. A leaf
// with another number is of no use any more and can be cancelled.
func (s *Session) Leaf() uint64 {
	if s.run.stage.leaf() {
		return s.run.leaf
	}
	return 0
}

// Renewal returns the number of the run that is under way, zero for none.
func (s *Session) Renewal() uint64 { return s.run.number }

// Known returns the newest revision of the record that the session knows of, zero for none.
func (s *Session) Known() messages.Rev { return s.rev }

// Anew returns a session of the same key that has not looked at the store. The
// counters go on: an answer to a leaf of before must not be taken for one of
// after.
func (s Session) Anew() Session {
	fresh := New(s.key, s.settings, s.rules)
	fresh.renewals, fresh.leaves, fresh.ops, fresh.flights = s.renewals, s.leaves, s.ops, s.flights
	fresh.rev = s.rev
	fresh.pair = pair{grant: s.pair.grant, generation: s.pair.generation} // no number is used twice
	fresh.revoke.landed, fresh.revoke.ended = s.revoke.landed, s.revoke.ended
	fresh.rejectedAt, fresh.forcedAt = s.rejectedAt, s.forcedAt
	if s.rules.static() && s.looked && !s.offered { // what has taken its place may not say that it is later
		fresh.given, fresh.offered = none, false
	}
	return fresh
}
