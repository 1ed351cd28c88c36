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
	w := s.house.waiters.Get().(*waiter)
	if !s.send(ask, w) {
		s.house.waiters.Put(w)
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

// send has an ask travel alone, unless it is one of many.
func (s *Session) send(ask messages.Ask, w *waiter) bool {
	if ask == messages.Ask(messages.Get{}) {
		return s.postCrowd(w)
	}
	return s.post(asked{ask: ask, from: w})
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
