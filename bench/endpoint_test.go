package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheEndpointCountsWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		e.latency.Store(int64(20 * time.Millisecond))
		c := gather(3, func(int) error {
			_, err := e.mint(context.Background())
			return err
		})
		took, err := c.release()
		if err != nil || took != 20*time.Millisecond {
			t.Errorf("%v, %v", took, err)
		}
		if r, m, n := e.requests.Load(), e.most.Load(), e.inFlight.Load(); r != 3 || m != 3 || n != 0 {
			t.Errorf("%d requests, at most %d in flight, %d now", r, m, n)
		}
		time.Sleep(7 * time.Millisecond)
		if _, err := e.mint(context.Background()); err != nil {
			t.Error(err)
		}
		e.count()
		if r := e.requests.Load(); r != 0 {
			t.Errorf("%d requests in a new count", r)
		}
	})
}

func TestTheShortestGapIsBetweenTwoRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		for _, pause := range []time.Duration{0, 30 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond} {
			time.Sleep(pause)
			if _, err := e.mint(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if got := e.shortestGap(); got != 10*time.Millisecond {
			t.Errorf("%v", got)
		}
	})
}

func TestAnEndpointThatIsDownGivesNothing(t *testing.T) {
	e := newEndpoint()
	e.down.Store(true)
	if _, err := e.mint(t.Context()); err == nil {
		t.Error("it gave a token")
	}
	if r, n := e.refused.Load(), e.tokens.Load(); r != 1 || n != 0 {
		t.Errorf("%d refused, %d tokens", r, n)
	}
}

func TestACancelledRequestIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		e.latency.Store(int64(time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := e.mint(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if took := time.Since(began); took != time.Millisecond {
			t.Errorf("after %v", took)
		}
	})
}

func TestCapacityServesInTurnsAndRefusesTheRest(t *testing.T) {
	c := &capacity{every: 10 * time.Millisecond, backlog: 2}
	now := time.Unix(0, 0)
	for i, want := range []time.Duration{0, 10 * time.Millisecond, 20 * time.Millisecond} {
		if wait, ok := c.take(now); !ok || wait != want {
			t.Errorf("request %d waits %v, %v, want %v", i, wait, ok, want)
		}
	}
	if _, ok := c.take(now); ok {
		t.Error("a fourth was not refused")
	}
	if wait, ok := c.take(now.Add(time.Second)); !ok || wait != 0 {
		t.Errorf("after a rest: %v, %v", wait, ok)
	}
}
