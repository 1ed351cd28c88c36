package simulate

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
)

// caller is a goroutine of the run, as far as the run knows it.
type caller struct {
	sim  *Sim
	name string
	life *life // the start of a process that it belongs to; nil: none
	ctx  context.Context
	end  context.CancelCauseFunc

	goroutine string    // on which it was started
	once      sync.Once // for complaints about its name
}

// start runs f as a caller.
func (s *Sim) start(name string, by *life, f func(context.Context)) *caller {
	c := &caller{sim: s, name: name, life: by}
	ctx, end := context.WithCancelCause(context.Background())
	c.ctx, c.end = context.WithValue(ctx, callerKey{}, c), end
	s.mu.Lock()
	s.names[name]++
	twice := s.names[name] > 1
	s.callers = append(s.callers, c)
	s.mu.Unlock()
	if twice {
		s.Errorf("two goroutines are called %q: give each a name of its own; the second one is started at %s", name, place())
	}
	go c.run(f)
	return c
}

// callerKey is where a context has the caller.
type callerKey struct{}

// callerOf returns who has this context; nil: nobody knows.
func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

func (c *caller) run(f func(context.Context)) {
	defer c.returns()
	here, _ := self()
	c.sim.mu.Lock()
	c.goroutine = here
	c.sim.mu.Unlock()
	c.sim.loop.waits("go "+c.name, c.life, nil)
	f(c.ctx)
}

// goesOn ends the goroutine of a caller who cannot go on, since his process has crashed or the
// run is over. It is asked where he comes into the run's hands. What he has deferred is done.
// Other goroutines that have his context get an error.
func (c *caller) goesOn() error {
	switch {
	case c.life.isDead():
		c.sim.endsHere()
		return ErrCrashed
	case c.sim.windingDown.Load():
		c.sim.endsHere()
		return ErrOver
	}
	return nil
}

// endsHere ends this goroutine if it is that of a caller who cannot go on.
func (s *Sim) endsHere() {
	here, _ := self()
	s.mu.Lock()
	at := slices.IndexFunc(s.callers, func(c *caller) bool {
		return c.goroutine == here && (c.life.isDead() || s.windingDown.Load())
	})
	s.mu.Unlock()
	if at >= 0 {
		runtime.Goexit()
	}
}

// returns is the end of a caller. A panic of his fails the run, and not the whole program.
func (c *caller) returns() {
	s := c.sim
	if r := recover(); r != nil {
		s.Errorf("%s panicked: %v\n%s", c.name, r, debug.Stack())
	}
	s.loop.bring(errand{label: "returns " + c.name, what: func() {
		c.end(nil)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.callers = slices.DeleteFunc(s.callers, func(o *caller) bool { return o == c })
	}})
}

// ambiguous says that two calls cannot be told apart.
func (c *caller) ambiguous() {
	c.once.Do(func() {
		c.sim.Errorf("two calls came from %s at one moment, and nothing tells them apart: hand them the context that Sim.Go gives, or start each goroutine with Sim.Go and a name of its own", c.name)
	})
}
