package actor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// breaks makes Receive panic: the machine takes an outcome that the leaf under way
// cannot have for a bug.
func (s *Session) breaks() {
	s.mu.Lock()
	leaf := s.machine.Leaf()
	s.mu.Unlock()
	s.post(event{machine.Done{Leaf: leaf, Outcome: machine.Ended{}}})
}

func TestPanicInReceiveTurnsCallersAwayAndTheSessionBeginsAnew(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		w.endpoint.becomes(time.Second, nil)
		for range 20 { // more often than the engine's own supervision would bear
			held := w.asks(10, s)
			s.breaks()
			synctest.Wait()
			for range cap(held) {
				r := <-held
				if !errors.Is(r.Err, messages.ErrUnavailable) {
					t.Fatalf("a caller was told %v", r.Err)
				}
				if _, ok := messages.RetryAfter(r.Err); !ok {
					t.Fatalf("no RetryAfter: %v", r.Err)
				}
			}
		}
		if r := s.Ask(context.Background(), messages.Get{}); r.Err != nil {
			t.Errorf("the session does not work again: %v", r.Err)
		}
		if s.Live(0) == nil {
			t.Error("nothing is published")
		}
	})
}

func TestCallerWhoLeavesLateTakesNobodyAlong(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		early, at := s.send(messages.Get{})
		<-early.told
		synctest.Wait()
		if s.awake() {
			t.Fatal("the actor that numbered him is still there")
		}
		w.endpoint.becomes(time.Second, nil)
		late, _ := s.send(messages.Refresh{})
		s.post(left{from: early, place: at})
		time.Sleep(time.Minute)
		select {
		case <-late.told:
			if r := late.reply; r.Err != nil || r.Token.Access != "access-2" {
				t.Errorf("he who waits was told %v", r)
			}
		default:
			t.Error("he who waits was told nothing")
		}
	})
}

func TestPanicInReceiveWithdrawsTheToken(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		w.endpoint.becomes(time.Second, nil)
		go s.Ask(context.Background(), messages.Refresh{})
		synctest.Wait()
		s.breaks()
		synctest.Wait()
		if s.Live(0) != nil {
			t.Error("a token is given out by a session that is not right")
		}
	})
}

func TestMessagesBehindAPanicAreHandled(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		w.endpoint.becomes(time.Second, nil)
		first := w.asks(1, s)
		s.breaks()
		second := s.Ask(context.Background(), messages.Get{})
		if r := <-first; !errors.Is(r.Err, messages.ErrUnavailable) {
			t.Errorf("the first caller was told %v", r.Err)
		}
		if second.Err != nil && !errors.Is(second.Err, messages.ErrUnavailable) {
			t.Errorf("the second caller was told %v", second.Err)
		}
		if n, _ := w.endpoint.has(); n > 1 {
			t.Errorf("%d tokens were minted", n)
		}
	})
}

func TestPanicWhileClosingKeepsNobodyWaiting(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opensAs("k", expired())
		w.endpoint.becomes(5*time.Second, nil)
		held := w.asks(5, s)
		start := time.Now()
		go func() {
			synctest.Wait() // Close waits for the Mint
			s.breaks()
		}()
		if err := w.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("close took %s", took)
		}
		for range cap(held) {
			if r := <-held; !errors.Is(r.Err, messages.ErrClosed) {
				t.Errorf("a caller was told %v", r.Err)
			}
		}
	})
}

func TestActorStopsWhenNothingIsUnderWay(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		w.endpoint.becomes(time.Second, nil)
		held := w.asks(3, s)
		if !s.awake() {
			t.Error("no actor though a renewal is under way")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		for range cap(held) {
			if r := <-held; r.Err != nil {
				t.Errorf("no token: %v", r.Err)
			}
		}
		if s.awake() {
			t.Error("the actor lives on")
		}
	})
}

func TestTimerThatWasStoppedTooLateDoesNoHarm(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opensAs("k", Rules{KeepAlive: true})
		s.Ask(context.Background(), messages.Get{})
		synctest.Wait()
		armed := s.timer
		s.post(tick{at: time.Now().Add(-time.Minute)})
		s.post(tick{at: time.Now().Add(-time.Minute)})
		synctest.Wait()
		if s.timer != armed {
			t.Error("the timer was armed twice")
		}
	})
}

func TestCallerWhoLeavesIsForgotten(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		w.endpoint.becomes(time.Second, nil)
		ctx, cancel := context.WithCancelCause(context.Background())
		why := errors.New("enough")
		told := make(chan messages.Reply, 1)
		go func() { told <- *s.Ask(ctx, messages.Get{}) }()
		synctest.Wait()
		cancel(why)
		if r := <-told; !errors.Is(r.Err, why) {
			t.Errorf("told %v", r.Err)
		}
		synctest.Wait()
		if s.keepsCallers() || s.View().Held != 0 {
			t.Error("who has left is still held")
		}
		time.Sleep(2 * time.Second)
		w.mints(1) // the renewal has not left with him
	})
}

func TestLeafThatPanicsHasFailed(t *testing.T) {
	inWorld(t, func(w *world) {
		if o := attempt(context.Background(), w.opens("k"), machine.Emit{}); o != (machine.TimedOut{}) {
			t.Errorf("outcome %#v", o)
		}
	})
}

func TestLeafsContextEndsAsOneWithADeadline(t *testing.T) {
	for cause, want := range map[error]error{context.DeadlineExceeded: context.DeadlineExceeded, context.Canceled: context.Canceled} {
		ctx, cancel := context.WithCancelCause(context.Background())
		leaf := limited{ctx}
		if leaf.Err() != nil {
			t.Errorf("over before its end: %v", leaf.Err())
		}
		cancel(cause)
		if !errors.Is(leaf.Err(), want) {
			t.Errorf("ended by %v: %v", cause, leaf.Err())
		}
	}
}
