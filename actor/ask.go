package actor

import (
	"context"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// waiter is one caller on his way through a session. Its channel has room for the
// one answer. A waiter that was answered is used again; one whose caller has
// left is not, since an answer may be on its way to it.
type waiter struct {
	reply  chan messages.Reply
	caller machine.Caller // only Receive touches it
}

// newWaiter fills the pool of a House. One pool for the process would hand a channel
// of one bubble of testing/synctest to another, where it must not be used.
func newWaiter() any { return &waiter{reply: make(chan messages.Reply, 1)} }

// Ask asks the session and waits for its answer, or until ctx is over: then the
// error is that of ctx, and what the ask has started goes on.
func (s *Session) Ask(ctx context.Context, ask messages.Ask) messages.Reply {
	if ctx.Err() != nil {
		return messages.Reply{Err: context.Cause(ctx)}
	}
	w := s.begin(ask)
	if w == nil {
		return messages.Reply{Err: messages.ErrClosed}
	}
	select {
	case r := <-w.reply:
		s.house.waiters.Put(w)
		return r
	case <-ctx.Done():
		return s.leave(ctx, w)
	}
}

// begin posts an ask; nil: the session has ended.
func (s *Session) begin(ask messages.Ask) *waiter {
	w := s.house.waiters.Get().(*waiter)
	if !s.post(asked{ask: ask, from: w}) {
		s.house.waiters.Put(w)
		return nil
	}
	return w
}

// leave gives up waiting. An answer that is there already wins.
func (s *Session) leave(ctx context.Context, w *waiter) messages.Reply {
	select {
	case r := <-w.reply:
		s.house.waiters.Put(w)
		return r
	default:
	}
	s.post(left{who: w})
	return messages.Reply{Err: context.Cause(ctx)}
}

// Call is an Ask by who cannot wait, as in a simulation: he comes back and looks.
type Call struct {
	session *Session
	waiter  *waiter
}

// Call begins an ask, and reports false if the session has ended.
func (s *Session) Call(ask messages.Ask) (c Call, ok bool) {
	w := s.begin(ask)
	return Call{session: s, waiter: w}, w != nil
}

// Answer returns the answer if it is there. It is there once; after it the Call is over.
func (c Call) Answer() (r messages.Reply, ok bool) {
	select {
	case r := <-c.waiter.reply:
		c.session.house.waiters.Put(c.waiter)
		return r, true
	default:
		return messages.Reply{}, false
	}
}

// Leave gives up waiting. The Call is over.
func (c Call) Leave() { c.session.post(left{who: c.waiter}) }
