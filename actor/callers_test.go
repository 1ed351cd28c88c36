package actor

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// queue is callers of whom each has a number from 1 on.
func queue(n int) (*callers, []*waiter) {
	c, all := &callers{}, make([]*waiter, n)
	for i := range all {
		all[i] = newWaiter().(*waiter)
		all[i].caller = machine.Caller(i + 1)
		c.add(all[i])
	}
	return c, all
}

// told says who has been told something.
func told(all []*waiter) (numbers []machine.Caller) {
	for _, w := range all {
		if len(w.reply) > 0 {
			numbers = append(numbers, w.caller)
		}
	}
	return numbers
}

func TestCallersAreAnsweredByTheirNumbersAndOnce(t *testing.T) {
	c, all := queue(7)
	r := messages.Reply{Err: errors.New("no")}
	c.answer(2, 3, r)
	c.answer(1, 4, r) // 2 and 3 would hang here if they were told again
	equal(t, "told", told(all), []machine.Caller{1, 2, 3, 4})
	equal(t, "waiting", c.waiting(), 3)
	c.answer(9, 12, r)
	c.answerAll(r)
	equal(t, "told", told(all), []machine.Caller{1, 2, 3, 4, 5, 6, 7})
	equal(t, "waiting", c.waiting(), 0)
}

func TestCallerWhoHasLeftIsNotTold(t *testing.T) {
	c, all := queue(3)
	equal(t, "is there", c.leave(2), true)
	equal(t, "is there once more", c.leave(2), false)
	equal(t, "a stranger is there", c.leave(4), false)
	c.answer(1, 3, messages.Reply{})
	equal(t, "told", told(all), []machine.Caller{1, 3})
}

func TestListOfCallersIsNoLongerThanTwiceThoseWhoWait(t *testing.T) {
	c, _ := queue(1_000)
	for number := range machine.Caller(990) {
		c.leave(number + 1)
		if len(c.list) > 2*c.waiting() {
			t.Fatalf("%d wait, and the list has %d", c.waiting(), len(c.list))
		}
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
