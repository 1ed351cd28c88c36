package simcore

import (
	"strconv"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/messages"
)

// wish is an event of the script that is due.
type wish struct {
	world *World
	event *Event
	aimed bool
}

func (h *wish) happen() {
	w, e := h.world, h.event
	if e.Process >= len(w.procs) {
		return
	}
	p := w.procs[e.Process]
	switch {
	case p.ending():
		return
	case p.frozen():
		p.later(h)
		return
	}
	s := &p.seats[e.Session]
	if e.Aim != NoAim && !h.aimed {
		h.aimed = true
		w.after(s.aim(e), h)
		return
	}
	w.note(noteWish, p, e.Session, uint64(e.Request))
	s.wants(e)
}

// aim is how long it is until just before or after the moment that an event is aimed at.
func (s *seat) aim(e *Event) time.Duration {
	var at time.Time
	switch e.Aim {
	case AtTimer:
		at = s.wake
	case AtStale:
		at = s.snapshot.StaleAt
	case AtOver:
		at = s.snapshot.Until
	case AtExpiry:
		at = s.snapshot.Token.Expiry
	case NoAim:
	}
	d := at.Sub(s.by.Now()) + e.Offset
	if at.IsZero() || d < 0 || d > 2*time.Hour {
		return time.Duration(e.N % uint64(2*time.Second))
	}
	return d
}

// wants does what somebody wants of a session.
func (s *seat) wants(e *Event) {
	life := s.by.world.script.Terms.Life
	long := time.Duration(e.N % uint64(life+life/4))
	switch e.Request {
	case Get:
		s.comeTogether(e)
	case GetLong:
		s.gets(e, long)
	case Refresh:
		s.asks(e, messages.Refresh{})
	case RefreshLong:
		s.asks(e, messages.Refresh{MinValidity: long})
	case Exchange:
		s.asks(e, messages.Exchange{Scopes: []string{strconv.FormatUint(e.N%3, 10)}})
	case Reject:
		s.asks(e, messages.Reject{Token: s.heldAccess()})
	case RejectOther:
		s.asks(e, messages.Reject{Token: s.otherAccess(e.N)})
	case RejectExchanged:
		s.asks(e, messages.Reject{Token: s.exchangedAccess(e.N)})
	case Revoke:
		s.asks(e, messages.Revoke{})
	case Login:
		s.logsIn(e)
	case Replace:
		s.replaces(e)
	case Stop:
		s.by.close()
	}
}

func exchangedName(n int) string { return "x" + strconv.Itoa(n) }

func (s *seat) heldAccess() messages.Secret {
	if !s.published {
		return accessOf(0)
	}
	return s.snapshot.Token.Access
}

func (s *seat) exchangedAccess(n uint64) messages.Secret {
	if len(s.exchanged) == 0 {
		return messages.Secret(exchangedName(0))
	}
	return s.exchanged[n%uint64(len(s.exchanged))]
}

func (s *seat) otherAccess(n uint64) messages.Secret {
	return accessOf(int(n % uint64(len(s.by.world.server.pairs)+2)))
}

// comeTogether is somebody who wants a token, and now and then a few at once: they meet on
// their way to the mailbox.
func (s *seat) comeTogether(e *Event) {
	s.gets(e, 0)
	if e.N%8 != 7 {
		return
	}
	for i := range 1 + e.N>>8%4 {
		other := *e
		other.N += i + 1
		s.gets(&other, 0)
	}
}

// gets takes what can be taken without asking, as users do, and asks otherwise.
func (s *seat) gets(e *Event, least time.Duration) {
	if snap := s.live.Live(least); snap != nil {
		t := snap.Token()
		if w := s.by.world; w.witness != nil {
			w.witness.took(s, *t)
		}
		s.checkToken(*t, "taken")
		s.checkLong(*t, least)
		return
	}
	s.asks(e, messages.Get{MinValidity: least})
}

// witness sees what callers ask and what they are told.
type witness interface {
	took(s *seat, t messages.Token)             // without asking
	asked(s *seat, call uint64, a messages.Ask) // zero: nobody waits for an answer
	told(s *seat, call uint64, r messages.Reply)
}

// call is somebody who waits.
type call struct {
	seat      *seat
	request   Request
	least     time.Duration // of validity
	since     time.Duration
	disturbed int // how often the process had stood still
	call      actor.Call
	number    uint64
}

// asks begins a call. Some callers leave before they are answered.
func (s *seat) asks(e *Event, ask messages.Ask) {
	w := s.by.world
	c, ok := s.live.Call(ask)
	if !ok {
		return
	}
	s.called++
	if w.witness != nil {
		w.witness.asked(s, s.called, ask)
	}
	w.calls = append(w.calls, call{
		seat: s, request: e.Request, least: leastOf(ask), since: w.now, disturbed: s.by.disturbed, call: c, number: s.called,
	})
	if w.strikes(Leave, e.N) {
		w.after(pick(w.chance(e.N, 0x1ea), 0, time.Millisecond, 20*time.Millisecond, time.Second, 5*time.Second), &leaving{s, s.called})
	}
}

func leastOf(a messages.Ask) time.Duration {
	switch a := a.(type) {
	case messages.Get:
		return a.MinValidity
	case messages.Refresh:
		return a.MinValidity
	}
	return 0
}

// logsIn has a human prove who he is, or somebody say so.
func (s *seat) logsIn(e *Event) {
	if !s.kind.rules.Proofs {
		s.gets(e, 0)
		return
	}
	proof := messages.Secret("p" + strconv.FormatUint(e.N%1000, 10))
	if e.N%4 == 0 {
		proof = wrongProof
	}
	s.by.world.beginsLogin(s)
	s.asks(e, messages.Establish{Proofs: []messages.Secret{proof}})
}

// replaces has a human bring a token that he has got elsewhere, as a program does that
// opens its session again with it.
func (s *seat) replaces(e *Event) {
	w := s.by.world
	if !s.kind.given || !s.kind.rules.OneTime {
		s.gets(e, 0)
		return
	}
	w.beginsLogin(s)
	rules := w.rules[s.index]
	rules.Given = w.humanLogin(s.index)
	if w.witness != nil {
		w.witness.asked(s, 0, messages.Establish{Token: rules.Given})
	}
	at := actor.Endpoint(endpoint{w})
	if _, err := s.by.house.Session(s.live.Key(), "token", &rules, &at); err != nil {
		w.breaks("opens", "again: %v", err)
	}
}

// leaving is a caller who leaves.
type leaving struct {
	seat   *seat
	number uint64
}

func (l *leaving) happen() {
	w := l.seat.by.world
	switch p := l.seat.by; {
	case p.dead:
		return
	case p.frozen():
		p.later(l)
		return
	}
	for i := range w.calls {
		c := &w.calls[i]
		if c.seat == l.seat && c.number == l.number {
			w.note(noteLeft, l.seat.by, l.seat.index, l.number)
			c.call.Leave()
			w.drop(i)
			return
		}
	}
}

// drop forgets a call.
func (w *World) drop(i int) {
	last := len(w.calls) - 1
	copy(w.calls[i:], w.calls[i+1:])
	w.calls[last] = call{}
	w.calls = w.calls[:last]
}

// forgetCalls forgets those who wait in a process that has died.
func (w *World) forgetCalls(p *process) {
	for i := len(w.calls) - 1; i >= 0; i-- {
		if w.calls[i].seat.by == p {
			w.drop(i)
		}
	}
}

// collect takes the answers that are there, and finds those who have waited too long.
func (w *World) collect() {
	for i := 0; i < len(w.calls); {
		c := &w.calls[i]
		if r := c.call.Answer(); r != nil {
			done := *c
			w.drop(i)
			done.seat.hears(&done, *r)
			continue
		}
		w.checkWait(c)
		i++
	}
}

// hears takes the answer to a call.
func (s *seat) hears(c *call, r messages.Reply) {
	w := s.by.world
	s.last = r.Err
	if c.number == s.final.number {
		s.final.err = r.Err
	}
	w.note(noteAnswer, s.by, s.index, c.number, uint64(numberOf(r.Token.Access)), boolNumber(r.Err == nil))
	if w.witness != nil {
		w.witness.told(s, c.number, r)
	}
	if r.Err != nil {
		return
	}
	switch c.request {
	case Get, GetLong, Refresh, RefreshLong:
		s.checkOwn(r.Token, "heard") // that it was not revoked was looked at when it was given
		s.checkLong(r.Token, c.least)
	case Exchange, Reject, RejectOther, RejectExchanged, Revoke, Login, Replace, Stop:
	}
}

func boolNumber(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// close lets the process close. It starts again when it has.
func (p *process) close() {
	w := p.world
	if p.quiet != nil {
		return
	}
	w.note(noteClosed, p, -1, 0)
	p.quiet = p.house.Shut()
	w.after(time.Second, &closing{p, w.now})
}

// closing looks whether a process has closed.
type closing struct {
	by    *process
	since time.Duration
}

func (c *closing) happen() {
	p, w := c.by, c.by.world
	switch {
	case p.dead:
	case p.frozen():
		p.later(c)
	case !p.quiet():
		w.checkClosing(c)
		w.after(time.Second, c)
	default:
		p.dead = true
		w.forgetCalls(p)
		w.Schedule(p.house.Kill) // nothing is left but timers
		if w.crashed() {
			w.after(w.bootDelay(p), &boot{w, p.slot})
		}
	}
}
