package actor

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	engine "github.com/asynkron/protoactor-go/actor"

	"github.com/holdfast-go/holdfast/messages"
)

// wakes has so many sessions ask at once, and returns the actors that play them.
func (w *world) wakes(n int) []*engine.PID {
	w.Helper()
	w.endpoint.becomes(time.Second, nil)
	pids := make([]*engine.PID, n)
	for i := range pids {
		pids[i] = w.wakesUp(strconv.Itoa(i))
	}
	return pids
}

// wakesUp has a session ask, and returns the actor that plays it.
func (w *world) wakesUp(key string) *engine.PID {
	w.Helper()
	s := w.opens(key)
	w.asks(1, s)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.player.pid
}

// stopped counts the actors that the engine does not have any more.
func (w *world) stopped(pids []*engine.PID) (n int) {
	for _, pid := range pids {
		if _, lives := w.engine.ProcessRegistry.GetLocal(pid.Id); !lives {
			n++
		}
	}
	return n
}

func TestActorPlaysTheNextSession(t *testing.T) {
	inWorld(t, func(w *world) {
		first := w.wakes(1)[0]
		time.Sleep(2 * time.Second)
		s := w.opens("another")
		told := w.asks(1, s)
		s.mu.Lock()
		if s.player.pid != first {
			t.Errorf("%v was made, and %v had nothing to do", s.player.pid, first)
		}
		s.mu.Unlock()
		if r := <-told; r.Err != nil || r.Token.Access != "access-2" {
			t.Errorf("told %v, %v", r.Token.Access.Reveal(), r.Err)
		}
	})
}

func TestActorKeepsNothingOfItsPart(t *testing.T) {
	inWorld(t, func(w *world) {
		w.wakes(1)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		p := w.troupe.idle[0]
		if refresh, _ := p.waking.machine.Refresh(); p.part != nil || p.waking.player != nil || p.waking.wake != (time.Time{}) || refresh != "" {
			t.Error("it still has what the session had")
		}
	})
}

func TestFewActorsAreKept(t *testing.T) {
	inWorld(t, func(w *world) {
		w.troupe.spares = 2
		pids := w.wakes(5)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := w.stopped(pids); n != 3 {
			t.Errorf("%d of 5 have stopped, want 3", n)
		}
	})
}

func TestNoActorIsLeftAfterClose(t *testing.T) {
	inWorld(t, func(w *world) {
		pids := w.wakes(5)
		time.Sleep(2 * time.Second)
		pids = append(pids, w.wakesUp("6")) // of the five, and it is awake
		if err := w.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		if n := w.stopped(pids); n != len(pids) {
			t.Errorf("%d of %d have stopped", n, len(pids))
		}
	})
}

func TestActorThatHasPanickedPlaysOn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint.becomes(time.Second, nil)
		pid := w.wakesUp("k")
		s, _ := w.Lookup("k")
		s.breaks()
		synctest.Wait()
		if s.awake() {
			t.Error("the session is awake after a panic")
		}
		if again := w.wakesUp("other"); again != pid {
			t.Errorf("%v was made, and %v had nothing to do", again, pid)
		}
		other, _ := w.Lookup("other")
		if r := other.Ask(context.Background(), messages.Get{}); r.Err != nil {
			t.Errorf("told %v", r.Err)
		}
	})
}
