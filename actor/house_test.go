package actor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestCloseEndsEverySession(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint.becomes(time.Second, nil)
		var told []<-chan messages.Reply
		for i := range 100 {
			told = append(told, w.asks(2, w.opens(fmt.Sprint("k", i))))
		}
		if err := w.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		for _, replies := range told {
			for range cap(replies) {
				if r := <-replies; r.Err != nil && !errors.Is(r.Err, messages.ErrClosed) {
					t.Errorf("told %v", r.Err)
				}
			}
		}
		for s := range w.All() {
			if r := s.Ask(context.Background(), messages.Get{}); !errors.Is(r.Err, messages.ErrClosed) {
				t.Errorf("told %v after Close", r.Err)
			}
			if s.Live(0) != nil || s.awake() || !s.ended {
				t.Errorf("session %q has not ended", s.key)
			}
		}
		if _, err := w.Session("new", "", &Rules{}, w.talks()); !errors.Is(err, messages.ErrClosed) {
			t.Errorf("a session was opened after Close: %v", err)
		}
		if err := w.Close(context.Background()); err != nil {
			t.Errorf("second close: %v", err)
		}
	})
}

func TestCloseIsOverWithItsContext(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opensAs("the-one", expired())
		w.endpoint.becomes(5*time.Second, nil)
		w.asks(2, s)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start := time.Now()
		err := w.Close(ctx)
		if took := time.Since(start); took != time.Second {
			t.Errorf("close took %s", took)
		}
		if !errors.Is(err, messages.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `"the-one"`) {
			t.Errorf("close: %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !s.ended {
			t.Error("the session has not ended after what was under way")
		}
		if r, err := w.store.Load(context.Background(), "the-one", 0); err != nil || r.Rev == 0 {
			t.Errorf("what the request under way brought was not saved: %v", err)
		}
	})
}

func TestCloseWaitsForAForgottenSession(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		w.endpoint.becomes(5*time.Second, nil)
		told := make(chan messages.Reply, 1)
		go func() { told <- *s.Ask(context.Background(), messages.Revoke{}) }()
		synctest.Wait()
		start := time.Now()
		if err := w.Forget("k"); err != nil {
			t.Fatalf("forget: %v", err)
		}
		if r := <-told; !errors.Is(r.Err, messages.ErrClosed) {
			t.Errorf("told %v", r.Err)
		}
		if _, ok := w.Lookup("k"); ok {
			t.Error("the session is still open")
		}
		w.store.down.Store(true)
		time.AfterFunc(30*time.Second, func() { w.store.down.Store(false) })
		if err := w.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		if took := time.Since(start); took < 30*time.Second {
			t.Errorf("close took %s, and the store was down for 30s", took)
		}
		if _, ended := w.endpoint.has(); ended != 1 {
			t.Errorf("%d tokens were ended, want 1", ended)
		}
		for range w.left.Range {
			t.Error("a session that has ended is kept")
		}
	})
}

func TestAllWhoCloseASessionLearnThatItHasEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		w.endpoint.becomes(5*time.Second, nil)
		go s.Ask(context.Background(), messages.Get{})
		synctest.Wait()
		first, second := s.close(), s.close()
		<-first
		<-second
		<-s.close() // which finds that it has ended
		if !s.ended {
			t.Error("the session has not ended")
		}
	})
}

func TestForgottenSessionBeginsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		r := expired()
		r.KeepAlive = true
		s := w.opensAs("k", r)
		s.Ask(context.Background(), messages.Get{})
		synctest.Wait()
		if err := w.Forget("k"); err != nil {
			t.Fatalf("forget: %v", err)
		}
		if r := s.Ask(context.Background(), messages.Refresh{}); !errors.Is(r.Err, messages.ErrClosed) {
			t.Errorf("told %v", r.Err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		w.mints(1)
	})
}

func TestSessionIsMadeOnceForAKey(t *testing.T) {
	inWorld(t, func(w *world) {
		var all sync.WaitGroup
		made := make([]*Session, 100)
		for i := range made {
			all.Go(func() { made[i] = w.opens("k") })
		}
		all.Wait()
		for _, s := range made {
			if s != made[0] {
				t.Fatal("one key has two sessions")
			}
		}
	})
}

func TestSleepAndACallAtOnceLeaveATokenAtHand(t *testing.T) {
	for range 200 {
		inWorld(t, func(w *world) {
			s := w.opens("k")
			s.Ask(context.Background(), messages.Get{})
			synctest.Wait()
			var both sync.WaitGroup
			both.Go(func() {
				s.sweep()
				s.sweep()
				s.sweep()
			})
			both.Go(func() { s.Ask(context.Background(), messages.Get{}) })
			both.Wait()
			synctest.Wait()
			if v := s.View(); v.State.String() == "Fresh" && s.Live(0) == nil {
				t.Fatal("the session has a token, and nobody is given it without asking")
			}
		})
	}
}

func TestDeclinedTokenIsHeldByNobody(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opensAs("k", expired())
		s.Ask(context.Background(), messages.Get{})
		older := expired()
		older.Given.Refresh = "older"
		older.Given.Issued = older.Given.Issued.Add(-time.Hour)
		w.opensAs("k", older)
		synctest.Wait()
		w.opensAs("other", older)
	})
}

func TestForgottenOrClosedSessionGivesOutNothing(t *testing.T) {
	for name, closes := range map[string]func(*world) error{
		"forgotten": func(w *world) error { return w.Forget("k") },
		"closed":    func(w *world) error { return w.Close(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			for range 300 {
				inWorld(t, func(w *world) {
					s := w.opensAs("k", expired())
					s.Ask(context.Background(), messages.Get{})
					if s.Live(0) == nil {
						t.Fatal("nothing to give out")
					}
					var asking sync.WaitGroup
					for range 3 { // keeps the actor coming and going
						asking.Go(func() { s.Ask(context.Background(), messages.Get{}) })
					}
					if err := closes(w); err != nil {
						t.Errorf("%s: %v", name, err)
					}
					if s.Live(0) != nil {
						t.Error("a token is given out")
					}
					asking.Wait()
					if r := s.Ask(context.Background(), messages.Get{}); !errors.Is(r.Err, messages.ErrClosed) || s.Live(0) != nil {
						t.Errorf("told %v", r.Err)
					}
				})
			}
		})
	}
}
