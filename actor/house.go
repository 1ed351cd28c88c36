package actor

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	engine "github.com/asynkron/protoactor-go/actor"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/crew"
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

// Config is what a House is made of. All fields are required but Coarse, Stage,
// Mailbox, Logger and Emit.
type Config struct {
	Clock     clockutil.Clock
	Store     store.Store
	Settings  Settings
	InFlight  int
	Rate      float64
	IdleAfter time.Duration

	// MaxUnwatched is how long a token is given out without a look at the store while
	// that is shared and its watch does not work.
	MaxUnwatched time.Duration

	// Coarse starts the clock of the hot path, which calls woke after the machine was
	// suspended. If nil, Clock itself is asked.
	Coarse func(woke func()) *clockutil.Coarse

	// Emit is told every event, in each session's order. It must not block, nor
	// call the House.
	Emit func(messages.Event)

	// Logger is told of bugs of ours only.
	Logger *slog.Logger

	// Stage and Mailbox take the place of the house's own in a simulation. With a Stage
	// of somebody else, All has an order: that of the keys.
	Stage   Stage
	Mailbox engine.MailboxProducer
}

// House is what the sessions of one Manager share. Its methods are safe for
// concurrent use.
type House struct {
	config   Config
	clock    clockutil.Clock
	line     *clockutil.Timeline // the clock as numbers, which snapshots have
	coarse   *clockutil.Coarse   // nil: the clock itself is asked
	pulse    *atomic.Int64       // the coarse clock, and the end of time where there is none
	store    store.Store
	prompt   bool // the store answers at once, without I/O
	settings *machine.Settings
	stage    Stage
	door     Doorkeeper // nil: who comes comes in
	engine   *engine.ActorSystem
	holders  holders

	sessions *register
	left     sync.Map // *Session → nothing: forgotten, and something is still under way
	bounds   sync.Map // token URL → *bound
	crew     *crew.Crew
	troupe   *troupe
	closed   atomic.Bool
	watching watching
	sight    sight

	sweepMu sync.Mutex // guards sweeper, and what begins beside Close
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
		crew:     crew.New(),
		troupe:   newTroupe(),
		line:     &clockutil.Timeline{},
		pulse:    endOfTime,
		sessions: newRegister(),
	}
	if h.stage = c.Stage; h.stage == nil {
		h.stage = goroutines{h}
	}
	if h.door, _ = c.Stage.(Doorkeeper); h.door != nil {
		h.door.Opens(h)
	}
	_, h.prompt = c.Store.(*store.Memory)
	if c.Coarse != nil {
		h.startCoarse()
	}
	h.startWatch()
	h.armSweep()
	return h
}

func (h *House) startCoarse() {
	h.coarse = h.config.Coarse(h.rouse)
	h.line = h.coarse.Timeline()
	if word := h.coarse.Word(); word != nil {
		h.pulse = word
	}
}

// now is the time by the clock itself.
func (h *House) now() int64 { return h.line.At(h.clock.Now()) }

// stepTime reads the clock for a step. What a session has seen of the clock its snapshot has
// seen as well, though it is set back before anybody takes the token.
func (h *House) stepTime() time.Time {
	now := h.clock.Now()
	h.line.At(now)
	return now
}

// endOfTime is the clock by which nothing is calm.
var endOfTime = func() *atomic.Int64 {
	var end atomic.Int64
	end.Store(math.MaxInt64)
	return &end
}()

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

func (h *House) mailbox() engine.MailboxProducer {
	if h.config.Mailbox != nil {
		return h.config.Mailbox
	}
	return newMailbox
}

// Session returns the session of this key, made if there is none. One that is
// there must have the same identity, and is offered the rules' given token if that is newer
// than what it holds. The error is messages.ErrInvalid or messages.ErrClosed.
func (h *House) Session(key, tokenURL string, rules *Rules, endpoint *Endpoint) (*Session, error) {
	if h.door == nil {
		return h.open(key, tokenURL, rules, endpoint)
	}
	var s *Session
	err := h.visit(context.Background(), Visit{Key: key, What: "open"}, func(context.Context) (err error) {
		s, err = h.open(key, tokenURL, rules, endpoint)
		return err
	})
	return s, err
}

func (h *House) open(key, tokenURL string, rules *Rules, endpoint *Endpoint) (*Session, error) {
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

// All returns the sessions that are open, in no order but where Config.Stage says so.
func (h *House) All() iter.Seq[*Session] {
	if h.config.Stage != nil {
		return slices.Values(h.ordered())
	}
	return h.sessions.all()
}

// ordered are the sessions that are open, in the order of their keys.
func (h *House) ordered() []*Session {
	var all []*Session
	for s := range h.sessions.all() {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *Session) int { return strings.Compare(a.key, b.key) })
	return all
}

// Forget lets go of a session without revoking it. One whose tokens are not
// saved yet, or whose refresh token is being spent, stays: messages.ErrUnavailable.
func (h *House) Forget(key string) error {
	return h.visit(context.Background(), Visit{Key: key, What: "forget"}, func(context.Context) error {
		return h.forget(key)
	})
}

func (h *House) forget(key string) error {
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
	return h.visit(ctx, Visit{What: "close"}, h.close)
}

func (h *House) close(ctx context.Context) error {
	if h.closed.Swap(true) {
		return nil
	}
	var unsaved []error
	for _, s := range h.shut() {
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

// Shut is a Close by who cannot wait: it returns at once, and quiet reports whether
// nothing is left to be done. It is for simulations, where nobody waits.
func (h *House) Shut() (quiet func() bool) {
	h.closed.Store(true)
	closing := h.shut()
	return func() bool {
		for len(closing) > 0 {
			select {
			case <-closing[0].finished:
				closing = closing[1:]
			default:
				return false
			}
		}
		return true
	}
}

// Kill ends every actor on the spot, as the death of the process would: nothing is
// answered, saved or waited for. It is for simulations, where a process dies and this
// one goes on.
func (h *House) Kill() {
	h.closed.Store(true)
	h.crew.Dismiss()
	h.dismiss()
	for s := range h.All() {
		s.kill()
	}
	for s := range h.left.Range {
		s.(*Session).kill()
	}
}

// shut stops what goes on by itself and tells every session.
func (h *House) shut() []closingSession {
	h.crew.Dismiss()
	h.dismiss()
	h.stopSweep()
	h.stopWatch()
	return h.closeAll()
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
		h.crew.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close: something has not ended yet: %w", context.Cause(ctx))
	}
}
