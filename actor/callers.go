package actor

import (
	"cmp"
	"slices"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// callers are those who wait for an answer, in the order of their numbers.
type callers struct {
	list []place
	gone int // how many places are nobody's any more
}

// place is that of a crowd.
type place struct {
	first machine.Caller
	crowd *crowd // nil: all have been answered or have left
}

// add keeps a crowd whose numbers are higher than those of all before it.
func (c *callers) add(who *crowd) { c.list = append(c.list, place{first: who.first, crowd: who}) }

// nobody reports whether nobody waits.
func (c *callers) nobody() bool { return len(c.list) == c.gone }

// find returns the place of the crowd that has this number, nil if it is gone.
func (c *callers) find(number machine.Caller) *place {
	i, found := slices.BinarySearchFunc(c.list, number, byNumber)
	if !found {
		i--
	}
	if i < 0 || c.list[i].crowd == nil || number > c.list[i].crowd.last() {
		return nil
	}
	return &c.list[i]
}

func byNumber(p place, number machine.Caller) int { return cmp.Compare(p.first, number) }

// answer tells the crowd that has this number, but for those who came before him.
func (c *callers) answer(number machine.Caller, r messages.Reply) {
	at := c.find(number)
	switch {
	case at == nil:
	case number > at.first:
		at.crowd = at.crowd.answerFrom(number, r)
	default:
		at.crowd.answer(r)
		c.clear(at)
	}
}

// answerAll tells everybody.
func (c *callers) answerAll(r messages.Reply) {
	for _, p := range c.list {
		if p.crowd != nil {
			p.crowd.answer(r)
		}
	}
	*c = callers{}
}

// leave takes the one out who came at this place, and returns his number if he was there.
// He leaves once. Numbers are given anew when the session has rested, so his may be that of
// somebody else.
func (c *callers) leave(from *crowd, place int) (number machine.Caller, there bool) {
	number = from.first + machine.Caller(place)
	at := c.find(number)
	if at == nil || at.crowd != from.remainder() {
		return 0, false
	}
	if at.crowd.away++; at.crowd.away == at.crowd.size {
		c.clear(at)
	}
	return number, true
}

func (c *callers) clear(at *place) {
	at.crowd = nil
	if c.gone++; c.gone <= len(c.list)/2 {
		return
	}
	c.list = slices.DeleteFunc(c.list, func(p place) bool { return p.crowd == nil })
	c.gone = 0
}
