package sessions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
)

// numbered is the event number n.
func numbered(n int) messages.Event {
	return messages.Recovered{Header: messages.Header{Key: "k", At: time.Unix(int64(n), 0)}, Failures: n}
}

// tape writes down what a subscriber is told: "1 2 missed:3 6".
type tape struct {
	mu    sync.Mutex // guards heard
	heard []string
}

func (p *tape) hear(ev messages.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case messages.Recovered:
		p.heard = append(p.heard, fmt.Sprint(ev.Failures))
	case messages.Missed:
		p.heard = append(p.heard, fmt.Sprintf("missed:%d at %d", ev.N, ev.At.Unix()))
	}
}

func (p *tape) wants(t *testing.T, want ...string) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if diff := cmp.Diff(want, p.heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

func numbers(from, to int) []string {
	all := make([]string, 0, to-from+1)
	for n := from; n <= to; n++ {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

// emits has events from to to happen.
func emits(e *events, from, to int) {
	for n := from; n <= to; n++ {
		e.emit(numbered(n))
	}
}

func closeEvents(t *testing.T, e *events) {
	t.Helper()
	if err := e.close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSubscriberHearsEventsInTheirOrder(t *testing.T) {
	var e events
	var p tape
	e.subscribe(p.hear)
	emits(&e, 1, queueLength)
	closeEvents(t, &e)
	p.wants(t, numbers(1, queueLength)...)
}

// blocked subscribes a tape that hears nothing until release is called.
func blocked(e *events, p *tape) (release func()) {
	gate := make(chan struct{})
	e.subscribe(func(ev messages.Event) {
		<-gate
		p.hear(ev)
	})
	return func() { close(gate) }
}

func TestSlowSubscriberIsToldHowManyEventsHeMissed(t *testing.T) {
	const queueLength = 1024 // as Subscribe promises
	for name, test := range map[string]struct {
		emitted int
		want    []string
	}{
		// The first is taken off the queue: the callback has it.
		"none": {queueLength + 1, numbers(1, queueLength+1)},
		"one":  {queueLength + 2, append(numbers(1, queueLength+1), fmt.Sprintf("missed:1 at %d", queueLength+2))},
		"many": {queueLength + 501, append(numbers(1, queueLength+1), fmt.Sprintf("missed:500 at %d", queueLength+501))},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var e events
				var p tape
				release := blocked(&e, &p)
				emits(&e, 1, 1)
				synctest.Wait()
				emits(&e, 2, test.emitted)
				release()
				closeEvents(t, &e)
				p.wants(t, test.want...)
			})
		})
	}
}

func TestMissedTakesThePlaceOfWhatWasMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		var p tape
		steps := make(chan struct{})
		e.subscribe(func(ev messages.Event) {
			<-steps
			p.hear(ev)
		})
		take := func(n int) {
			for range n {
				steps <- struct{}{}
			}
			synctest.Wait()
		}
		emits(&e, 1, 1)
		synctest.Wait()
		emits(&e, 2, queueLength+1) // the queue is full
		emits(&e, 2001, 2003)       // missed
		take(1)
		emits(&e, 2004, 2004) // there is room for one, but not for the count and one
		take(1)
		emits(&e, 2005, 2005) // the count takes its place, and this one follows
		emits(&e, 2006, 2007) // missed
		take(queueLength + 2)
		emits(&e, 2008, 2008)
		close(steps)
		closeEvents(t, &e)

		want := append(numbers(1, queueLength+1), "missed:4 at 2004", "2005", "missed:2 at 2007", "2008")
		p.wants(t, want...)
	})
}

func TestSlowSubscriberTakesNothingFromTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		var slow, quick tape
		release := blocked(&e, &slow)
		e.subscribe(quick.hear)
		for n := 1; n <= 2*queueLength; n++ {
			e.emit(numbered(n))
			if n%100 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		quick.wants(t, numbers(1, 2*queueLength)...)
		release()
		closeEvents(t, &e)
	})
}

func TestStopWaitsForTheCallbackThatIsRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		var p tape
		stop := e.subscribe(func(ev messages.Event) {
			time.Sleep(time.Second)
			p.hear(ev)
		})
		emits(&e, 1, 3)
		synctest.Wait()
		stop()
		p.wants(t, "1")
		emits(&e, 4, 5)
		time.Sleep(time.Minute)
		p.wants(t, "1")
	})
}

func TestStopBeforeAnyEventEndsTheSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		var p tape
		stop := e.subscribe(p.hear)
		stop()
		stop()
		emits(&e, 1, 1)
		synctest.Wait()
		p.wants(t)
	})
}

func TestStopInsideTheCallbackReturnsAndNothingIsCalledAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		var p tape
		var stop func()
		stop = e.subscribe(func(ev messages.Event) {
			stop()
			stop()
			p.hear(ev)
		})
		emits(&e, 1, 3)
		synctest.Wait()
		p.wants(t, "1")
		stop()
	})
}

func TestSubscriberCanBeStoppedByTheCallbackOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		var victim, other tape
		stop := e.subscribe(func(ev messages.Event) {
			time.Sleep(time.Second)
			victim.hear(ev)
		})
		e.subscribe(func(ev messages.Event) {
			time.Sleep(time.Millisecond) // the victim is in its callback by now
			stop()
			other.hear(ev)
		})
		emits(&e, 1, 3)
		closeEvents(t, &e)
		victim.wants(t, "1")
		other.wants(t, "1", "2", "3")
	})
}

func TestCloseLetsSubscribersHearWhatIsQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		var p tape
		e.subscribe(func(ev messages.Event) {
			time.Sleep(time.Second)
			p.hear(ev)
		})
		emits(&e, 1, 10)
		closeEvents(t, &e)
		emits(&e, 11, 11)
		p.wants(t, numbers(1, 10)...)
	})
}

func TestCloseInsideACallbackDoesNotWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		var p tape
		e.subscribe(func(ev messages.Event) {
			if err := e.close(context.Background()); err != nil {
				t.Error(err)
			}
			p.hear(ev)
		})
		emits(&e, 1, 2)
		synctest.Wait()
		p.wants(t, "1", "2")
	})
}

func TestSubscribeAfterCloseHearsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		closeEvents(t, &e)
		var p tape
		e.subscribe(p.hear) // a goroutine of its would keep the bubble from ending
		emits(&e, 1, 1)
		synctest.Wait()
		p.wants(t)
	})
}

func TestNilSubscriberIsNone(t *testing.T) {
	var e events
	stop := e.subscribe(nil)
	emits(&e, 1, 1)
	stop()
	closeEvents(t, &e)
}

func TestCloseGivesUpASubscriberThatNeverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e events
		var stuck, other tape
		release := blocked(&e, &stuck)
		e.subscribe(other.hear)
		emits(&e, 1, 2)
		tired := errors.New("tired")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, tired)
		defer cancel()
		start := time.Now()
		if err := e.close(ctx); !errors.Is(err, tired) {
			t.Errorf("error is %v, want the cause of the context", err)
		}
		if d := time.Since(start); d != time.Minute {
			t.Errorf("close returned after %s", d)
		}
		other.wants(t, "1", "2")
		release()
	})
}

func TestSubscriberThatHasEndedIsNoReasonToFail(t *testing.T) {
	s := &subscriber{ended: make(chan struct{})}
	close(s.ended)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // both are ready: select would toss a coin
		if !s.wait(over) {
			t.Fatal("the end of the context won over an end that was there")
		}
	}
}
