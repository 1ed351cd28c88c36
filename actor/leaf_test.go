package actor

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
)

// A Close gives up a request, and in the same step saves that it has.
func TestLeafIsCancelledWhenAnotherTakesItsPlace(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("key")
		s.mu.Lock()
		s.wakeUp()
		s.mu.Unlock()
		ended, seen := make(chan error, 1), make(chan struct{})
		defer close(seen) // until then the actor hears of neither
		s.run(machine.Leaf{Number: 1, Deadline: time.Minute}, nil, func(ctx context.Context) machine.Outcome {
			<-ctx.Done()
			ended <- ctx.Err()
			<-seen
			return machine.TimedOut{}
		})
		s.run(machine.Leaf{Number: 2, Deadline: time.Minute}, nil, func(context.Context) machine.Outcome {
			<-seen
			return machine.TimedOut{}
		})
		synctest.Wait()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("it ended by %v", err)
			}
		default:
			t.Error("it goes on until its deadline")
		}
	})
}
