package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// play is a run: what befalls the workers, and when.
type play struct {
	settings settings
	world    *world

	printing sync.Mutex // guards the field below
	out      io.Writer

	measuring sync.WaitGroup // the revocations under way

	mu     sync.Mutex // guards the fields below
	living []*process
	fallen []*process // the one that was killed
	story  story
}

// story is what came of a run, as far as the workers know.
type story struct {
	settings settings
	killed   string          // the worker; empty: none
	revoked  map[string]bool // sessions
	late     []lateness      // by worker and session
	ends     map[string]end  // by session
	troubles []string        // what should not have been, in words
	calls    int
	longest  time.Duration // that a caller has waited
}

// lateness is when the last call began that was given a token of a session that was
// being revoked.
type lateness struct {
	by    bool          // in the worker that revoked it
	after time.Duration // Revoke had returned; negative: before
}

const (
	workers = 3

	// revocations is how many sessions are revoked on the way.
	revocations = 5

	// startsIn, saysIn and endsIn are how long a worker may take to start, to do what
	// it is told, and to end: each is much longer than it takes.
	startsIn = time.Minute
	saysIn   = time.Minute
	endsIn   = 2 * patience
)

// event is something that happens at its time.
type event struct {
	percent time.Duration // of the run
	do      func(ctx context.Context) error
}

// events are what happens, in its order.
func (p *play) events() []event {
	return []event{
		{10, p.revokes(0)},
		{25, p.revokes(1)},
		{33, p.kills},
		{40, p.replaces},
		{50, p.revokes(2)},
		{65, p.revokes(3)},
		{80, p.revokes(4)},
	}
}

// run starts the workers, lets things befall them until the time or ctx is over, and
// has them say how their sessions have ended.
func (p *play) run(ctx context.Context) error {
	p.story = story{settings: p.settings, revoked: map[string]bool{}, ends: map[string]end{}}
	defer p.end()
	for n := range workers {
		if err := p.start(fmt.Sprintf("worker-%d", n+1)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, p.settings.duration)
	defer cancel()
	began := time.Now()
	var watching sync.WaitGroup
	watching.Go(func() { p.watch(ctx, began) })
	err := p.befall(ctx, began)
	watching.Wait()
	p.measuring.Wait()
	if err != nil {
		return err
	}
	return p.finish()
}

func (p *play) befall(ctx context.Context, began time.Time) error {
	for _, e := range p.events() {
		if !sleep(ctx, time.Until(began.Add(p.settings.duration*e.percent/100))) {
			return nil
		}
		if err := e.do(ctx); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

// start starts a worker, and returns when all its sessions are open.
func (p *play) start(name string) error {
	w, err := startWorker(p.world.order(name, p.settings))
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.living = append(p.living, w)
	p.mu.Unlock()
	_, err = w.expect(ready, "", startsIn)
	return err
}

// kills kills the worker from which the authorization server has the next request.
func (p *play) kills(ctx context.Context) error {
	var name string
	select {
	case name = <-p.world.ledger.nextWorker():
	case <-ctx.Done():
		return nil
	}
	p.mu.Lock()
	w := p.living[slices.IndexFunc(p.living, func(w *process) bool { return w.name == name })]
	p.mu.Unlock()
	w.kill()
	p.tell("%s was killed in the middle of a renewal", w.name)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.story.killed = w.name
	p.living = slices.DeleteFunc(p.living, func(other *process) bool { return other == w })
	p.fallen = append(p.fallen, w)
	return nil
}

// replaces starts a worker in the place of the one that was killed.
func (p *play) replaces(context.Context) error {
	name := fmt.Sprintf("worker-%d", workers+1)
	if err := p.start(name); err != nil {
		return err
	}
	p.tell("%s was started in its place", name)
	return nil
}

// revokes has a worker revoke a session that all others are asking for, and goes on.
func (p *play) revokes(n int) func(context.Context) error {
	return func(context.Context) error {
		key := p.world.logins[n].Key
		p.mu.Lock()
		p.story.revoked[key] = true
		by := p.living[n%len(p.living)]
		all := slices.Clone(p.living)
		p.mu.Unlock()
		for _, w := range all {
			w.tell(watch, key)
			if _, err := w.expect(watching, key, saysIn); err != nil {
				return err
			}
		}
		by.tell(revoke, key)
		p.measuring.Go(func() { p.measure(key, by, all) })
		return nil
	}
}

// measure takes how late the workers were to notice a revocation.
func (p *play) measure(key string, by *process, all []*process) {
	done, err := by.expect(revoked, key, saysIn)
	if err == nil && done.Error != "" {
		err = fmt.Errorf("%s: revoke a session: %s", by.name, done.Error)
	}
	if err != nil {
		p.trouble(err)
		return
	}
	for _, w := range all {
		last, err := w.expect(gone, key, saysIn)
		switch {
		case err != nil && p.isKilled(w):
		case err != nil:
			p.trouble(err)
		default:
			p.mu.Lock()
			p.story.late = append(p.story.late, lateness{by: w == by, after: last.At.Sub(done.At)})
			p.mu.Unlock()
		}
	}
}

func (p *play) isKilled(w *process) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.story.killed == w.name
}

func (p *play) trouble(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.story.troubles = append(p.story.troubles, err.Error())
}

// finish has the workers ask once more for each token, and say what came of it.
func (p *play) finish() error {
	for _, w := range p.living {
		w.tell(finish, "")
	}
	for _, w := range p.living {
		said, err := w.expect(ended, "", endsIn)
		if err != nil {
			return err
		}
		for key, e := range said.Ends {
			p.story.ends[key] = worse(p.story.ends[key], e)
		}
		w.wait()
	}
	for _, w := range slices.Concat(p.living, p.fallen) {
		counted := w.counted()
		p.story.calls += counted.Calls
		p.story.longest = max(p.story.longest, counted.Longest)
	}
	p.living = nil
	return nil
}

// verdicts, the best first.
var verdicts = []verdict{"", alive, wasRevoked, unavailable, unknown, dead}

// worse returns what two workers say of the end of a session: the highest generation,
// and the worse verdict.
func worse(a, b end) end {
	if slices.Index(verdicts, a.Verdict) < slices.Index(verdicts, b.Verdict) {
		a, b = b, a
	}
	a.Generation = max(a.Generation, b.Generation)
	return a
}

// end kills what is still there.
func (p *play) end() {
	for _, w := range p.living {
		w.kill()
	}
}
