package actor

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// exchanging opens a session whose token can be exchanged, and that has one.
func (w *world) exchanging(key string) *Session {
	w.Helper()
	s := w.opensAs(key, Rules{Revocable: true, Exchanging: ByRequest})
	if r := s.Ask(context.Background(), messages.Get{}); r.Err != nil {
		w.Fatalf("no token: %v", r.Err)
	}
	return s
}

// exchanges has n callers ask at once for each of these sets.
func (w *world) exchanges(n int, s *Session, sets ...string) <-chan messages.Reply {
	replies := make(chan messages.Reply, n*len(sets))
	for _, set := range sets {
		for range n {
			go func() { replies <- *s.Ask(context.Background(), messages.Exchange{Scopes: []string{set}}) }()
		}
	}
	synctest.Wait()
	return replies
}

func sets(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint("set", i)
	}
	return all
}

// exchanged says how many exchanges have succeeded, and how many were under way at once.
func (e *endpoint) flights() (exchanged, most int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.exchanged, e.most
}

// free is how many slots the endpoint's bound has left.
func (s *Session) free() int {
	s.bound.mu.Lock()
	defer s.bound.mu.Unlock()
	return s.bound.free
}

func TestCallersOfOneExchangeShareARequest(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.exchanging("k")
		w.endpoint.becomes(time.Second, nil)
		told := w.exchanges(100, s, "read")
		for range cap(told) {
			if r := <-told; r.Err != nil || r.Token.Access != "sub-1" {
				t.Fatalf("told %v, %v", r.Token.Access.Reveal(), r.Err)
			}
		}
		synctest.Wait()
		if s.awake() || s.free() != 10 {
			t.Error("something of the exchange is left")
		}
		if r := s.Ask(context.Background(), messages.Exchange{Scopes: []string{"read"}}); r.Token.Access != "sub-1" {
			t.Errorf("the next was told %v, %v", r.Token.Access.Reveal(), r.Err)
		}
	})
}

// An exchange has a slot of its own, so it waits for one like everybody.
func TestExchangesRespectTheBoundOfTheEndpoint(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.exchanging("k")
		w.endpoint.becomes(time.Second, nil)
		told := w.exchanges(2, s, sets(40)...)
		if free := s.free(); free != 0 {
			t.Errorf("%d slots are free, and 40 exchanges want one", free)
		}
		for range cap(told) {
			if r := <-told; r.Err != nil {
				t.Errorf("told %v", r.Err)
			}
		}
		if exchanged, most := w.endpoint.flights(); exchanged != 40 || most != 10 {
			t.Errorf("%d exchanges, %d at once; want 40 and the bound: 10", exchanged, most)
		}
		synctest.Wait()
		if s.free() != 10 {
			t.Errorf("%d slots are free, want all", s.free())
		}
	})
}

func TestOneSessionHasNoMoreThanSixteenExchangesUnderWay(t *testing.T) {
	inWorld(t, func(w *world) {
		w.config.InFlight = 100
		s := w.exchanging("k")
		w.endpoint.becomes(time.Second, nil)
		told := w.exchanges(1, s, sets(40)...)
		for range cap(told) {
			if r := <-told; r.Err != nil {
				t.Errorf("told %v", r.Err)
			}
		}
		if exchanged, most := w.endpoint.flights(); exchanged != 40 || most != 16 {
			t.Errorf("%d exchanges, %d at once; want 40 and 16", exchanged, most)
		}
	})
}

func TestRejectOfTheParentCancelsItsExchange(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.exchanging("k")
		w.endpoint.becomes(5*time.Second, nil)
		told := w.exchanges(3, s, "read")
		w.endpoint.becomes(time.Second, nil)
		if r := s.Ask(context.Background(), messages.Reject{Token: "access-1"}); r.Err != nil {
			t.Fatalf("reject: %v", r.Err)
		}
		start := time.Now()
		for range cap(told) {
			if r := <-told; r.Err != nil || r.Token.Access != "sub-1" {
				t.Errorf("told %v, %v", r.Token.Access.Reveal(), r.Err)
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("it took %s, want a renewal and an exchange of a second each", took)
		}
		time.Sleep(time.Minute)
		if exchanged, _ := w.endpoint.flights(); exchanged != 1 {
			t.Errorf("%d exchanges have come to an end, want the second only", exchanged)
		}
		if s.free() != 10 {
			t.Errorf("%d slots are free, want all", s.free())
		}
	})
}

func TestRevokeTellsWhoWaitsForAnExchange(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.exchanging("k")
		w.endpoint.becomes(time.Second, nil)
		told := w.exchanges(2, s, "read", "write")
		start := time.Now()
		go s.Ask(context.Background(), messages.Revoke{})
		for range cap(told) {
			if r := <-told; !errors.Is(r.Err, messages.ErrRevoked) {
				t.Errorf("told %v", r.Err)
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("told after %s", took)
		}
	})
}

func TestCloseEndsExchangesThatAreUnderWay(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.exchanging("k")
		w.endpoint.becomes(5*time.Second, nil)
		told := w.exchanges(2, s, sets(20)...)
		start := time.Now()
		if err := w.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("close took %s", took)
		}
		for range cap(told) {
			if r := <-told; !errors.Is(r.Err, messages.ErrClosed) {
				t.Errorf("told %v", r.Err)
			}
		}
		if s.awake() || !s.ended {
			t.Error("an exchange is left")
		}
	})
}

func TestExchangeKeepsNobodyFromForgettingASession(t *testing.T) {
	inWorld(t, func(w *world) {
		r := expired()
		r.Exchanging = ByRequest
		s := w.opensAs("k", r)
		if r := s.Ask(context.Background(), messages.Get{}); r.Err != nil {
			t.Fatalf("no token: %v", r.Err)
		}
		synctest.Wait()
		w.endpoint.becomes(5*time.Second, nil)
		told := w.exchanges(2, s, "read")
		if err := w.Forget("k"); err != nil {
			t.Errorf("forget: %v", err)
		}
		for range cap(told) {
			if r := <-told; !errors.Is(r.Err, messages.ErrClosed) {
				t.Errorf("told %v", r.Err)
			}
		}
	})
}

func TestAskerWhoLeavesIsForgottenAndTheExchangeGoesOn(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.exchanging("k")
		w.endpoint.becomes(time.Second, nil)
		ctx, cancel := context.WithCancel(context.Background())
		told := make(chan messages.Reply, 1)
		go func() { told <- *s.Ask(ctx, messages.Exchange{Scopes: []string{"read"}}) }()
		synctest.Wait()
		cancel()
		if r := <-told; !errors.Is(r.Err, context.Canceled) {
			t.Errorf("told %v", r.Err)
		}
		synctest.Wait()
		if s.View().Held != 0 || s.keepsCallers() {
			t.Error("who has left is still held")
		}
		time.Sleep(2 * time.Second)
		if exchanged, _ := w.endpoint.flights(); exchanged != 1 {
			t.Errorf("%d exchanges, want the one that nobody waits for", exchanged)
		}
	})
}

func TestPanicTurnsAwayWhoWaitsForAnExchange(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.exchanging("k")
		w.endpoint.becomes(time.Second, nil)
		told := w.exchanges(2, s, sets(12)...)
		s.mu.Lock()
		leaf := s.machine.Flight(1).Leaf
		s.mu.Unlock()
		s.post(event{machine.Done{Leaf: leaf, Outcome: machine.Ended{}}})
		for range cap(told) {
			if r := <-told; !errors.Is(r.Err, messages.ErrUnavailable) {
				t.Errorf("told %v", r.Err)
			}
		}
		synctest.Wait()
		if s.awake() || s.free() != 10 {
			t.Error("an exchange of before is still under way")
		}
		if r := s.Ask(context.Background(), messages.Exchange{Scopes: []string{"read"}}); r.Err != nil {
			t.Errorf("the session does not work again: %v", r.Err)
		}
	})
}

func TestExchangesAndEverythingElseAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.exchanging("k")
		w.endpoint.becomes(time.Millisecond, nil)
		done := make(chan bool)
		for i := range 8 {
			go func() {
				defer func() { done <- true }()
				for n := range 20 {
					r := s.Ask(context.Background(), messages.Exchange{Scopes: []string{fmt.Sprint(n % 3)}})
					switch {
					case errors.Is(r.Err, messages.ErrRevoked), errors.Is(r.Err, messages.ErrUnavailable):
					case r.Err != nil:
						t.Errorf("told %v", r.Err)
					}
					switch (i + n) % 5 {
					case 0:
						s.Ask(context.Background(), messages.Reject{Token: r.Token.Access})
					case 1:
						s.Ask(context.Background(), messages.Refresh{})
					case 2:
						s.sweep()
					}
				}
			}()
		}
		for range 8 {
			<-done
		}
		synctest.Wait()
		if s.awake() || s.free() != 10 {
			t.Error("something is left")
		}
	})
}
