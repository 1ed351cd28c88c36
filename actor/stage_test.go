package actor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestCallIsAnsweredOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("key")
		c, ok := s.Call(messages.Get{})
		if !ok {
			t.Fatal("the session has ended")
		}
		time.Sleep(time.Second)
		if r := c.Answer(); r == nil || r.Err != nil || r.Token.Access == "" {
			t.Errorf("answered %v", r)
		}
	})
}

func TestCallThatLeavesIsNotHeld(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint.becomes(5*time.Second, nil)
		s := w.opens("key")
		c, _ := s.Call(messages.Get{})
		time.Sleep(time.Second)
		if r := c.Answer(); r != nil || s.View().Held != 1 {
			t.Errorf("answered %v, %d are held", r, s.View().Held)
		}
		c.Leave()
		time.Sleep(time.Second)
		if n := s.View().Held; n != 0 {
			t.Errorf("%d are held", n)
		}
	})
}

func TestShutReturnsAtOnceAndSaysWhenAllIsQuiet(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint.becomes(5*time.Second, nil)
		rules := expired()
		s := w.opensAs("key", rules)
		c, _ := s.Call(messages.Get{})
		time.Sleep(time.Second)
		quiet := w.Shut()
		time.Sleep(time.Second)
		if quiet() {
			t.Error("quiet while a refresh token is being spent")
		}
		if r := c.Answer(); r == nil || !errors.Is(r.Err, messages.ErrClosed) {
			t.Errorf("who waits is told %v", r)
		}
		time.Sleep(10 * time.Second)
		if !quiet() {
			t.Error("not quiet after all has ended")
		}
	})
}

func TestKilledSessionAnswersNobody(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint.becomes(5*time.Second, nil)
		s := w.opens("key")
		c, _ := s.Call(messages.Get{})
		time.Sleep(time.Second)
		w.Kill()
		time.Sleep(time.Minute)
		if c.Answer() != nil {
			t.Error("answered after the end of its process")
		}
		if r := s.Ask(context.Background(), messages.Get{}); !errors.Is(r.Err, messages.ErrClosed) {
			t.Errorf("asked after it: %v", r.Err)
		}
	})
}
