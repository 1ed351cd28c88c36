package simcore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/holdfast-go/holdfast/messages"
)

// object is what a session of a process owes its callers, as if they had come one after
// another: no more of it than they can see.
type object struct {
	given  int    // the token that somebody was given last
	newest int    // of those that have a place in the order of tokens
	over   int    // of these, the newest that there was when a Revoke was asked for
	ended  bool   // by a Revoke, until somebody logs in
	logins int    // that began elsewhere, or in vain, and have come about all the same
	barred string // tokens that were rejected or revoked, or that another has followed
}

// model is the object for porcupine. What a call does and how it was answered are one
// value, seen.
var model = porcupine.Model{
	Init: func() any { return object{} },
	Step: func(state, input, _ any) (bool, any) { return state.(object).step(input.(*seen)) },
}

// step reports whether a call may be answered as it was, and returns what is owed then.
func (o object) step(c *seen) (bool, object) {
	switch a := c.ask.(type) {
	case messages.Establish:
		return o.logsIn(c)
	case messages.Revoke:
		o.over, o.ended = max(o.over, c.issued), c.human
		return true, o.bar(accessOf(c.before)).bar(subject(c.before))
	case messages.Reject:
		return true, o.rejects(a.Token)
	case messages.Get:
		return o.gives(c)
	case messages.Refresh:
		ok, next := o.gives(c)
		return ok && !c.known, next
	case messages.Exchange:
		if c.answer[0] == 'a' {
			return o.gives(c)
		}
		return o.exchanges(c), o
	}
	panic("BUG: unknown ask")
}

// logsIn: a login begins a grant, and its token may be older than what was renewed
// meanwhile. Those that may come about at any time come in the order in which they began:
// that says no less, and there is less to try.
func (o object) logsIn(c *seen) (bool, object) {
	next := object{given: o.given, barred: o.barred, logins: o.logins}
	if c.login == 0 {
		return true, next
	}
	next.logins++
	return c.login == next.logins, next
}

// gives: no token is foreign, revoked or rejected, and none follows a newer one or comes
// back after another.
func (o object) gives(c *seen) (bool, object) {
	n := numberOf(c.answer)
	ok := c.owner == c.session && !o.ended && !o.bars(c.answer) && (!c.placed || n > o.over && n >= o.newest)
	if c.placed {
		o.newest = n
	}
	if o.given > 0 && o.given != n {
		o = o.bar(accessOf(o.given))
	}
	o.given = n
	return ok, o
}

// exchanges: no token that is given in exchange is foreign or rejected, nor is it one for
// a token that is revoked or rejected.
func (o object) exchanges(c *seen) bool {
	over := c.placed && c.of <= o.over
	return c.owner == c.session && !over && !o.ended && !o.bars(c.answer) && !o.bars(subject(c.of))
}

// rejects: the session may have a newer token than any that was given, and then only what was
// exchanged for the one that was rejected means anything to it.
func (o object) rejects(t messages.Secret) object {
	n := numberOf(t)
	switch {
	case t[0] == 'x':
		return o.bar(t)
	case n == 0 || n != o.given:
		return o
	}
	return o.bar(t).bar(subject(n))
}

func (o object) bar(t messages.Secret) object {
	if !o.bars(t) {
		o.barred += " " + t.Reveal() + " "
	}
	return o
}

func (o object) bars(t messages.Secret) bool {
	return strings.Contains(o.barred, " "+t.Reveal()+" ")
}

// subject is the name of all that is given in exchange for a token.
func subject(n int) messages.Secret { return messages.Secret(fmt.Sprint("for", n)) }

// lines are the lines of a history that promise something.
func (h *history) lanes() []lane {
	all := map[lane]bool{}
	for i := range h.calls {
		all[h.calls[i].lane] = true
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b lane) int {
		return cmp.Or(a.slot-b.slot, a.life-b.life, a.session-b.session)
	})
}

// of returns the calls that bear on a line: its own that were answered well, every login,
// and what was revoked before the process started again. What was answered with an error,
// or not at all, owes nobody anything, but a login may have come about all the same, and
// the line may hear of one elsewhere at any time.
func (h *history) of(l lane) []porcupine.Operation {
	var ops []porcupine.Operation
	logins := 0
	for i := range h.calls {
		c := h.calls[i]
		_, login := c.ask.(messages.Establish)
		_, revoke := c.ask.(messages.Revoke)
		own := c.lane == l && c.done()
		switch {
		case c.session != l.session:
			continue
		case login && !own:
			logins++
			c.login, c.told = logins, never
		case own:
		case revoke && c.done() && c.slot == l.slot && c.life < l.life && h.remembers():
		default:
			continue
		}
		if last := h.last(&c); last != nil {
			c.before = numberOf(last.answer)
		}
		c.known = h.knows(&c)
		ops = append(ops, porcupine.Operation{ClientId: len(ops), Input: &c, Call: c.called, Return: c.told})
	}
	return slices.DeleteFunc(slices.Clone(ops), func(op porcupine.Operation) bool {
		return slices.ContainsFunc(ops, func(other porcupine.Operation) bool {
			return op.Input.(*seen).implied(op.ClientId, other.Input.(*seen), other.ClientId)
		})
	})
}

// implied reports whether a call can be answered as it was wherever another can: that began
// later, was answered sooner, and alike. Of those who are held together, one is enough.
func (c *seen) implied(at int, by *seen, byAt int) bool {
	inside := by.called >= c.called && by.told <= c.told
	same := by.called == c.called && by.told == c.told
	_, refresh := c.ask.(messages.Refresh)
	return c.answer != "" && c.answer == by.answer && c.lane == by.lane && inside && (!same || byAt > at) && (!refresh || !c.known)
}

// remembers reports whether a process that starts is sure to find what was revoked: not
// where a replica may be behind.
func (h *history) remembers() bool { return h.world.script.Weather[Stale] == 0 }

// knows reports whether somebody in the line of a call was given its answer before it.
func (h *history) knows(c *seen) bool {
	return slices.ContainsFunc(h.calls, func(o seen) bool {
		return o.lane == c.lane && o.told < c.called && o.takes() && o.answer == c.answer
	})
}

// last is the call in the line of another that was given a token last before that began;
// nil: there is none.
func (h *history) last(c *seen) *seen {
	var last *seen
	for i := range h.calls {
		if o := &h.calls[i]; o.lane == c.lane && o.takes() && o.told < c.called && (last == nil || o.told >= last.told) {
			last = o
		}
	}
	return last
}

// misleads reports whether a record may look older than the token that a session was opened
// with, because a wall clock was wrong. Then that one comes again, and nothing is owed.
func (h *history) misleads(session int) bool {
	w := h.world
	return (w.wallMin != 0 || w.wallMax != 0) && w.kinds[session].given
}

// limit is far above what a line takes, which is milliseconds.
const limit = time.Minute

// judge returns the lines of a history that no order of its calls explains, with the
// calls that are left when the others have been put in order.
func (h *history) judge() string {
	var out strings.Builder
	for _, l := range h.lanes() {
		if h.misleads(l.session) {
			continue
		}
		ops := h.of(l)
		if r := porcupine.CheckOperationsTimeout(model, ops, limit); r != porcupine.Ok {
			fmt.Fprintf(&out, "process %d, start %d, session %d: %v\n%s", l.slot, l.life, l.session, r, partial(ops))
		}
	}
	return out.String()
}

// partial prints the calls of a history, those marked that are in no order with the rest.
func partial(ops []porcupine.Operation) string {
	_, info := porcupine.CheckOperationsVerbose(model, ops, limit)
	var longest []int
	for _, order := range info.PartialLinearizations()[0] {
		if len(order) > len(longest) {
			longest = order
		}
	}
	var out strings.Builder
	for i, op := range ops {
		mark := ' '
		if !slices.Contains(longest, i) {
			mark = '!'
		}
		fmt.Fprintf(&out, "%c %v\n", mark, op.Input)
	}
	return out.String()
}

// A second opinion, which knows nothing of the monitors, nor they of it.
func TestSessionsAreLinearizableToTheirCallers(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]Plan{"storm": Storm, "calm": Calm, "kinds": Kinds, "processes": Processes} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, calls, bad := listen(), 0, 0
			for seed := uint64(0); seed < volume(t)*3/20 && bad < 3; seed++ {
				h.plays(plan, seed)
				calls += len(h.calls)
				if found := h.judge(); found != "" {
					t.Errorf("seed %d of %s:\n%s", seed, name, found)
					bad++
				}
			}
			t.Logf("%d calls", calls)
		})
	}
}

// made is a history that was not played: calls of one line, or by another process.
func made(calls ...seen) *history { return &history{world: NewWorld(), calls: calls} }

// plainly is a call that was answered well, or never.
func plainly(a messages.Ask, called, told int64, answer messages.Secret) seen {
	return seen{ask: a, called: called, told: told, answer: answer, placed: true, issued: 1, human: true}
}

func TestAnOrderOfCallsIsLookedFor(t *testing.T) {
	get, revoke, login := messages.Get{}, messages.Revoke{}, messages.Establish{}
	elsewhere, anew := plainly(login, 4, 5, ""), plainly(revoke, 0, 1, "")
	elsewhere.slot, anew.human = 1, false
	for _, c := range []struct {
		what string
		good bool
		of   *history
	}{
		{"an older token after a newer one", false, made(plainly(get, 0, 1, "a2"), plainly(get, 2, 3, "a1"))},
		{"an older token beside a newer one", true, made(plainly(get, 0, 3, "a2"), plainly(get, 2, 5, "a1"))},
		{"a token after Revoke", false, made(plainly(revoke, 0, 1, ""), plainly(get, 2, 3, "a2"))},
		{"a token of before after Revoke", false, made(anew, plainly(get, 2, 3, "a1"))},
		{"a new token after Revoke", true, made(anew, plainly(get, 2, 3, "a2"))},
		{"a token beside Revoke", true, made(plainly(revoke, 0, 3, ""), plainly(get, 2, 5, "a2"))},
		{"a token after a Revoke that was never answered", true, made(plainly(revoke, 0, never, ""), plainly(get, 2, 3, "a2"))},
		{"a token after a login after Revoke", true, made(plainly(revoke, 0, 1, ""), plainly(login, 2, 3, ""), plainly(get, 4, 5, "a2"))},
		{"a token after a Revoke after a login", false, made(plainly(login, 0, 1, ""), plainly(revoke, 2, 3, ""), plainly(get, 4, 5, "a2"))},
		{"a token after a login elsewhere after Revoke", true, made(plainly(revoke, 0, 1, ""), elsewhere, plainly(get, 6, 7, "a2"))},
		{"a token before a login elsewhere after Revoke", false, made(plainly(revoke, 0, 1, ""), plainly(get, 2, 3, "a2"), elsewhere)},
	} {
		if found := c.of.judge(); c.good != (found == "") {
			t.Errorf("%s: %v\n%s", c.what, c.good, found)
		}
	}
}
