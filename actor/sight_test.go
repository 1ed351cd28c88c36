package actor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/asleep"
	"github.com/holdfast-go/holdfast/messages"
)

// The timer is late by as long as the machine has slept.
func TestSuspendedMachineLooksForItsWatchWhenItWakes(t *testing.T) {
	var c asleep.Clock
	inWorldBy(&c, t, func(w *world) {
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		w.goBlind(c.Now())
		for _, slept := range []time.Duration{9 * time.Minute, 2 * time.Minute} {
			if s.Live(0) == nil {
				t.Fatalf("nothing is given out, and the watch is broken for %s less than is allowed", slept)
			}
			c.Sleeps(slept)
			w.woke()
			synctest.Wait()
		}
		if s.Live(0) != nil {
			t.Error("a token is given out that nobody has watched for 11 minutes")
		}
	})
}
