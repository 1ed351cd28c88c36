package simcore

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/store"
)

// process is one start of a process: a House with its own clock, over the store and
// the server of the world. It is the Stage on which the House plays.
type process struct {
	world *World
	slot  int // of the world's processes
	life  int // how many have had this slot, with this one
	house *actor.House
	seats []seat

	wall, lost time.Duration      // how far the wall clock is ahead, and the monotonic one behind
	leapt      time.Duration      // by how much the wall clock was set ahead, all in all
	line       clockutil.Timeline // both clocks as one
	met        time.Duration      // when its watch has begun to tell last
	still      bool               // nothing of it happens for a while
	held       []func()           // what could run while it stands still
	waiting    []happening        // what would have happened to it
	disturbed  int                // how often it has stood still

	dead  bool        // nothing of it happens any more
	quiet func() bool // it is closing; nil: it is not

	watch    *watch
	sight    sight
	thawed   time.Duration // it went on, after it had stood still
	requests []*leaf       // to the endpoint, that are under way
	bucket   bucket
}

var _ actor.Stage = (*process)(nil)

// boot starts a process in a slot.
func (w *World) boot(slot int) {
	old := w.procs[slot]
	p := &process{world: w, slot: slot, life: 1}
	if old != nil {
		p.life, p.wall = old.life+1, old.wall
	} else {
		p.wall = w.skewOf(slot)
	}
	w.procs[slot] = p
	w.note(noteBoot, p, -1, uint64(p.life))
	t := &w.script.Terms
	name := procNames[slot]
	settings := w.settings
	settings.Name, settings.Owner = name, name+"/"+strconv.Itoa(p.life)
	p.seats = make([]seat, len(t.Kinds))
	p.bucket.fill(t)
	p.house = actor.Open(actor.Config{
		Clock: p, Store: &w.store, Settings: settings, InFlight: t.inFlight(), Rate: t.rate(), IdleAfter: t.idleAfter(),
		MaxUnwatched: t.maxUnwatched(),
		Logger:       w.logger, Stage: p,
	})
	for i := range p.seats {
		p.seat(i)
	}
}

// seat opens a session in the process.
func (p *process) seat(i int) {
	w := p.world
	s := &p.seats[i]
	*s = seat{by: p, index: i, kind: &w.kinds[i]}
	e := actor.Endpoint(endpoint{w})
	live, err := p.house.Session(keyOf(i), "token", &w.rules[i], &e)
	if err != nil {
		w.breaks("opens", "session %d in process %d: %v", i, p.slot, err)
		return
	}
	s.live = live
}

var procNames = [...]string{"p0", "p1", "p2", "p3"}

// keyOf is the key of a session, which begins with its number.
func keyOf(i int) string {
	if i < len(keys) {
		return keys[i]
	}
	return strconv.Itoa(i)
}

var keys = func() (k [1000]string) {
	for i := range k {
		k[i] = strconv.Itoa(i)
	}
	return k
}()

func (p *process) seatOf(s *actor.Session) *seat {
	i, err := strconv.Atoi(s.Key())
	if err != nil {
		panic("BUG: not a key of this world: " + s.Key())
	}
	return &p.seats[i]
}

// Schedule lets f run in a turn of its own.
func (p *process) Schedule(f func()) {
	p.world.runs = append(p.world.runs, run{by: p, f: f})
}

// Name is one of the world's names, which serve again in the next history: the engine
// keeps its actors by name in very many places, and the same ones are soon at hand.
func (p *process) Name() string {
	w := p.world
	if w.named == len(w.names) {
		w.names = append(w.names, fmt.Sprintf("world %d, actor %d", w.number, w.named))
	}
	w.named++
	return w.names[w.named-1]
}

// Throughput has each message be a turn.
func (p *process) Throughput() int { return 1 }

// Perform sends a leaf on its way.
func (p *process) Perform(j *actor.Job) {
	if !p.dead {
		p.world.launch(p, j)
	}
}

// Stepped shows a step to the monitors. The process may end after it, or in its middle.
func (p *process) Stepped(s *actor.Session, is *machine.Session, ev machine.Event, effects []machine.Effect) int {
	if p.dead {
		return 0
	}
	w, at := p.world, p.seatOf(s)
	at.steps++
	w.steps++
	key := clockutil.Mix(uint64(p.slot), uint64(p.life), uint64(at.index), at.steps)
	n := w.cut(p, key, len(effects))
	at.stepped(is, ev, effects[:n])
	if !p.dead {
		w.pauses(p, key)
	}
	return n
}

// cut says how many of the effects of the step of a key are done: all, unless the process
// ends.
func (w *World) cut(p *process, key uint64, effects int) int {
	switch {
	case effects > 0 && w.strikes(Cut, key):
		effects = int(w.chance(key, 0xc07) % uint64(effects))
	case !w.strikes(Crash, key):
		return effects
	}
	p.die()
	return effects
}

// die ends a process where it stands. What it has sent may still arrive. Its actors are
// stopped when the turn is over: one of them is in the middle of a message.
func (p *process) die() {
	w := p.world
	w.note(noteCrash, p, -1, 0)
	p.disturb()
	p.dead = true
	w.forgetCalls(p)
	w.Schedule(func() {
		p.house.Kill()
		if w.crashed() {
			w.after(w.bootDelay(p), &boot{w, p.slot})
		}
	})
}

// boot is a process that starts again.
type boot struct {
	world *World
	slot  int
}

func (b *boot) happen() { b.world.boot(b.slot) }

func (w *World) bootDelay(p *process) time.Duration {
	return pick(w.chance(uint64(p.life), uint64(p.slot)+0xb007), 0, time.Second, 10*time.Second, 30*time.Second)
}

func (p *process) frozen() bool { return p != nil && !p.dead && p.still }

// pauses lets the process stand still for a while after a step, now and then.
func (w *World) pauses(p *process, key uint64) {
	switch {
	case w.strikes(Pause, key):
		p.freeze(w.pauseOf(key), false)
	case w.strikes(Suspend, key):
		p.freeze(w.pauseOf(key), true)
	case w.strikes(Jump, key):
		p.setClock(w.clockOf(key))
	}
}

func (w *World) pauseOf(key uint64) time.Duration {
	return pick(w.chance(key, 0x9a5e), time.Second, 5*time.Second, 20*time.Second, time.Minute, 5*time.Minute)
}

// clockOf is how far ahead a clock is set: mostly by less than what is allowed for.
func (w *World) clockOf(key uint64) time.Duration {
	life := w.script.Terms.Life
	return pick(w.chance(key, 0x10b9), 0, 0, -time.Second, time.Second, -life/60, life/60, -life/20, life/20, -time.Hour, time.Hour)
}

// freeze lets the process stand still; suspended: with its monotonic clock.
func (p *process) freeze(d time.Duration, suspended bool) {
	w := p.world
	if p.frozen() {
		return
	}
	w.note(notePause, p, -1, uint64(d))
	p.disturb()
	p.still = true
	w.after(d, &thaw{p, d, suspended})
}

// later lets something happen when the process goes on.
func (p *process) later(h happening) { p.waiting = append(p.waiting, h) }

// thaw is the end of a pause.
type thaw struct {
	by        *process
	lasted    time.Duration
	suspended bool
}

func (t *thaw) happen() {
	p := t.by
	if p.dead {
		return
	}
	p.still, p.thawed = false, p.world.now
	if t.suspended {
		p.lost += t.lasted
		p.world.lost += t.lasted
	}
	for _, f := range p.held {
		p.Schedule(f)
	}
	for _, h := range p.waiting {
		p.world.after(0, h)
	}
	p.held, p.waiting = nil, nil
	p.disturbed++
}

// setClock sets the wall clock of the process so far ahead.
func (p *process) setClock(ahead time.Duration) {
	p.leapt += max(0, ahead-p.wall)
	p.wall = ahead
	p.world.note(noteJump, p, -1, uint64(p.wall))
	p.world.sawWall(p.wall)
}

// setRight lets the clocks of the world be right again.
func (w *World) setRight() {
	for _, p := range w.procs {
		if p.wall != 0 {
			p.setClock(0)
		}
	}
}

// bugs is where the House tells of a panic in Step.
type bugs struct{ world *World }

var _ slog.Handler = bugs{}

func (bugs) Enabled(context.Context, slog.Level) bool { return true }

func (b bugs) Handle(_ context.Context, r slog.Record) error {
	b.world.breaks("no panic", "%s", r.Message)
	return nil
}

func (b bugs) WithAttrs([]slog.Attr) slog.Handler { return b }

func (b bugs) WithGroup(string) slog.Handler { return b }

// pick is one of a few, by chance.
func pick[T any](chance uint64, of ...T) T { return of[chance%uint64(len(of))] }

// Watch tells the process of what the store hears, until the process ends.
func (p *process) Watch(ctx context.Context, _ store.Store, tell func(store.Change), ended func(error)) {
	if p.dead {
		return
	}
	p.losesSight()
	p.watch = &watch{by: p, ctx: ctx, tell: tell, ended: ended, told: make([]store.Rev, len(p.seats))}
	p.world.after(5*time.Millisecond, (*syncing)(p.watch))
}
