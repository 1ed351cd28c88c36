package machine

import (
	"cmp"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// askers are the callers who wait for a flight, in the order of their numbers,
// which is that of their coming.
type askers struct {
	list []caller
	gone int // how many of them have left
}

func byNumber(c caller, id Caller) int { return cmp.Compare(c.id, id) }

// add keeps a caller; nobody is not kept.
func (a *askers) add(c caller) {
	if c.id != 0 {
		a.list = inserted(a.list, c)
	}
}

// inserted keeps a list in order. Who was turned back is not the last to come.
func inserted(list []caller, c caller) []caller {
	i, _ := slices.BinarySearchFunc(list, c.id, byNumber)
	return slices.Insert(list, i, c)
}

// leave removes a caller who waits no longer, and reports whether he was one of them.
func (a *askers) leave(id Caller) bool {
	i, found := slices.BinarySearchFunc(a.list, id, byNumber)
	if !found || a.list[i].left {
		return false
	}
	a.list[i].left = true
	a.gone++
	if a.gone > len(a.list)/2 {
		a.list, a.gone = a.here(), 0
	}
	return true
}

// here returns those who have not left.
func (a *askers) here() []caller {
	return slices.DeleteFunc(slices.Clone(a.list), func(c caller) bool { return c.left })
}

// take removes all and returns those who have not left.
func (a *askers) take() []caller {
	all := a.here()
	*a = askers{}
	return all
}

func (a *askers) none() bool { return len(a.list) == a.gone }

// tried reports whether one of them has come with a newer token than one that was
// refused.
func (a *askers) tried() bool {
	return slices.ContainsFunc(a.list, func(c caller) bool { return c.tried && !c.left })
}

// limit returns until when the first of them is held; the zero time while the
// flight waits for its first slot, which QueueFor limits.
func (a *askers) limit(slotAt time.Time, holdFor time.Duration) time.Time {
	if len(a.list) == 0 || slotAt.IsZero() {
		return time.Time{}
	}
	from := a.list[0].since
	if slotAt.After(from) {
		from = slotAt
	}
	return from.Add(holdFor)
}

// tireAskers tells those who have waited too long for a flight.
func (s *step) tireAskers(f *flight) {
	for a := &f.askers; ; {
		limit := a.limit(f.slotAt, s.settings.HoldFor)
		if limit.IsZero() || s.now.Before(limit) {
			return
		}
		c := a.list[0]
		a.list = a.list[1:]
		if c.left {
			a.gone--
			continue
		}
		s.answer(c, messages.Reply{Err: messages.Later(messages.ErrUnavailable, refreshPause,
			messages.Failure{Reason: "no exchange within the time that a caller is held"})})
	}
}

// leaveFlight removes an asker who waits no longer.
func (s *step) leaveFlight(id Caller) {
	for _, x := range s.exchanges.all() {
		if x.flight != nil && x.flight.askers.leave(id) {
			return
		}
	}
}

// waiting is how many callers are kept: those held, and the askers of flights.
func (s *Session) waiting() int {
	n := len(s.held) - s.gone + s.crowd
	for _, x := range s.exchanges.all() {
		if x.flight != nil {
			n += len(x.flight.askers.list) - x.flight.askers.gone
		}
	}
	return n
}
