package simcore

import (
	"testing"

	"github.com/holdfast-go/holdfast/messages"
)

// forgery makes one of the answers of a history another, and reports whether it has found
// one to which that can be done.
type forgery struct {
	what  string
	forge func(*history) bool
}

// inTurn is a forgery of two calls of a lane of which the second began after the first was
// answered.
func inTurn(forge func(h *history, first, second *seen) bool) func(*history) bool {
	return func(h *history) bool {
		for i := range h.calls {
			for j := range h.calls {
				a, b := &h.calls[i], &h.calls[j]
				if a.lane == b.lane && a.done() && a.told < b.called && forge(h, a, b) {
					return true
				}
			}
		}
		return false
	}
}

var forgeries = []forgery{
	{"two answers are swapped", inTurn(func(h *history, a, b *seen) bool {
		if !a.takes() || !b.takes() || !a.placed || !b.placed || a.answer == b.answer {
			return false
		}
		was := *a
		h.answersAs(a, b)
		h.answersAs(b, &was)
		return true
	})},
	{"an older token follows", inTurn(func(h *history, a, b *seen) bool {
		if !a.takes() || !b.takes() || !a.followed(h.last(b)) {
			return false
		}
		h.answersAs(b, a)
		return true
	})},
	{"Refresh brings what was held", inTurn(func(h *history, a, b *seen) bool {
		_, refresh := b.ask.(messages.Refresh)
		if !refresh || !b.done() || !a.takes() || h.last(b) != a {
			return false
		}
		h.answersAs(b, a)
		return true
	})},
	{"a token that was rejected", inTurn(func(h *history, a, b *seen) bool {
		r, reject := b.ask.(messages.Reject)
		next := h.next(b)
		if !reject || !b.done() || !a.takes() || r.Token != a.answer || h.last(b) != a || next == nil {
			return false
		}
		h.answersAs(next, a)
		return true
	})},
	{"an exchanged token that was rejected", inTurn(func(h *history, a, b *seen) bool {
		r, reject := a.ask.(messages.Reject)
		_, exchange := b.ask.(messages.Exchange)
		if !reject || !exchange || !b.done() || r.Token[0] != 'x' || numberOf(r.Token) == 0 {
			return false
		}
		h.gives(b, r.Token)
		return true
	})},
	{"a token for one that was rejected", inTurn(func(h *history, a, b *seen) bool {
		r, reject := b.ask.(messages.Reject)
		next := h.next(b)
		if !reject || !b.done() || !a.done() || a.of == 0 || accessOf(a.of) != r.Token || h.last(b) == nil || h.last(b).answer != r.Token || next == nil {
			return false
		}
		next.ask = messages.Exchange{}
		h.answersAs(next, a)
		return true
	})},
	{"a token that was revoked", inTurn(func(h *history, a, b *seen) bool {
		_, revoke := b.ask.(messages.Revoke)
		next := h.next(b)
		if !revoke || !b.done() || h.last(b) != a || next == nil {
			return false
		}
		h.answersAs(next, a)
		return true
	})},
	{"a token of another session", func(h *history) bool {
		for i := range h.calls {
			for j := range h.calls {
				if a, b := &h.calls[i], &h.calls[j]; a.takes() && b.takes() && a.session != b.session {
					h.gives(b, a.answer)
					return true
				}
			}
		}
		return false
	}},
}

// answersAs lets a call be answered as another was.
func (h *history) answersAs(c, other *seen) {
	c.err = nil
	h.gives(c, other.answer)
}

// followed reports whether another call was given another token after this one was.
func (c *seen) followed(by *seen) bool {
	return by != nil && by.answer != c.answer && c.told < by.called
}

// next is the first Get that is answered, well or not, of those that begin in the lane of a
// call when that is over; nil: there is none.
func (h *history) next(c *seen) *seen {
	for i := range h.calls {
		n := &h.calls[i]
		if _, get := n.ask.(messages.Get); get && n.lane == c.lane && n.called > c.told && n.told < never {
			return n
		}
	}
	return nil
}

// quiet is a calm world in which nobody logs in, so that whatever is forged is wrong.
func quiet(seed uint64, allowed Weather, s *Script) {
	Calm(seed, allowed, s)
	for i := range s.Events {
		if r := &s.Events[i].Request; *r == Login || *r == Replace {
			*r = Get
		}
	}
}

func TestForgedHistoryIsFound(t *testing.T) {
	for _, f := range forgeries {
		t.Run(f.what, func(t *testing.T) {
			h, forged := listen(), 0
			for seed := uint64(1); seed <= 200 && forged < 3; seed++ {
				h.plays(quiet, seed)
				if found := h.judge(); found != "" {
					t.Fatalf("seed %d: what is not forged is found:\n%s", seed, found)
				}
				if !f.forge(h) {
					continue
				}
				if forged++; h.judge() == "" {
					t.Errorf("seed %d: a forged history is found good", seed)
				}
			}
			if forged == 0 {
				t.Error("nothing was forged")
			}
		})
	}
}
