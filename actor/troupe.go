package actor

import (
	"runtime"
	"sync"

	engine "github.com/asynkron/protoactor-go/actor"
)

// player is an actor of the engine. It plays one session from the message that wakes it
// until it rests, and then another one: an actor that is born and dies with each renewal
// was a fifth of what the renewal cost.
type player struct {
	pid *engine.PID

	// The mu of the session that is played guards the fields below.
	part   *Session // nil: none
	waking waking   // what that session has while it is awake
}

var _ engine.Actor = (*player)(nil)

// Receive is called by the engine, for one message after another. Each message was
// counted for the session that is played now: it does not rest before the last of them.
func (p *player) Receive(ctx engine.Context) {
	switch m := ctx.Message().(type) {
	case message:
		s := p.part
		s.handle(m)
		s.rest()
	case *engine.Restarting:
		if s := p.part; s != nil {
			s.turnAway()
			s.rest()
		}
	}
}

// troupe are the players of a House that have no part at the moment.
type troupe struct {
	mu     sync.Mutex // guards the fields below
	idle   []*player
	spares int // how many may be idle; they take some 2 KiB each
}

func newTroupe() *troupe { return &troupe{spares: 64 * runtime.GOMAXPROCS(0)} }

// take returns a player that has no part; nil: all have.
func (t *troupe) take() *player {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := len(t.idle) - 1
	if last < 0 {
		return nil
	}
	p := t.idle[last]
	t.idle[last] = nil
	t.idle = t.idle[:last]
	return p
}

// keep takes back a player, and reports false if there are enough.
func (t *troupe) keep(p *player) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.idle) >= t.spares {
		return false
	}
	t.idle = append(t.idle, p)
	return true
}

// dismiss lets nobody be idle any more, and returns who was.
func (t *troupe) dismiss() []*player {
	t.mu.Lock()
	defer t.mu.Unlock()
	idle := t.idle
	t.idle, t.spares = nil, 0
	return idle
}

// cast gives a session a player.
func (h *House) cast(s *Session) *player {
	p := h.troupe.take()
	if p == nil {
		p = h.spawn()
	}
	p.part = s
	return p
}

// release takes a player out of its part, and leaves nothing of that with it.
func (h *House) release(p *player) {
	p.part, p.waking = nil, waking{}
	if !h.troupe.keep(p) {
		h.engine.Root.Stop(p.pid)
	}
}

// dismiss stops the players that have no part; the others stop when they have played it.
func (h *House) dismiss() {
	for _, p := range h.troupe.dismiss() {
		h.engine.Root.Stop(p.pid)
	}
}

// spawn makes a player.
func (h *House) spawn() *player {
	p := new(player)
	props := engine.PropsFromProducer(
		func() engine.Actor { return p },
		engine.WithMailbox(h.mailbox()),
		engine.WithDispatcher(h.stage),
		engine.WithGuardian(restartAlways{}),
	)
	pid, err := h.engine.Root.SpawnNamed(props, h.stage.Name())
	if err != nil {
		panic("BUG: an actor cannot be spawned: " + err.Error())
	}
	p.pid = pid
	return p
}
