package actor

import (
	"sync"
	"sync/atomic"
	"time"

	engine "github.com/asynkron/protoactor-go/actor"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// Session is one session. Its methods are safe for concurrent use.
type Session struct {
	house    *House
	key      string
	rules    *machine.Rules
	endpoint atomic.Pointer[Endpoint] // replaced when the session is asked for again
	bound    *bound
	live     atomic.Pointer[Snapshot]

	mu      sync.Mutex     // guards the fields below
	rested  machine.Rested // what it is while it has no actor
	*waking                // what it has while it has one; nil: it has none
	indexed *indexed       // its refresh tokens, as the house has them; nil: it has none

	finished  chan struct{} // closed once it has ended; nil: nobody has closed it
	ended     bool          // closed, and nothing is left to be done
	forgotten bool          // what is on its way to the mailbox begins nothing
	idle      uint8         // sweeps without a call; two are enough

	abandoned atomic.Bool // closing, and only what is under way is waited for
}

// waking is what a session has while it is awake: from the message that wakes it until
// nothing is under way, due or on its way.
type waking struct {
	// The session's mu guards the fields below.
	player  *player // of the session; this is a part of it
	machine machine.Session
	posted  int    // messages on their way to it
	coming  *crowd // those who want a token and have not arrived; nil: nobody

	// Only Receive touches the fields below.
	callers  callers
	last     machine.Caller     // the newest of them
	leaf     *Job               // of the run; nil: there is none
	answered *machine.Done      // by a prompt store; what comes next
	flights  map[uint64]*flight // exchanges under way, by their numbers
	ticket   *ticket
	timer    clockutil.Timer
	wake     time.Time
}

// value returns the session as the machine sees it. The caller holds mu.
func (s *Session) value() machine.Session {
	if s.waking != nil {
		return s.machine
	}
	return s.rested.Session(s.key, s.house.settings, s.rules)
}

// wakeUp gives the session an actor. The caller holds mu.
func (s *Session) wakeUp() {
	p := s.house.cast(s)
	p.waking.player, p.waking.machine = p, s.value()
	s.waking = &p.waking
	s.rested.Clear()
}

// lieDown lets the actor go. What is given out and what is kept are one token then.
// The caller holds mu.
func (s *Session) lieDown() {
	if snap := s.live.Load(); snap != nil {
		s.machine.Share(snap.token.Access)
	}
	p := s.player
	s.rested.Replace(&s.machine)
	s.waking = nil
	s.house.release(p)
}

// Key returns the key that the session was opened with.
func (s *Session) Key() string { return s.key }

// Identity returns the digest of what tells this session from others.
func (s *Session) Identity() messages.Digest { return s.rules.Identity }

// indexed are the refresh tokens of a session, as the house has them in its index.
type indexed struct{ held, offered messages.Secret }

// tokens returns the refresh tokens that the house has of the session. The caller
// holds mu.
func (s *Session) tokens() indexed {
	if s.indexed == nil {
		return indexed{}
	}
	return *s.indexed
}

// index tells the house which refresh tokens are the session's: the one that it
// holds and the one that it was offered. The caller holds mu.
func (s *Session) index(is indexed) {
	was := s.tokens()
	if is == was {
		return
	}
	s.house.holders.exchange(s.key, []messages.Secret{was.held, was.offered}, []messages.Secret{is.held, is.offered})
	s.setIndexed(is)
}

func (s *Session) setIndexed(is indexed) {
	s.indexed = nil
	if is != (indexed{}) {
		s.indexed = &is
	}
}

// disclaim takes a refresh token out of the house's index unless it is the session's.
func (s *Session) disclaim(refresh messages.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if is := s.tokens(); refresh != is.held && refresh != is.offered {
		s.house.holders.exchange(s.key, []messages.Secret{refresh}, nil)
	}
}

// View returns what the session looks like now.
func (s *Session) View() machine.View {
	now := s.house.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value().View(now)
}

// message is what travels to a session's mailbox. A message that finds its actor
// gone is no news to anybody.
type message interface{ IgnoreDeadLetterLogging() }

type (
	asked struct {
		ask  messages.Ask
		from *crowd // nil: nobody
	}
	left struct {
		from  *crowd
		place int
	}
	event  struct{ machine.Event }        // that has happened elsewhere
	tick   struct{ at time.Time }         // when the timer was to fire
	closed struct{ seen chan<- struct{} } // closed when the message has been handled
)

func (asked) IgnoreDeadLetterLogging()  {}
func (left) IgnoreDeadLetterLogging()   {}
func (event) IgnoreDeadLetterLogging()  {}
func (tick) IgnoreDeadLetterLogging()   {}
func (closed) IgnoreDeadLetterLogging() {}

// post sends a message to the session's actor, and wakes it if it has none. It
// reports false when the session has ended.
func (s *Session) post(m message) bool {
	s.mu.Lock()
	pid := s.expect()
	s.mu.Unlock()
	if pid == nil {
		return false
	}
	s.house.engine.Root.Send(pid, m)
	return true
}

// expect counts a message that is about to be sent, and returns to whom; nil: the session
// has ended. The actor does not stop while a message is on its way to it. The caller
// holds mu.
func (s *Session) expect() *engine.PID {
	if s.ended {
		return nil
	}
	if s.waking == nil {
		s.wakeUp()
	}
	s.posted++
	return s.player.pid
}

// quietly applies an event to a session without an actor: nothing is under way, so
// its effects are no leaves. They happen under the lock, since whoever comes next
// must find them done. The caller holds mu.
func (s *Session) quietly(ev machine.Event) {
	next, effects := s.value().Step(s.house.stepTime(), ev)
	s.rested.Replace(&next)
	if s.house.config.Stage != nil { // next stays off the heap where nobody looks at it
		shown := next
		effects = effects[:s.house.stage.Stepped(s, &shown, ev, effects)]
	}
	for _, e := range effects {
		s.do(e)
	}
}

// sweep puts a session to sleep that nobody has used for two sweeps.
func (s *Session) sweep() {
	if snap := s.live.Load(); snap != nil && snap.used.Swap(false) {
		s.used()
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = min(s.idle+1, 2)
	if s.idle == 2 && s.waking == nil && !s.ended && !s.rested.Asleep() {
		s.quietly(machine.Sleep{})
	}
}

// loseSight tells the session that changes of its record may have been missed.
func (s *Session) loseSight() {
	s.mu.Lock()
	awake := s.waking != nil
	if !awake && !s.ended {
		s.quietly(machine.Gap{})
	}
	s.mu.Unlock()
	if awake {
		s.post(event{machine.Gap{}})
	}
}

// distrust has the session give out nothing before it has looked at the store.
func (s *Session) distrust() {
	s.mu.Lock()
	quiet := s.waking == nil && !s.rules.KeepAlive // who is kept alive looks at once, which is a leaf
	if quiet && !s.ended {
		s.quietly(machine.Unseen{})
	}
	s.mu.Unlock()
	if !quiet {
		s.post(event{machine.Unseen{}})
	}
}

// rouse has a session that waits for its timer look at the clock.
func (s *Session) rouse() {
	s.mu.Lock()
	awake := s.waking != nil
	s.mu.Unlock()
	if awake {
		s.post(tick{})
	}
}

func (s *Session) used() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = 0
}

// forget closes the session, and reports false if something would be lost by it: a
// refresh token that is being spent, or tokens that are not saved. Who opens the same
// key again must not spend that token too. When it has returned, nobody is given a
// token.
func (s *Session) forget() bool {
	now := s.house.clock.Now()
	s.mu.Lock()
	if value := s.value(); value.View(now).Unsaved || s.rules.OneTime && !value.Settled() {
		s.mu.Unlock()
		return false
	}
	s.forgotten = true
	if s.rules.OneTime {
		s.index(indexed{})
	}
	s.mu.Unlock()
	seen := make(chan struct{})
	s.closeAnd(seen)
	<-seen
	return true
}

// kill ends the session's actor where it stands.
func (s *Session) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.live.Store(nil)
	if s.waking != nil {
		s.house.engine.Root.Stop(s.player.pid)
	}
}

// abandon has a session that is closing do no more than wait, within its
// deadline, for what is under way.
func (s *Session) abandon() {
	s.abandoned.Store(true)
	s.post(closed{})
}

// close lets go of the session, and returns a channel that is closed when
// nothing is left to be done.
func (s *Session) close() <-chan struct{} { return s.closeAnd(nil) }

// closeAnd is close that also closes seen, as soon as nobody is given a token.
func (s *Session) closeAnd(seen chan<- struct{}) <-chan struct{} {
	s.mu.Lock()
	if s.finished == nil {
		s.finished = make(chan struct{})
	}
	finished := s.finished
	if s.waking != nil {
		s.posted++ // in one go with the line above: rest must not end it before
		pid := s.player.pid
		s.mu.Unlock()
		s.house.engine.Root.Send(pid, closed{seen})
		return finished
	}
	defer s.mu.Unlock()
	if !s.ended {
		s.quietly(machine.Close{})
	}
	s.end()
	if seen != nil {
		close(seen)
	}
	return finished
}

// Endpoint returns by what the session's requests go.
func (s *Session) Endpoint() Endpoint { return *s.endpoint.Load() }

// TakesProofs reports whether the session can be established by proofs.
func (s *Session) TakesProofs() bool { return s.rules.Proofs }

// ServedUntil returns when the session stops giving out a token.
func (s *Session) ServedUntil(t messages.Token) time.Time { return s.house.settings.ServedUntil(t) }
