package actor

import (
	"context"
	"errors"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// Mint asks an Endpoint for a token.
type Mint = machine.Mint

// RevokeToken asks an Endpoint to end a token.
type RevokeToken = machine.RevokeToken

// Exchange asks an Endpoint for a token in exchange for another.
type Exchange = machine.Exchange

// Endpoint talks to the authorization server for one session. Its methods are
// called from goroutines of their own and return soon after ctx is over. now is
// the moment before the request is sent. An error that is not a
// messages.Failure is taken for a doubtful one.
type Endpoint interface {
	Mint(ctx context.Context, now time.Time, m Mint) (messages.Token, error)
	Exchange(ctx context.Context, now time.Time, x Exchange) (messages.Token, error)
	RevokeToken(ctx context.Context, now time.Time, r RevokeToken) error
}

// running is a leaf under way; its cancel may be called more than once.
type running struct {
	number uint64
	cancel func()
}

// run starts a leaf of the session's run, and cancels the one before, whose outcome
// is there or is not waited for any more.
func (s *Session) run(leaf machine.Leaf, e machine.Effect, f func(context.Context) machine.Outcome) {
	s.cancelLeaf()
	s.leaf = s.start(leaf, e, f)
}

// call runs a leaf that the store answers. One that answers at once is not waited
// for: its outcome is the next event.
func (s *Session) call(leaf machine.Leaf, e machine.Effect, f func(context.Context) machine.Outcome) {
	if !s.house.prompt {
		s.run(leaf, e, f)
		return
	}
	s.answered = &machine.Done{Leaf: leaf.Number, Outcome: f(context.Background())}
}

func (s *Session) cancelLeaf() {
	if s.leaf.number != 0 {
		s.leaf.cancel()
		s.leaf = running{}
	}
}

// start starts one leaf, which goes on by itself under a deadline of its own and
// reports once. The caller who happened to start it has no part in it.
func (s *Session) start(leaf machine.Leaf, e machine.Effect, f func(context.Context) machine.Outcome) running {
	ctx, cancel := context.WithCancelCause(context.Background())
	deadline := s.house.clock.AfterFunc(leaf.Deadline, func() { cancel(context.DeadlineExceeded) })
	s.house.stage.Perform(Job{
		Session: s,
		Effect:  e,
		Leaf:    leaf,
		Context: ctx,
		Do:      func() machine.Outcome { return attempt(limited{ctx}, f) },
		Report: func(o machine.Outcome) {
			deadline.Stop()
			cancel(nil)
			s.post(done{machine.Done{Leaf: leaf.Number, Outcome: o}})
		},
	})
	return running{number: leaf.Number, cancel: func() { cancel(context.Canceled) }}
}

// limited is the context of a leaf. Its deadline is by the House's clock, which no
// context can have; it ends as if it were its own all the same, since requests
// and stores tell a timeout from a caller who has left by Err.
type limited struct{ context.Context }

// Err returns context.DeadlineExceeded after the leaf's deadline.
func (l limited) Err() error {
	if cause := context.Cause(l.Context); errors.Is(cause, context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return l.Context.Err()
}

// attempt runs a leaf. One that panics has failed like one that never answered:
// what it has done is not known.
func attempt(ctx context.Context, f func(context.Context) machine.Outcome) (o machine.Outcome) {
	defer func() {
		if recover() != nil {
			o = machine.TimedOut{}
		}
	}()
	return f(ctx)
}

// enqueue waits for a slot at the endpoint, without a goroutine.
func (s *Session) enqueue(q machine.Queue) {
	if s.ticket != nil {
		s.ticket.leave()
	}
	_, urgent := s.machine.Slot()
	s.ticket = s.bound.enter(urgent, func() {
		s.post(done{machine.Done{Leaf: q.Number, Outcome: machine.Granted{}}})
	})
}

func (s *Session) load(l machine.Load) func(context.Context) machine.Outcome {
	return func(ctx context.Context) machine.Outcome {
		entry, err := s.house.store.Load(ctx, s.key, l.Min)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return machine.NotFound{}
		case errors.Is(err, store.ErrForeign):
			return machine.Foreign{}
		case err != nil:
			return machine.Unread{Reason: reason(ctx, err)}
		}
		r, err := record.Decode(entry.Value)
		if err != nil {
			return machine.Foreign{}
		}
		return machine.Found{Rev: entry.Rev, Record: r}
	}
}

func (s *Session) swap(w machine.Swap) func(context.Context) machine.Outcome {
	return func(ctx context.Context) machine.Outcome {
		rev, err := s.house.store.Swap(ctx, s.key, w.Prev, record.Encode(w.Record), w.Gone(), w.Op)
		switch {
		case err == nil:
			return machine.Written{Rev: rev}
		case errors.Is(err, store.ErrConflict):
			return machine.Conflict{}
		}
		return machine.Unwritten{Reason: reason(ctx, err), Open: open(err)}
	}
}

// open reports whether a write may still land. An error that the contract of
// Store does not know is no promise.
func open(err error) bool {
	for _, definite := range []error{store.ErrUnavailable, store.ErrTooLarge, store.ErrClosed, store.ErrForeign} {
		if errors.Is(err, definite) {
			return false
		}
	}
	return true
}

// reason says what was wrong with a store in words of our own: its own may hold
// anything.
func reason(ctx context.Context, err error) string {
	for _, known := range []error{store.ErrTooLarge, store.ErrClosed, store.ErrForeign} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if ctx.Err() != nil {
		return "no answer in time"
	}
	return "unavailable"
}

func (s *Session) mint(m machine.Mint) func(context.Context) machine.Outcome {
	return func(ctx context.Context) machine.Outcome {
		token, err := s.Endpoint().Mint(ctx, s.house.clock.Now(), m)
		if err != nil {
			return machine.Failed{Failure: failure(err)}
		}
		return machine.Minted{Token: token}
	}
}

func (s *Session) revokeToken(r machine.RevokeToken) func(context.Context) machine.Outcome {
	return func(ctx context.Context) machine.Outcome {
		if err := s.Endpoint().RevokeToken(ctx, s.house.clock.Now(), r); err != nil {
			return machine.Failed{Failure: failure(err)}
		}
		return machine.Ended{}
	}
}

func failure(err error) messages.Failure {
	if f, ok := errors.AsType[messages.Failure](err); ok {
		return f
	}
	return messages.Failure{Verdict: messages.Doubtful, Reason: "the request failed"}
}
