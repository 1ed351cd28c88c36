package sessions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"sync/atomic"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/internal/wire"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// Manager holds the sessions of a process. Its methods are safe for concurrent
// use. One Manager a process is enough; several share nothing but the engine.
type Manager struct {
	house   *actor.House
	events  *events
	maxBody int
	client  *wire.Client // for endpoints that bring none
	release func()       // the store
	closed  atomic.Bool
}

// Format names the type, whatever the verb: package fmt would read what changes.
func (m *Manager) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "Manager") }

// Open returns a Manager, which must be closed. It does no I/O. The error is
// ErrInvalid, naming the field of Config that is wrong, or ErrUnavailable if the
// store does not let itself be taken.
func Open(c Config) (*Manager, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	release, err := own(c.Store)
	if err != nil {
		return nil, err
	}
	m := &Manager{
		events:  &events{},
		maxBody: c.MaxBody,
		release: release,
		client:  wire.New(nil, c.MaxBody),
	}
	if c.Logger != nil {
		m.Subscribe(logTo(c.Logger))
	}
	house := c.house()
	house.Emit = m.events.emit
	m.house = actor.Open(house)
	return m, nil
}

// own takes a store that belongs to one Manager at a time.
func own(s store.Store) (release func(), err error) {
	exclusive, ok := s.(store.Exclusive)
	if !ok {
		return func() {}, nil
	}
	release, err = exclusive.Own()
	if errors.Is(err, store.ErrOwned) {
		return nil, messages.Invalid("Config.Store", "belongs to another Manager")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: Config.Store: %w", ErrUnavailable, err)
	}
	return release, nil
}

// Session returns the session of this key, made if there is none. It does no I/O:
// the first ask does.
//
// A session that is open already must be of the same identity: the same kind,
// endpoint, client, subject, scopes, resource, audience and extra fields, or the same
// service, tokenID and permissions. Its
// requests go by the new kind's credentials, headers and HTTP client from then on, so a
// client's secret can be replaced; the other fields stay as they were, and both have
// a RevokeURL or neither has. If the new
// Persistent token was issued later than what the session holds, the session goes
// on with that.
//
// The error is ErrInvalid, naming what is wrong: an empty key, a field of the kind, a
// key that is open for another identity, a refresh token that another open
// session holds. It is ErrClosed after Close.
func (m *Manager) Session(key string, kind Kind) (*Session, error) {
	switch {
	case key == "":
		return nil, messages.Invalid("key", "is empty")
	case kind == nil:
		return nil, messages.Invalid("kind", "is nil")
	}
	plan, err := kind.plan()
	if err != nil {
		return nil, fmt.Errorf("session %q: %w", key, err)
	}
	endpoint := plan.endpoint(m)
	if open, ok := m.house.Lookup(key); ok {
		(*endpoint).(requester).follow(open.Endpoint())
	}
	live, err := m.house.Session(key, plan.tokenURL, plan.rules, endpoint)
	if err != nil {
		return nil, fmt.Errorf("session %q: %w", key, err)
	}
	return &Session{live: live}, nil
}

// over returns the wire client over a given HTTP client, and the Manager's own for nil.
func (m *Manager) over(given *http.Client) *wire.Client {
	if given == nil {
		return m.client
	}
	return wire.New(given, m.maxBody)
}

// Lookup returns the session of this key, and false if none is open.
func (m *Manager) Lookup(key string) (*Session, bool) {
	live, ok := m.house.Lookup(key)
	if !ok {
		return nil, false
	}
	return &Session{live: live}, true
}

// Forget lets go of the session of this key without revoking it; its record stays
// in the store. Handles of it answer ErrClosed from then on. One whose tokens are
// not saved yet, or whose refresh token is being spent, is not forgotten:
// ErrUnavailable. A key that is not open is no error.
func (m *Manager) Forget(key string) error {
	if err := m.house.Forget(key); err != nil {
		return fmt.Errorf("forget session %q: %w", key, err)
	}
	return nil
}

// All returns the status of every open session, in no order. Sessions that come
// or go meanwhile may be missing.
func (m *Manager) All() iter.Seq[Status] {
	return func(yield func(Status) bool) {
		for s := range m.house.All() {
			if !yield(status(s)) {
				return
			}
		}
	}
}

// Subscribe has f called for every event. A session's events come in their order,
// in a goroutine of this subscriber's own, so f may call anything and take its
// time: up to 1,024 events wait for it, what comes beyond that is lost and
// counted by a messages.Missed.
//
// After stop has returned f is not running and is not called any more, except
// where f itself called stop. Two callbacks must not stop each other: each
// would wait for the other to return. A nil f hears nothing.
func (m *Manager) Subscribe(f func(messages.Event)) (stop func()) {
	return m.events.subscribe(f)
}

// Close lets go of all sessions. Callers who wait, and all who come, get ErrClosed
// at once. A refresh token that is being spent is waited for and its successor
// saved, what is unsaved is saved, own claims are ended, and when Close
// returns nil every goroutine of the Manager has ended. If ctx is over first, the
// error says what could not be saved or has not ended. The store is not closed. A
// second Close does nothing and returns nil.
func (m *Manager) Close(ctx context.Context) error {
	if m.closed.Swap(true) {
		return nil
	}
	err := errors.Join(m.house.Close(ctx), m.events.close(ctx))
	m.client.Close()
	m.release()
	return err
}
