package simcore

import (
	"fmt"
	"math"
	"strings"

	"github.com/holdfast-go/holdfast/messages"
)

// history is what the callers of a world ask and are told, and what its server says of
// the tokens that they are given: for which session it has issued one, and when.
type history struct {
	world *World
	calls []seen
	open  map[caller]int // who waits, and where his call is
}

// caller is somebody who waits for a session in a start of a process.
type caller struct {
	lane
	number uint64
}

// lane is a session in a start of a process.
type lane struct{ slot, life, session int }

// seen is a call as its caller has seen it. The turns of the loop tell what came before
// what: a call that begins in the turn in which another is answered is beside it.
type seen struct {
	lane
	ask          messages.Ask
	called, told int64
	err          error
	answer       messages.Secret

	issued int  // the newest token of the server when it was called
	owner  int  // the session that the answer was issued for
	of     int  // the token for which the answer was given in exchange
	placed bool // the answer, or that token, has a place in the order of the lane's tokens
	known  bool // somebody was given it before this call
	before int  // the token that was given last before this call
	login  int  // how many of the logins that may come about at any time began before this one
	human  bool // the session needs a human once it is revoked
}

// never is when those are answered who leave, or whose process ends.
const never = math.MaxInt64

// listen returns a world, and what is heard there.
func listen() *history {
	h := &history{world: NewWorld()}
	h.world.witness = h
	return h
}

// plays plays a seed of a plan. What the monitors find is not asked for; a world in which
// they have found something is stopped in the middle, and not played in again.
func (h *history) plays(plan Plan, seed uint64) {
	if h.world.broken != nil {
		h.world = NewWorld()
		h.world.witness = h
	}
	s := new(Script)
	plan(seed, All(), s)
	h.calls, h.open = h.calls[:0], map[caller]int{}
	h.world.Play(s)
}

func laneOf(s *seat) lane { return lane{s.by.slot, s.by.life, s.index} }

func (h *history) asked(s *seat, call uint64, a messages.Ask) {
	if call > 0 {
		h.open[caller{laneOf(s), call}] = len(h.calls)
	}
	h.calls = append(h.calls, seen{
		lane: laneOf(s), ask: a, called: 2 * int64(h.world.turns), told: never,
		issued: len(h.world.server.pairs), human: h.world.rules[s.index].Human,
	})
}

func (h *history) told(s *seat, call uint64, r messages.Reply) {
	who := caller{laneOf(s), call}
	h.answer(h.open[who], r)
	delete(h.open, who)
}

func (h *history) took(s *seat, t messages.Token) {
	h.asked(s, 0, messages.Get{})
	h.answer(len(h.calls)-1, messages.Reply{Token: t})
}

func (h *history) answer(i int, r messages.Reply) {
	c := &h.calls[i]
	c.told, c.err = 2*int64(h.world.turns)+1, r.Err
	h.gives(c, r.Token.Access)
}

// gives lets the answer to a call be this token. The server issues the tokens of a grant
// that can be used once in their order, unless it forgives that a refresh token was used
// twice: then either successor may be the one that is saved. Of other grants several
// processes get a token each while they do not see the store, and only those that one
// start of a process has asked for are in order.
func (h *history) gives(c *seen, access messages.Secret) {
	server := &h.world.server
	n := numberOf(access)
	c.answer, c.owner, c.of, c.placed = access, -1, 0, false
	switch {
	case n == 0:
	case access[0] == 'x' && n <= len(server.exchanged):
		c.owner, c.of = server.exchanged[n-1].session, server.exchanged[n-1].subject
		c.placed = h.places(c, c.of)
	case access[0] == 'a' && n <= len(server.pairs):
		c.owner, c.placed = server.pairs[n-1].session, h.places(c, n)
	}
}

// places reports whether a token has a place in the order of those of the lane of a call.
func (h *history) places(c *seen, n int) bool {
	if h.world.rules[c.session].OneTime {
		return !h.hasTwin(n)
	}
	by := h.world.server.pairs[n-1].by
	return by != nil && by.slot == c.slot && by.life == c.life
}

// hasTwin reports whether another token was issued for the same refresh token, which has
// a successor each time it is used.
func (h *history) hasTwin(n int) bool {
	is := h.world.server.pairs[n-1]
	same := 0
	for _, p := range h.world.server.pairs {
		if p.parent == is.parent {
			same++
		}
	}
	return is.parent > 0 && same > 1 && !h.world.script.Terms.Keeps
}

// done reports whether the caller was told that what he wanted is so.
func (c *seen) done() bool { return c.told < never && c.err == nil }

// takes reports whether a call was given the session's token.
func (c *seen) takes() bool {
	switch c.ask.(type) {
	case messages.Get, messages.Refresh:
		return c.done()
	}
	return false
}

// String returns the call in a line.
func (c *seen) String() string {
	told := "nothing"
	switch {
	case c.told == never:
	case c.err != nil:
		told = c.err.Error()
	default:
		told = "done " + c.answer.Reveal()
	}
	until := "…"
	if c.told < never {
		until = fmt.Sprint(c.told)
	}
	name := strings.TrimPrefix(fmt.Sprintf("%T", c.ask), "messages.")
	switch a := c.ask.(type) {
	case messages.Reject:
		name += " " + a.Token.Reveal()
	case messages.Establish:
		name += " " + a.Token.Access.Reveal()
	}
	return fmt.Sprintf("%6d to %-6s p%d.%d s%d %s: %s", c.called, until, c.slot, c.life, c.session, name, told)
}
