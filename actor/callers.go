package actor

import (
	"cmp"
	"slices"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// callers are those who wait for an answer, in the order of their numbers. There may be
// 100,000 of them, who came at once and are answered at once.
type callers struct {
	list []caller
	gone int // how many of the list have been answered or have left
}

type caller struct {
	number machine.Caller
	who    *waiter // nil: he has been answered or has left
}

// add keeps a caller whose number is higher than that of all before him.
func (c *callers) add(w *waiter) { c.list = append(c.list, caller{number: w.caller, who: w}) }

func (c *callers) waiting() int { return len(c.list) - c.gone }

// answer tells those who have the numbers from first to last, if they are there.
func (c *callers) answer(first, last machine.Caller, r messages.Reply) {
	i, _ := slices.BinarySearchFunc(c.list, first, byNumber)
	for ; i < len(c.list) && c.list[i].number <= last; i++ {
		if w := c.list[i].who; w != nil {
			c.list[i].who = nil
			c.gone++
			w.reply <- r // has room: each caller is answered once
		}
	}
	c.tidy()
}

// answerAll tells everybody.
func (c *callers) answerAll(r messages.Reply) {
	if n := len(c.list); n > 0 {
		c.answer(c.list[0].number, c.list[n-1].number, r)
	}
}

// leave takes one out, and reports whether he was there.
func (c *callers) leave(number machine.Caller) bool {
	i, found := slices.BinarySearchFunc(c.list, number, byNumber)
	if !found || c.list[i].who == nil {
		return false
	}
	c.list[i].who = nil
	c.gone++
	c.tidy()
	return true
}

func byNumber(c caller, number machine.Caller) int { return cmp.Compare(c.number, number) }

// tidy keeps the list at no more than twice those who wait.
func (c *callers) tidy() {
	if c.gone <= len(c.list)/2 {
		return
	}
	c.list = slices.DeleteFunc(c.list, func(c caller) bool { return c.who == nil })
	c.gone = 0
}
