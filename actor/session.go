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
	endpoint Endpoint
	bound    *bound
	live     atomic.Pointer[Snapshot]

	mu      sync.Mutex // guards the fields below
	machine machine.Session
	pid     *engine.PID // nil: no actor lives
	posted  int         // messages on their way to it
	idle    int         // sweeps without a call
	ended   bool        // closed, and nothing is left to be done
	closing []chan struct{}

	// Only Receive touches the fields below, one incarnation after another.
	callers map[machine.Caller]*waiter
	last    machine.Caller
	leaf    running
	ticket  *ticket
	timer   clockutil.Timer
	wake    time.Time
	refresh messages.Secret // as the house's index has it
}

// Key returns the key that the session was opened with.
func (s *Session) Key() string { return s.key }

// Identity returns the digest of what tells this session from others.
func (s *Session) Identity() messages.Digest { return s.rules.Identity }

// View returns what the session looks like now.
func (s *Session) View() machine.View {
	now := s.house.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.machine.View(now)
}

// holds returns the refresh token that the session would spend next.
func (s *Session) holds() messages.Secret {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.machine.Refresh()
}

// message is what travels to a session's mailbox. A message that finds its actor
// gone is no news to anybody.
type message interface{ IgnoreDeadLetterLogging() }

type (
	asked struct {
		ask  messages.Ask
		from *waiter // nil: nobody
	}
	left   struct{ who *waiter }
	done   struct{ machine.Done }
	change struct{ machine.Changed }
	gap    struct{}
	tick   struct{}
	closed struct{}
)

func (asked) IgnoreDeadLetterLogging()  {}
func (left) IgnoreDeadLetterLogging()   {}
func (done) IgnoreDeadLetterLogging()   {}
func (change) IgnoreDeadLetterLogging() {}
func (gap) IgnoreDeadLetterLogging()    {}
func (tick) IgnoreDeadLetterLogging()   {}
func (closed) IgnoreDeadLetterLogging() {}

// post sends a message to the session's actor, spawning it if none lives. It
// reports false when the session has ended.
func (s *Session) post(m message) bool {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return false
	}
	if s.pid == nil {
		s.pid = s.house.spawn(s)
	}
	s.posted++
	pid := s.pid
	s.mu.Unlock()
	// The actor does not stop while a message is on its way to it.
	s.house.engine.Root.Send(pid, m)
	return true
}

// quiet applies an event to a session without an actor: nothing is under way, so
// its effects are no leaves. It reports false if an actor lives.
func (s *Session) quiet(ev machine.Event) bool {
	now := s.house.clock.Now()
	s.mu.Lock()
	if s.pid != nil || s.ended {
		s.mu.Unlock()
		return false
	}
	next, effects := s.machine.Step(now, ev)
	s.machine = next
	_, closes := ev.(machine.Close)
	s.ended = closes
	s.mu.Unlock()
	for _, e := range effects {
		s.do(e)
	}
	return true
}

// sweep puts a session to sleep that nobody has used for two sweeps.
func (s *Session) sweep() {
	if snap := s.live.Load(); snap != nil && snap.used.Swap(false) {
		s.used()
		return
	}
	s.mu.Lock()
	s.idle++
	tired := s.idle >= 2 && s.pid == nil
	s.mu.Unlock()
	if tired {
		s.quiet(machine.Sleep{})
	}
}

func (s *Session) used() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = 0
}

// close lets go of the session, and returns a channel that is closed when
// nothing is left to be done.
func (s *Session) close() <-chan struct{} {
	finished := make(chan struct{})
	if s.quiet(machine.Close{}) {
		close(finished)
		return finished
	}
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		close(finished)
		return finished
	}
	s.closing = append(s.closing, finished)
	s.mu.Unlock()
	s.post(closed{})
	return finished
}

// Revocable reports whether the session has a revocation endpoint.
func (s *Session) Revocable() bool { return s.rules.Revocable }

// ServedUntil returns when the session stops giving out a token.
func (s *Session) ServedUntil(t messages.Token) time.Time { return s.house.settings.ServedUntil(t) }
