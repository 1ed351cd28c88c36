package actor

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	engine "github.com/asynkron/protoactor-go/actor"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// Settings is what the sessions of a Manager have in common.
type Settings = machine.Settings

// Traits are what the machine must know of the store.
type Traits = machine.Traits

// Rules is what a kind of session can do.
type Rules = machine.Rules

// Exchanging is what an exchange brings.
type Exchanging = machine.Exchanging

// What an exchange can bring.
const (
	NoExchange = machine.NoExchange
	ByRequest  = machine.ByRequest
	OwnToken   = machine.OwnToken
)

// Config is what a House is made of. All fields are required but Dispatcher,
// Mailbox, Logger and Emit.
type Config struct {
	Clock     clockutil.Clock
	Coarse    bool // read the time of the hot path from the process's coarse clock
	Store     store.Store
	Settings  Settings
	InFlight  int
	Rate      float64
	IdleAfter time.Duration

	// Emit is told every event, in each session's order. It must not block, nor
	// call the House.
	Emit func(messages.Event)

	// Logger is told of bugs of ours only.
	Logger *slog.Logger

	// Dispatcher and Mailbox take the place of the house's own in a simulation.
	Dispatcher engine.Dispatcher
	Mailbox    engine.MailboxProducer
}

// House is what the sessions of one Manager share. Its methods are safe for
// concurrent use.
type House struct {
	config   Config
	clock    clockutil.Clock
	coarse   *clockutil.Coarse // nil: the clock itself is asked
	store    store.Store
	settings *machine.Settings
	engine   *engine.ActorSystem
	holders  holders

	sessions   *register
	left       sync.Map  // *Session → nothing: forgotten, and something is still under way
	bounds     sync.Map  // token URL → *bound
	waiters    sync.Pool // of *waiter
	goroutines sync.WaitGroup
	closed     atomic.Bool
	stopWatch  context.CancelFunc

	sweepMu sync.Mutex // guards sweeper
	sweeper clockutil.Timer
}

// Open returns a House that is ready. Close must be called.
func Open(c Config) *House {
	h := &House{
		config:   c,
		clock:    c.Clock,
		store:    c.Store,
		settings: &c.Settings,
		engine:   theEngine(),
		sessions: newRegister(),
		waiters:  sync.Pool{New: newWaiter},
	}
	if c.Coarse {
		h.coarse = clockutil.StartCoarse()
	}
	h.watch()
	h.armSweep()
	return h
}

func (h *House) now() int64 {
	if h.coarse != nil {
		return h.coarse.Now()
	}
	return clockutil.Nanos(h.clock.Now())
}

// endOfTime is the clock by which nothing is calm.
var endOfTime = func() *atomic.Int64 {
	var end atomic.Int64
	end.Store(math.MaxInt64)
	return &end
}()

// pulse is the coarse clock as a word in memory, and the end of time where there is
// none.
func (h *House) pulse() *atomic.Int64 {
	if h.coarse != nil {
		if word := h.coarse.Word(); word != nil {
			return word
		}
	}
	return endOfTime
}

func (h *House) emit(ev messages.Event) {
	if h.config.Emit != nil {
		h.config.Emit(ev)
	}
}

func (h *House) logBug(key string) {
	if h.config.Logger != nil {
		h.config.Logger.Error("a bug in holdfast has stopped a session; it begins anew", "key", key)
	}
}

// spawn makes an actor for a session.
func (h *House) spawn(s *Session) *engine.PID {
	props := engine.PropsFromProducer(
		func() engine.Actor { return incarnation{s} },
		engine.WithMailbox(h.mailbox()),
		engine.WithDispatcher(h.dispatcher()),
		engine.WithGuardian(restartAlways{}),
	)
	pid, err := h.engine.Root.SpawnNamed(props, newName())
	if err != nil {
		panic("BUG: an actor cannot be spawned: " + err.Error())
	}
	return pid
}

func (h *House) mailbox() engine.MailboxProducer {
	if h.config.Mailbox != nil {
		return h.config.Mailbox
	}
	return newMailbox
}

func (h *House) dispatcher() engine.Dispatcher {
	if h.config.Dispatcher != nil {
		return h.config.Dispatcher
	}
	return counted{h}
}

// Session returns the session of this key, made if there is none. One that is
// there must have the same identity, and is offered the rules' given token if that is newer
// than what it holds. The error is messages.ErrInvalid or messages.ErrClosed.
func (h *House) Session(key, tokenURL string, rules *Rules, endpoint *Endpoint) (*Session, error) {
	if h.closed.Load() {
		return nil, messages.ErrClosed
	}
	if found, ok := h.Lookup(key); ok {
		return h.again(found, rules, endpoint)
	}
	if !h.holders.take(key, rules.Given.Refresh) {
		return nil, messages.Invalid("Token.Refresh", "is held by another open session")
	}
	s := &Session{
		house:  h,
		key:    key,
		rules:  rules,
		bound:  h.boundOf(tokenURL),
		rested: machine.New(key, h.settings, rules).Rest(),
	}
	s.setIndexed(indexed{offered: rules.Given.Refresh})
	s.endpoint.Store(endpoint)
	if first := h.sessions.add(s); first != s {
		defer first.disclaim(rules.Given.Refresh)
		return h.again(first, rules, endpoint)
	}
	if h.closed.Load() { // Close may have missed it
		s.close()
	}
	return s, nil
}

// again is a session that is asked for once more. Its requests go by the newest
// endpoint from now on, since a client's secret may have been replaced.
func (h *House) again(s *Session, rules *Rules, endpoint *Endpoint) (*Session, error) {
	if s.Identity() != rules.Identity {
		return nil, messages.Invalid("key", "is open for another identity")
	}
	if rules.Revocable != s.rules.Revocable {
		return nil, messages.Invalid("Endpoint.RevokeURL", "is there in one of two kinds for this key, and missing in the other")
	}
	s.endpoint.Store(endpoint)
	given, before := rules.Given, s.rules.Given
	if given.IsZero() || given.Access == before.Access && given.Refresh == before.Refresh && given.Issued.Equal(before.Issued) {
		return s, nil
	}
	if !h.holders.take(s.key, rules.Given.Refresh) {
		return nil, messages.Invalid("Token.Refresh", "is held by another open session")
	}
	if !s.post(asked{ask: messages.Establish{Token: given}}) {
		s.disclaim(given.Refresh)
		return nil, messages.ErrClosed
	}
	return s, nil
}

func (h *House) boundOf(tokenURL string) *bound {
	if b, ok := h.bounds.Load(tokenURL); ok {
		return b.(*bound)
	}
	b, _ := h.bounds.LoadOrStore(tokenURL, newBound(h.clock, h.config.InFlight, h.config.Rate))
	return b.(*bound)
}

// Lookup returns the session of this key if it is open. It stays a call, so that what
// calls it is small enough for the compiler to put it into its own callers, where a
// handle needs no heap.
//
//go:noinline
func (h *House) Lookup(key string) (*Session, bool) { return h.sessions.find(key) }

// All returns the sessions that are open, in no order.
func (h *House) All() iter.Seq[*Session] { return h.sessions.all() }

// Forget lets go of a session without revoking it. One whose tokens are not
// saved yet, or whose refresh token is being spent, stays: messages.ErrUnavailable.
func (h *House) Forget(key string) error {
	s, ok := h.Lookup(key)
	if !ok {
		return nil
	}
	h.left.Store(s, nil)
	if !s.forget() {
		h.left.Delete(s)
		return messages.Later(messages.ErrUnavailable, time.Second,
			messages.Failure{Reason: "its tokens are not saved yet"})
	}
	h.sessions.remove(s)
	return nil
}

// Close lets go of all sessions, waits until what must not be lost is saved and
// every goroutine has ended, and says what ctx did not leave the time for.
func (h *House) Close(ctx context.Context) error {
	if h.closed.Swap(true) {
		return nil
	}
	h.stopSweep()
	h.stopWatch()
	var unsaved []error
	for _, s := range h.closeAll() {
		select {
		case <-s.finished:
		case <-ctx.Done():
			unsaved = append(unsaved, s.unsaved())
			s.abandon()
		}
	}
	h.bounds.Range(func(_, b any) bool { b.(*bound).close(); return true })
	if h.coarse != nil {
		h.coarse.Release()
	}
	return errors.Join(append(unsaved, h.wait(ctx))...)
}

// closingSession is a session that is being let go of.
type closingSession struct {
	*Session
	finished <-chan struct{}
}

// unsaved says what would be lost if the process ended now.
func (s closingSession) unsaved() error {
	switch v := s.View(); {
	case v.Unsaved:
		return fmt.Errorf("session %q: its tokens could not be saved: %w", s.key, messages.ErrUnavailable)
	case v.Renewing && s.rules.OneTime:
		return fmt.Errorf("session %q: its refresh token is being spent: %w", s.key, messages.ErrUnavailable)
	}
	return nil
}

// closeAll tells every session first, so that none waits for another.
func (h *House) closeAll() []closingSession {
	var all []closingSession
	for s := range h.All() {
		all = append(all, closingSession{Session: s, finished: s.close()})
	}
	for s := range h.left.Range {
		s := s.(*Session)
		all = append(all, closingSession{Session: s, finished: s.close()})
	}
	return all
}

// wait returns when every goroutine has ended.
func (h *House) wait(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		h.goroutines.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close: something has not ended yet: %w", context.Cause(ctx))
	}
}
