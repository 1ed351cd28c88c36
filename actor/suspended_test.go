package actor

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/asleep"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// What a coarse clock has not seen yet it cannot tell: a token is calm until its next
// tick. From then on it is neither calm nor live, and the session itself never has it.
func TestSuspendedMachineServesNoTokenThatIsOverAfterATick(t *testing.T) {
	var c asleep.Clock
	inWorldBy(&c, t, func(w *world) {
		var word atomic.Int64
		ticks := func() { word.Store(w.now()) }
		ticks()
		w.pulse = &word
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		if s.Live(0); s.Calm() == nil {
			t.Fatal("a fresh token is not calm")
		}
		c.Sleeps(2 * time.Hour)
		if s.Calm() == nil {
			t.Error("the coarse clock has moved without a tick")
		}
		if v := s.View(); v.State != machine.Expired {
			t.Errorf("before a tick the session is shown as %v", v.State)
		}
		if s.Live(time.Nanosecond) != nil {
			t.Error("by the precise clock a token is given out that is over")
		}
		ticks()
		if s.Calm() != nil || s.Live(0) != nil {
			t.Error("after a tick a token is given out that is over")
		}
		if r := s.Ask(context.Background(), messages.Get{}); r.Err != nil || r.Token.Access != "access-2" {
			t.Errorf("asked, the session gives %v, %v", r.Token, r.Err)
		}
	})
}

// A brief token is not even given out before the tick.
func TestSuspendedMachineServesNoBriefTokenThatIsOver(t *testing.T) {
	var c asleep.Clock
	inWorldBy(&c, t, func(w *world) {
		var word atomic.Int64
		word.Store(w.now())
		w.pulse = &word
		w.endpoint.life = 50 * time.Second
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		if s.Live(0) == nil {
			t.Fatal("a fresh token is not given out")
		}
		c.Sleeps(time.Minute)
		if s.Calm() != nil || s.Live(0) != nil {
			t.Error("a token is given out that is over")
		}
	})
}

// What is over by a clock stays over when that is set back, though nobody has taken the
// token meanwhile, but for the session, which has made a step.
func TestTokenThatWasOverForItsSessionIsNotGivenOutAgain(t *testing.T) {
	var c asleep.Clock
	inWorldBy(&c, t, func(w *world) {
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		c.Sleeps(2 * time.Hour)
		s.Ask(context.Background(), messages.Reject{Token: "another"})
		c.Sleeps(-2 * time.Hour)
		if s.Live(0) != nil {
			t.Error("a token is given out that was over")
		}
	})
}

// Its timer is late by as long as the machine has slept. Nobody asks.
func TestSessionThatIsKeptAliveIsRenewedWhenTheMachineWakes(t *testing.T) {
	var c asleep.Clock
	inWorldBy(&c, t, func(w *world) {
		s := w.opensAs("k", Rules{Revocable: true, KeepAlive: true})
		w.opens("rested")
		s.Ask(context.Background(), messages.Get{})
		c.Sleeps(2 * time.Hour)
		synctest.Wait()
		w.mints(1)
		w.woke()
		synctest.Wait()
		w.mints(2)
		c.Sleeps(30 * time.Minute) // and the next timer comes nearer
		w.woke()
		synctest.Wait()
		w.mints(2)
		c.Runs(22 * time.Minute)
		synctest.Wait()
		w.mints(3)
	})
}
