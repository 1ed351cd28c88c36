package actor

import (
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// handle turns a message into an event.
func (s *Session) handle(m message) {
	switch m := m.(type) {
	case asked:
		first, more := s.admit(m.from)
		s.step(machine.Ask{Caller: first, More: more, Ask: m.ask})
		s.declined(m.ask)
	case left:
		s.dismiss(m.from, m.place)
	case event:
		s.step(m.Event)
	case tick:
		if m.at.Equal(s.wake) { // and not of a timer that was stopped too late
			s.timer = nil
		}
		s.step(machine.Tick{})
	case closed:
		if m.seen != nil {
			defer close(m.seen) // even if Step panics
		}
		s.step(machine.Close{})
	}
}

// admit numbers those who ask, and returns the number of the first.
func (s *Session) admit(c *crowd) (first machine.Caller, more int) {
	if c == nil {
		return 0, 0
	}
	s.arrives(c)
	c.first = s.last + 1
	s.last = c.last()
	s.callers.add(c)
	return c.first, c.size - 1
}

// arrives has nobody join a crowd any more.
func (s *Session) arrives(c *crowd) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.coming == c {
		s.coming = nil
	}
}

// dismiss lets a caller go who does not wait any more.
func (s *Session) dismiss(from *crowd, place int) {
	if number, there := s.callers.leave(from, place); there {
		s.step(machine.Leave{Caller: number})
	}
}

func (s *Session) step(ev machine.Event) {
	s.follow(ev)
	for s.answered != nil {
		ev, s.answered = *s.answered, nil
		s.follow(ev)
	}
	s.setLeaf()
	s.setSlot()
	s.setFlights()
	s.setWake()
}

// follow steps the machine and does what that calls for.
func (s *Session) follow(ev machine.Event) {
	for _, e := range s.advance(ev) {
		s.do(e)
	}
}

// advance steps the machine, which may panic.
func (s *Session) advance(ev machine.Event) []machine.Effect {
	now := s.house.stepTime()
	s.mu.Lock()
	defer s.mu.Unlock()
	var effects, more []machine.Effect
	if s.forgotten {
		s.machine, effects = s.machine.Step(now, machine.Close{})
	}
	s.machine, more = s.machine.Step(now, ev)
	s.setRefresh() // before anybody is told of the token that came with it
	if len(effects) > 0 {
		more = append(effects, more...)
	}
	return more[:s.house.stage.Stepped(s, &s.machine, ev, more)]
}

func (s *Session) do(effect machine.Effect) {
	switch e := effect.(type) {
	case machine.Publish:
		s.live.Store(s.house.snapshot(e))
	case machine.Withdraw:
		s.live.Store(nil)
	case machine.Answer:
		s.callers.answer(e.Caller, e.Reply)
	case machine.Emit:
		s.house.emit(e.Event)
	case machine.Queue:
		if e.Flight != 0 {
			s.enqueueFlight(e)
			return
		}
		s.enqueue(e)
	case machine.Load:
		s.call(e.Leaf, effect)
	case machine.Claim:
		s.call(e.Leaf, effect)
	case machine.Save:
		s.call(e.Leaf, effect)
	case machine.Mint:
		s.run(e.Leaf, effect)
	case machine.Exchange:
		s.exchange(e)
	case machine.RevokeToken:
		s.run(e.Leaf, effect)
	}
}

// setLeaf cancels the leaf that the machine does not wait for any more.
func (s *Session) setLeaf() {
	if s.leaf.number() != s.machine.Leaf() {
		s.cancelLeaf()
	}
}

// setSlot gives the place at the endpoint back, or says how urgent it is.
func (s *Session) setSlot() {
	if s.ticket == nil {
		return
	}
	want, urgent := s.machine.Slot()
	switch want {
	case machine.NoSlot:
		s.ticket.leave()
		s.ticket = nil
	case machine.WantSlot:
		s.ticket.hurry(urgent)
	case machine.HaveSlot:
	}
}

// setWake keeps the one timer at the machine's next moment.
func (s *Session) setWake() {
	at := s.machine.Wake()
	if at.Equal(s.wake) && (s.timer != nil || at.IsZero()) {
		return
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
	s.wake = at
	if !at.IsZero() {
		s.timer = s.house.clock.AfterFunc(clockutil.Until(s.house.clock.Now(), at), func() { s.post(tick{at}) })
	}
}

// setRefresh keeps the house's index of refresh tokens. The caller holds mu.
func (s *Session) setRefresh() {
	if !s.rules.OneTime || s.forgotten {
		return
	}
	held, known := s.machine.Refresh()
	if !known {
		held = s.tokens().held // what it held before it slept is still its own
	}
	s.index(indexed{held: held, offered: s.machine.Offered()})
}

// declined takes a token out of the house's index that was offered to the session
// and is not held by it.
func (s *Session) declined(ask messages.Ask) {
	if e, ok := ask.(messages.Establish); ok && s.rules.OneTime {
		s.disclaim(e.Token.Refresh)
	}
}

// letGo ends the waits of a session that has been abandoned.
func (s *Session) letGo() {
	if !s.abandoned.Load() || s.leaf != nil {
		return
	}
	if s.ticket != nil {
		s.ticket.leave()
		s.ticket = nil
	}
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}

// rest counts the message, and lets the actor go when nothing is under way, due
// or on its way. What comes later wakes the session again.
func (s *Session) rest() {
	s.letGo()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posted--
	s.idle = 0
	if s.posted > 0 || s.leaf != nil || s.ticket != nil || s.timer != nil || !s.callers.nobody() || len(s.flights) > 0 {
		return
	}
	if s.finished != nil && (s.machine.Quiet() || s.abandoned.Load()) {
		s.end()
	}
	s.lieDown()
}

// end is called with mu held, once nothing is left to be done.
func (s *Session) end() {
	if !s.ended {
		close(s.finished)
	}
	s.ended = true
	s.live.Store(nil)
	s.house.left.Delete(s)
}

// turnAway is what is left to do after a bug of ours has made Receive panic: the
// callers are told, nothing is given out, and the session begins anew from the
// store.
func (s *Session) turnAway() {
	s.live.Store(nil)
	s.callers.answerAll(messages.Reply{Err: messages.Later(messages.ErrUnavailable, time.Second,
		messages.Failure{Reason: "a bug in holdfast has stopped the session"})})
	s.mu.Lock()
	s.machine = s.machine.Anew()
	s.mu.Unlock()
	s.setLeaf()
	s.setSlot()
	s.setFlights()
	s.setWake()
	s.house.logBug(s.key)
}
