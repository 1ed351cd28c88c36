package rewatch

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/store"
)

var (
	errBroken = errors.New("broken")
	errLost   = errors.New("lost")
)

// plays runs a watch whose connections do these things, one after the other, and returns
// what it has said. It calls end when there are no more.
func plays(ctx, life context.Context, end func(error), connections ...string) (said []string, err error) {
	begun := time.Now()
	say := func(what any) { said = append(said, fmt.Sprint(time.Since(begun), " ", what)) }
	w := New(func(c store.Change) { say(c.Kind) })
	err = w.Run(ctx, life, errLost, func(ctx context.Context) error {
		if len(connections) == 0 {
			end(nil)
			<-ctx.Done()
			return ctx.Err()
		}
		does := connections[0]
		connections = connections[1:]
		switch does {
		case "fails":
			say("fails")
			return errBroken
		case "is lost":
			return fmt.Errorf("with its server: %w", errLost)
		}
		w.Sync()
		w.Sync()
		return errBroken
	})
	return said, err
}

func TestBrokenWatchSaysSoOnceAndBeginsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancelCause(t.Context())
		defer end(nil)
		said, err := plays(ctx, t.Context(), end, "works", "fails", "fails", "works", "works")
		want := []string{"0s synced", "0s gap", "50ms fails", "150ms fails", "350ms synced", "350ms gap", "400ms synced", "400ms gap"}
		if diff := cmp.Diff(want, said); diff != "" || !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, said (-want +got):\n%s", err, diff)
		}
	})
}

func TestPauseIsNeverLongerThanTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancelCause(t.Context())
		defer end(nil)
		tries := append([]string{"works"}, make([]string, 0, 20)...)
		for range 20 {
			tries = append(tries, "fails")
		}
		said, _ := plays(ctx, t.Context(), end, tries...)
		if last := said[len(said)-1]; last != "31.15s fails" {
			t.Errorf("the last try is %q", last)
		}
	})
}

func TestWatchThatCannotBeginOrIsLostEnds(t *testing.T) {
	for _, c := range []struct {
		connections []string
		want        error
	}{
		{[]string{"fails", "works"}, errBroken},
		{[]string{"works", "fails", "is lost", "works"}, errLost},
	} {
		synctest.Test(t, func(t *testing.T) {
			if _, err := plays(t.Context(), t.Context(), nil, c.connections...); !errors.Is(err, c.want) {
				t.Errorf("%v ends with %v", c.connections, err)
			}
		})
	}
}

func TestWatchEndsWithItsStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		life, end := context.WithCancelCause(t.Context())
		defer end(nil)
		for range 2 { // the second begins when the store is closed
			if _, err := plays(t.Context(), life, end, "works"); !errors.Is(err, store.ErrClosed) {
				t.Errorf("Watch: %v", err)
			}
		}
	})
}
