package actor

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// queue is callers who came in crowds of these sizes.
func queue(sizes ...int) (*callers, []*crowd) {
	c, all, last := &callers{}, []*crowd{}, machine.Caller(0)
	for _, n := range sizes {
		one := newCrowd()
		one.first, one.size = last+1, n
		last = one.last()
		c.add(one)
		all = append(all, one)
	}
	return c, all
}

// hears returns what the one at this place has been told; nil: nothing.
func (c *crowd) hears(place int) error {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	if r := c.waits(over, place); r != nil {
		return r.Err
	}
	return nil
}

var (
	errNo    = errors.New("no")
	errLater = errors.New("later")
)

func says(err error) messages.Reply { return messages.Reply{Err: err} }

func TestCrowdIsToldAsOne(t *testing.T) {
	c, all := queue(1, 3, 2)
	c.answer(2, says(errNo))
	c.answer(2, says(errLater)) // nobody is there any more
	c.answer(9, says(errLater))
	for i, want := range []error{nil, errNo, nil} {
		equal(t, "the first hears", all[i].hears(0), want)
		equal(t, "the last hears", all[i].hears(all[i].size-1), want)
	}
	c.answerAll(says(errLater))
	equal(t, "all hear", []error{all[0].hears(0), all[1].hears(2), all[2].hears(1)}, []error{errLater, errNo, errLater})
	equal(t, "nobody waits", c.nobody(), true)
}

func TestWhoCouldNotBeHeldIsToldBeforeTheRestOfHisCrowd(t *testing.T) {
	c, all := queue(5)
	c.answer(3, says(errNo))
	equal(t, "those from 3 on hear", []error{all[0].hears(1), all[0].hears(2), all[0].hears(4)}, []error{nil, errNo, errNo})
	equal(t, "the second leaves", leaves(c, all[0], 1), true)
	equal(t, "the third has been told", leaves(c, all[0], 2), false)
	c.answer(1, says(errLater))
	equal(t, "all hear", []error{all[0].hears(0), all[0].hears(2)}, []error{errLater, errNo})
	equal(t, "nobody waits", c.nobody(), true)
}

func TestNobodyWaitsWhenTheLastOfACrowdHasLeft(t *testing.T) {
	c, all := queue(1, 2)
	equal(t, "the first of two was there", leaves(c, all[1], 0), true)
	equal(t, "nobody waits", c.nobody(), false)
	equal(t, "the second was there", leaves(c, all[1], 1), true)
	equal(t, "the second was there still", leaves(c, all[1], 1), false)
	equal(t, "the one alone was there", leaves(c, all[0], 0), true)
	equal(t, "nobody waits", c.nobody(), true)
}

func TestWhoLeavesTakesNobodyOfHisNumberWithHim(t *testing.T) {
	_, before := queue(3)
	c, all := queue(3)
	equal(t, "he is there", leaves(c, before[0], 1), false)
	c.answer(1, says(errNo))
	equal(t, "the other hears", all[0].hears(1), errNo)
}

func TestListOfCallersIsNoLongerThanTwiceThoseWhoWait(t *testing.T) {
	sizes := make([]int, 1_000)
	for i := range sizes {
		sizes[i] = 1
	}
	c, all := queue(sizes...)
	for i, who := range all[:990] {
		leaves(c, who, 0)
		if waiting := 999 - i; len(c.list) > 2*waiting {
			t.Fatalf("%d wait, and the list has %d", waiting, len(c.list))
		}
	}
}

func leaves(c *callers, who *crowd, place int) bool {
	_, there := c.leave(who, place)
	return there
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
