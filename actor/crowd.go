package actor

import (
	"context"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// crowd is callers who ask for the same and have one answer: somebody alone, or those who
// came for a token while others were on their way to the mailbox. Waking them by one
// channel costs less than half of what a channel for each did.
type crowd struct {
	told  chan struct{} // closed when the fields below do not change any more
	reply messages.Reply
	rest  *crowd // where those wait who are not answered yet; nil: all are
	stay  int    // so many of them, the first to come

	// Only Receive touches the fields below.
	first machine.Caller // the number of the first of them
	size  int
	away  int // how many have left
}

// newCrowd returns a crowd of one.
func newCrowd() *crowd { return &crowd{told: make(chan struct{}), size: 1} }

// waits returns the answer for the one who came at this place, nil when ctx is over first.
// An answer that is there already wins.
func (c *crowd) waits(ctx context.Context, place int) *messages.Reply {
	for {
		select {
		case <-c.told:
		case <-ctx.Done():
			return c.answered(place)
		}
		if place >= c.stay {
			return &c.reply
		}
		c = c.rest
	}
}

// answered is the answer for the one who came at this place if it is there; else nil.
func (c *crowd) answered(place int) *messages.Reply {
	for {
		select {
		case <-c.told:
		default:
			return nil
		}
		if place >= c.stay {
			return &c.reply
		}
		c = c.rest
	}
}

// last is the number of the last of them.
func (c *crowd) last() machine.Caller { return c.first + machine.Caller(c.size) - 1 }

// remainder is where those of them wait who have not been answered.
func (c *crowd) remainder() *crowd {
	for c.rest != nil {
		c = c.rest
	}
	return c
}

// answer tells all of them.
func (c *crowd) answer(r messages.Reply) {
	c.reply = r
	close(c.told)
}

// answerFrom tells those who have this number or a higher one, and returns the others,
// who wait on.
func (c *crowd) answerFrom(number machine.Caller, r messages.Reply) *crowd {
	rest := newCrowd()
	rest.first, rest.size = c.first, int(number-c.first)
	c.rest, c.stay = rest, rest.size
	c.answer(r)
	return rest
}
