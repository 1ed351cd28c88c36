package actor

import (
	"context"

	"github.com/holdfast-go/holdfast/messages"
)

// Ask asks the session and waits for its answer, or until ctx is over: then the
// error is that of ctx, and what the ask has started goes on. Others may have been given
// the same answer; it must not be changed.
func (s *Session) Ask(ctx context.Context, ask messages.Ask) *messages.Reply {
	if door := s.house.door; door != nil {
		return door.Visit(ctx, Visit{Key: s.key, Ask: ask}, func(ctx context.Context) *messages.Reply {
			return s.receive(ctx, ask)
		})
	}
	return s.ask(ctx, ask)
}

// receive answers who has come in by the door: with the token at hand, if that will do.
func (s *Session) receive(ctx context.Context, ask messages.Ask) *messages.Reply {
	if get, ok := ask.(messages.Get); ok {
		if snap := s.atHand(get.MinValidity); snap != nil {
			return &messages.Reply{Token: *snap.Token()}
		}
	}
	return s.ask(ctx, ask)
}

func (s *Session) ask(ctx context.Context, ask messages.Ask) *messages.Reply {
	if ctx.Err() != nil {
		return &messages.Reply{Err: context.Cause(ctx)}
	}
	c, place := s.send(ask)
	if c == nil {
		return &messages.Reply{Err: messages.ErrClosed}
	}
	if r := c.waits(ctx, place); r != nil {
		return r
	}
	s.post(left{from: c, place: place})
	return &messages.Reply{Err: context.Cause(ctx)}
}

// send sends an ask on its way, and returns the crowd that asks it and the caller's
// place there; nil: the session has ended.
func (s *Session) send(ask messages.Ask) (c *crowd, place int) {
	if ask == messages.Ask(messages.Get{}) {
		return s.join()
	}
	c = newCrowd()
	if !s.post(asked{ask: ask, from: c}) {
		return nil, 0
	}
	return c, 0
}

// join has a caller who wants a token ask together with those who came before him and
// have not arrived at the mailbox yet.
func (s *Session) join() (c *crowd, place int) {
	s.mu.Lock()
	if s.waking != nil && s.coming != nil {
		defer s.mu.Unlock()
		s.coming.size++
		return s.coming, s.coming.size - 1
	}
	pid := s.expect()
	if pid == nil {
		s.mu.Unlock()
		return nil, 0
	}
	c = newCrowd()
	s.coming = c
	s.mu.Unlock()
	s.house.engine.Root.Send(pid, asked{ask: messages.Get{}, from: c})
	return c, 0
}

// Call is an Ask by who cannot wait, as in a simulation: he comes back and looks.
type Call struct {
	session *Session
	crowd   *crowd
	place   int
}

// Call begins an ask, and reports false if the session has ended.
func (s *Session) Call(ask messages.Ask) (c Call, ok bool) {
	who, place := s.send(ask)
	return Call{session: s, crowd: who, place: place}, who != nil
}

// Answer returns the answer, nil if it is not there yet. It must not be changed.
func (c Call) Answer() *messages.Reply { return c.crowd.answered(c.place) }

// Leave gives up waiting, once and before the answer is there.
func (c Call) Leave() { c.session.post(left{from: c.crowd, place: c.place}) }
