package actor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
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

// Job is a leaf of I/O that is to be carried out, under a deadline of its own. The
// caller who happened to start it has no part in it.
type Job struct {
	Session *Session
	Effect  machine.Effect  // Load, Claim, Mint, Save, Exchange or RevokeToken
	Leaf    machine.Leaf    // of the effect
	Context context.Context // ends at the leaf's deadline, or when nobody waits for it any more

	cancel   context.CancelCauseFunc
	deadline clockutil.Timer
}

// Do does what the effect says, and blocks.
func (j *Job) Do() machine.Outcome { return attempt(limited{j.Context}, j.Session, j.Effect) }

// Report tells the session what came of it.
func (j *Job) Report(o machine.Outcome) {
	j.deadline.Stop()
	j.cancel(nil)
	j.Session.post(event{machine.Done{Leaf: j.Leaf.Number, Outcome: o}})
}

func (j *Job) perform() { j.Report(j.Do()) }

func (j *Job) expire() { j.cancel(context.DeadlineExceeded) }

// giveUp ends a job whose outcome is not waited for any more, or is there.
func (j *Job) giveUp() { j.cancel(context.Canceled) }

// number is that of the leaf; zero: there is none.
func (j *Job) number() uint64 {
	if j == nil {
		return 0
	}
	return j.Leaf.Number
}

// start starts one leaf, which goes on by itself.
func (s *Session) start(leaf machine.Leaf, e machine.Effect) *Job {
	ctx, cancel := context.WithCancelCause(context.Background())
	j := &Job{Session: s, Effect: e, Leaf: leaf, Context: ctx, cancel: cancel}
	j.deadline = s.house.clock.AfterFunc(leaf.Deadline, j.expire)
	s.house.stage.Perform(j)
	return j
}

// run starts a leaf of the session's run, and cancels the one before, whose outcome
// is there or is not waited for any more.
func (s *Session) run(leaf machine.Leaf, e machine.Effect) {
	s.cancelLeaf()
	s.leaf = s.start(leaf, e)
}

// call runs a leaf that the store answers. One that answers at once is not waited
// for: its outcome is the next event.
func (s *Session) call(leaf machine.Leaf, e machine.Effect) {
	if !s.house.prompt {
		s.run(leaf, e)
		return
	}
	s.answered = &machine.Done{Leaf: leaf.Number, Outcome: s.perform(context.Background(), e)}
}

func (s *Session) cancelLeaf() {
	if s.leaf != nil {
		s.leaf.giveUp()
		s.leaf = nil
	}
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

// attempt carries out a leaf. One that panics has failed like one that never answered:
// what it has done is not known.
func attempt(ctx context.Context, s *Session, e machine.Effect) (o machine.Outcome) {
	defer func() {
		if recover() != nil {
			o = machine.TimedOut{}
		}
	}()
	return s.perform(ctx, e)
}

// perform carries out a leaf.
func (s *Session) perform(ctx context.Context, e machine.Effect) machine.Outcome {
	switch e := e.(type) {
	case machine.Load:
		return s.load(ctx, e)
	case machine.Claim:
		return s.swap(ctx, e.Swap)
	case machine.Save:
		return s.swap(ctx, e.Swap)
	case machine.Mint:
		token, err := s.Endpoint().Mint(ctx, s.house.clock.Now(), e)
		return minted(token, err)
	case machine.Exchange:
		token, err := s.Endpoint().Exchange(ctx, s.house.clock.Now(), e)
		return minted(token, err)
	case machine.RevokeToken:
		return ended(s.Endpoint().RevokeToken(ctx, s.house.clock.Now(), e))
	case machine.Queue, machine.Publish, machine.Withdraw, machine.Answer, machine.Emit:
	}
	panic(fmt.Sprintf("BUG: %T is no leaf", e))
}

// enqueue waits for a slot at the endpoint, without a goroutine.
func (s *Session) enqueue(q machine.Queue) {
	if s.ticket != nil {
		s.ticket.leave()
	}
	_, urgent := s.machine.Slot()
	s.ticket = s.bound.enter(urgent, func() {
		s.post(event{machine.Done{Leaf: q.Number, Outcome: machine.Granted{}}})
	})
}

func (s *Session) load(ctx context.Context, l machine.Load) machine.Outcome {
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

func (s *Session) swap(ctx context.Context, w machine.Swap) machine.Outcome {
	rev, err := s.house.store.Swap(ctx, s.key, w.Prev, record.Encode(w.Record), w.Gone(), w.Op)
	switch {
	case err == nil:
		return machine.Written{Rev: rev}
	case errors.Is(err, store.ErrConflict):
		return machine.Conflict{}
	}
	return machine.Unwritten{Reason: reason(ctx, err), Open: open(err)}
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

func minted(t messages.Token, err error) machine.Outcome {
	if err != nil {
		return machine.Failed{Failure: failure(err)}
	}
	return machine.Minted{Token: t}
}

func ended(err error) machine.Outcome {
	if err != nil {
		return machine.Failed{Failure: failure(err)}
	}
	return machine.Ended{}
}

func failure(err error) messages.Failure {
	if f, ok := errors.AsType[messages.Failure](err); ok {
		return f
	}
	return messages.Failure{Verdict: messages.Doubtful, Reason: "the request failed"}
}
