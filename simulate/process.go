package simulate

import (
	"context"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// Process is a process of a run: one [sessions.Manager] at a time, with a clock of its own, and
// the goroutines that make use of it. It can crash, start again, stand still and
// have a wrong clock. What it has not saved in a [Store] is gone with a crash.
type Process struct {
	sim    *Sim
	name   string
	config sessions.Config

	mu    sync.Mutex // guards the fields below
	life  *life      // the newest start
	count int        // how many starts there have been
	skew  time.Duration
	mains []program
}

// program is what a process does in each of its lives.
type program struct {
	name string
	f    func(context.Context)
}

// Process starts a process. The name is its Config.Name where that is empty, and comes before
// those of its goroutines. Config.Clock must be nil: the process has the clock of the run. A config
// that sessions.Open refuses fails the run.
func (s *Sim) Process(name string, c sessions.Config) *Process {
	s.demands()
	p := &Process{sim: s, name: name, config: c}
	if c.Clock != nil {
		s.Errorf("process %s at %s: Config.Clock must be nil: the run has the clock", name, place())
	}
	if s.strikes(s.faults.Skew, name, saltSkew) {
		p.skew = pick(s.chance(name, saltHow), -time.Minute, -10*time.Second, -time.Second, time.Second, 10*time.Second, time.Minute)
		s.note(name, "its clock is wrong by "+p.skew.String())
	}
	p.boot()
	if p.newest() == nil {
		s.Errorf("process %s at %s does not start", name, place())
		runtime.Goexit()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.processes = append(s.processes, p)
	return p
}

// Manager returns the Manager of the newest start. After a crash its sessions answer
// [ErrCrashed] until the process has started again, and then the new Manager has to be asked for.
func (p *Process) Manager() *sessions.Manager { return p.newest().manager }

// Go runs f on a goroutine of the process, and once more with each start of it: f is what
// the program does. Its context ends with [ErrCrashed] when the process crashes. In all else it
// is like [Sim.Go]; the name needs to be its own within the process only.
func (p *Process) Go(name string, f func(ctx context.Context)) {
	p.mu.Lock()
	m := program{name: name, f: f}
	p.mains = append(p.mains, m)
	l := p.life
	p.mu.Unlock()
	l.runs(m)
}

// Crash ends the process at once: nothing is saved, and nobody is answered but by
// [ErrCrashed]. It stays down until Restart.
func (p *Process) Crash() {
	p.sim.does("crash "+p.name, func() { p.newest().die() })
}

// Restart starts the process again; one that is up crashes first.
func (p *Process) Restart() {
	p.sim.does("restart "+p.name, func() {
		p.newest().die()
		p.boot()
	})
}

// Pause has the process stand still for d: none of its sessions does anything, and what
// reaches it waits. Goroutines of the process that ask no session go on.
func (p *Process) Pause(d time.Duration) {
	p.sim.does("pause "+p.name, func() { p.newest().freeze(d) })
}

// Skew sets the wall clock of the process, by which its sessions go, to d ahead of the
// right one; it may be negative.
func (p *Process) Skew(d time.Duration) {
	p.sim.does("skew "+p.name, func() {
		p.sim.note(p.name, "its clock is set "+d.String()+" ahead")
		p.mu.Lock()
		defer p.mu.Unlock()
		p.skew = d
	})
}

func (p *Process) newest() *life {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.life
}

func (p *Process) ahead() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.skew
}

// boot starts the process. A run that is over starts nothing any more.
func (p *Process) boot() {
	s := p.sim
	if s.windingDown.Load() {
		return
	}
	p.mu.Lock()
	p.count++
	l := &life{process: p, sim: s, number: p.count, name: p.name}
	if l.number > 1 {
		l.name += "/" + strconv.Itoa(l.number)
	}
	l.alive, l.ends = context.WithCancel(context.Background())
	mains := p.mains
	c := p.config
	p.mu.Unlock()
	c.Clock = l
	if c.Name == "" {
		c.Name = p.name
	}
	s.note(p.name, "starts")
	manager, err := sessions.Open(c)
	if err != nil {
		s.Errorf("process %s: %v", p.name, err)
		return
	}
	l.manager = manager
	p.mu.Lock()
	p.life = l
	p.mu.Unlock()
	for _, m := range mains {
		l.runs(m)
	}
}

// runs runs a program in this life.
func (l *life) runs(m program) {
	if l.isDead() || l.sim.windingDown.Load() {
		return
	}
	l.sim.start(l.name+"/"+m.name, l, m.f)
}
