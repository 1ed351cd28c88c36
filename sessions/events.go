package sessions

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"github.com/holdfast-go/holdfast/messages"
)

// events passes what happens on to those who have subscribed.
type events struct {
	mu          sync.Mutex // guards the fields below
	subscribers []*subscriber
	closed      bool
}

// queueLength is how many events may wait for a subscriber.
const queueLength = 1024

// subscriber is one callback with its queue and its goroutine.
type subscriber struct {
	call  func(messages.Event)
	ended chan struct{} // closed when the goroutine has ended

	mu        sync.Mutex // guards the fields below
	more      sync.Cond  // something below has changed
	queue     []messages.Event
	missed    messages.Missed
	stopped   bool   // call nothing any more
	finishing bool   // end when the queue is empty
	goroutine uint64 // who calls
}

func (e *events) subscribe(f func(messages.Event)) (stop func()) {
	s := &subscriber{call: f, ended: make(chan struct{})}
	s.more.L = &s.mu
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || f == nil {
		return func() {}
	}
	e.subscribers = append(e.subscribers, s)
	go s.run()
	return func() { e.unsubscribe(s) }
}

func (e *events) unsubscribe(s *subscriber) {
	e.mu.Lock()
	e.subscribers = slices.DeleteFunc(slices.Clone(e.subscribers), func(o *subscriber) bool { return o == s })
	e.mu.Unlock()
	s.stop()
}

// emit queues an event for every subscriber. It never waits for one.
func (e *events) emit(ev messages.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.subscribers {
		s.push(ev)
	}
}

// close lets every subscriber have what is queued, and waits for that.
func (e *events) close(ctx context.Context) error {
	e.mu.Lock()
	all := e.subscribers
	e.subscribers, e.closed = nil, true
	e.mu.Unlock()
	for _, s := range all {
		s.finish()
	}
	for _, s := range all {
		if !s.wait(ctx) {
			return fmt.Errorf("close: a subscriber has not returned yet: %w", context.Cause(ctx))
		}
	}
	return nil
}

// push queues an event; one that does not fit is counted, and the count takes its
// place among the events.
func (s *subscriber) push(ev messages.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(s.queue) >= queueLength, s.missed.N > 0 && len(s.queue) >= queueLength-1:
		s.missed.N++
		s.missed.At = ev.Head().At
	case s.missed.N > 0:
		s.queue = append(s.queue, s.takeMissed(), ev)
	default:
		s.queue = append(s.queue, ev)
	}
	s.more.Signal()
}

func (s *subscriber) takeMissed() messages.Event {
	m := s.missed
	s.missed = messages.Missed{}
	return m
}

func (s *subscriber) run() {
	defer close(s.ended)
	s.mu.Lock()
	s.goroutine = goroutineID()
	s.mu.Unlock()
	for {
		ev, ok := s.next()
		if !ok {
			return
		}
		s.call(ev)
	}
}

// next waits for an event. It returns false when there will be none.
func (s *subscriber) next() (messages.Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) == 0 && s.missed.N == 0 && !s.stopped && !s.finishing {
		s.more.Wait()
	}
	switch {
	case s.stopped:
		return nil, false
	case len(s.queue) > 0:
		ev := s.queue[0]
		s.queue = s.queue[1:]
		return ev, true
	case s.missed.N > 0:
		return s.takeMissed(), true
	}
	return nil, false
}

// stop ends the calls, and returns when none is running; called by the callback
// itself it does not wait for that one.
func (s *subscriber) stop() {
	s.mu.Lock()
	s.stopped = true
	own := s.goroutine == goroutineID()
	s.more.Signal()
	s.mu.Unlock()
	if !own {
		<-s.ended
	}
}

func (s *subscriber) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finishing = true
	s.more.Signal()
}

// wait returns when the goroutine has ended, and false if ctx is over first. The
// callback does not wait for itself.
func (s *subscriber) wait(ctx context.Context) bool {
	s.mu.Lock()
	own := s.goroutine == goroutineID()
	s.mu.Unlock()
	if own {
		return true
	}
	select {
	case <-s.ended:
		return true
	case <-ctx.Done():
	}
	select {
	case <-s.ended: // an end that is there already wins
		return true
	default:
		return false
	}
}

// goroutineID returns the number of this goroutine, as stack traces have it. It is
// asked for only where a callback might wait for itself.
func goroutineID() uint64 {
	var b [64]byte
	text := b[:runtime.Stack(b[:], false)]
	text = bytes.TrimPrefix(text, []byte("goroutine "))
	number, _, _ := bytes.Cut(text, []byte(" "))
	id, err := strconv.ParseUint(string(number), 10, 64)
	if err != nil {
		panic("BUG: a stack trace without the number of its goroutine")
	}
	return id
}
