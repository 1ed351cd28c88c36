package enumerate

import (
	"slices"
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// epoch is the zero of the world's clock. It has no monotonic reading.
var epoch = time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)

// state is one state of a world as a value: what a move leaves alone is shared
// between the state before it and the state after.
type state struct {
	world *World
	now   time.Duration

	procs  [2]*process
	server *server
	store  *shelf

	left    budget
	excuses excuse
	hit     int    // the process with which the last thing has gone wrong
	ended   uint16 // families of which a Revoke has said that nothing of them lives
	cut     bool   // a token more was wanted than there are

	broken string  // the promise that the last move has broken; empty: none
	why    string  // broken: in words
	family string  // the last move has ended a family: which kind of history that is
	story  *teller // nil: nobody listens

	owned ownership
	in    *scratch // where the copies are
}

// ownership says what was made for this state and is not shared.
type ownership struct {
	procs         [2]bool
	server, store bool
}

// budget is what may still happen.
type budget struct{ faults, outages, rejects, revokes, logins int8 }

// excuse is what has gone wrong, as far as it excuses what no client can avoid.
type excuse uint8

const (
	lostAnswer  excuse = 1 << iota // the server has done it, and nobody was told
	lateRequest                    // the server did it after it was given up
	pausedOwner                    // a process stood still while it renewed
	crashed                        // between the server's rotation and the Save
	unknown                        // nobody knows whether the server has done it
)

// scratch is the memory in which the moves of a worker are made. Most of them lead to
// what is known already, and leave nothing behind.
type scratch struct {
	state state
	procs [2]process
}

// next returns a copy that a move may change. It is good until the next one is made.
func (s *state) next(in *scratch) *state {
	n := &in.state
	*n = *s
	n.broken, n.why, n.family, n.story = "", "", "", nil
	n.owned, n.in = ownership{}, in
	return n
}

// proc returns a process that the move may change.
func (s *state) proc(i int) *process {
	if !s.owned.procs[i] {
		s.owned.procs[i] = true
		own, was := &s.in.procs[i], s.procs[i]
		flights, callers := own.flights[:0], own.callers[:0]
		*own = *was
		own.flights, own.callers = append(flights, was.flights...), append(callers, was.callers...)
		s.procs[i] = own
	}
	return s.procs[i]
}

// kept returns a copy of what a move has made that stays.
func (s *state) kept() *state {
	n := *s
	n.in = nil
	for i, p := range s.procs {
		if s.owned.procs[i] {
			own := *p
			own.flights, own.callers = slices.Clone(p.flights), slices.Clone(p.callers)
			n.procs[i] = &own
		}
	}
	return &n
}

func (s *state) serverToChange() *server {
	if !s.owned.server {
		s.owned.server = true
		own := *s.server
		own.pairs = slices.Clone(own.pairs)
		s.server = &own
	}
	return s.server
}

func (s *state) storeToChange() *shelf {
	if !s.owned.store {
		s.owned.store = true
		own := *s.store
		s.store = &own
	}
	return s.store
}

func (s *state) time() time.Time { return epoch.Add(s.now) }

// breaks notes the first promise that a move breaks.
func (s *state) breaks(promise, why string) {
	if s.broken == "" && (s.world.only == "" || s.world.only == promise) {
		s.broken, s.why = promise, why
	}
}

// begin is the first state of a world: the processes have just started.
func (w *World) begin() *state {
	s := &state{world: w, now: w.start, left: w.budget}
	s.server = &server{}
	s.store = &shelf{}
	if w.first {
		s.server.pairs = append(s.server.pairs, pair{expiry: w.lifeOf(1), loggedIn: true, by: nobody})
		s.server.families = 1
	}
	if w.stored {
		s.store.put(machine.Swap{Record: messages.Record{
			Identity: w.rules.Identity, Grant: 1, Generation: 1, Status: w.status,
			Token: w.token(1, 0), Written: epoch, Renewer: processNames[0],
		}})
	}
	for i := range s.procs {
		s.procs[i] = w.boot(i, 1)
	}
	if w.read {
		s.readAll()
	}
	return s
}

// readAll has a caller ask each process, and the store answer.
func (s *state) readAll() {
	s.in = &scratch{}
	for i := range s.procs {
		s.ask(s.proc(i), askGet)
		s.serve(i, 0)
		s.deliver(s.proc(i), 0)
	}
	*s = *s.kept()
	s.owned = ownership{}
}

// token is a pair of the server as a process sees that asked for it at sent.
func (w *World) token(n int, sent time.Duration) messages.Token {
	t := messages.Token{Access: secret('a', n), Issued: epoch.Add(sent)}
	t.Expiry = t.Issued.Add(w.lifeOf(n))
	if w.rules.OneTime {
		t.Refresh = secret('r', n)
	}
	return t
}

// lifeOf returns how long a pair's access token lives. The last of the world lives
// on, so that the world has an end.
func (w *World) lifeOf(n int) time.Duration {
	if n >= w.tokens {
		return 24 * time.Hour
	}
	return w.life
}

func secret(kind byte, n int) messages.Secret {
	return messages.Secret(string(kind) + strconv.Itoa(n))
}

// numberOf is the number of the pair that a secret is half of; zero for none.
func numberOf(s messages.Secret) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s.Reveal()[1:])
	if err != nil {
		panic("BUG: not a secret of this world")
	}
	return n
}
