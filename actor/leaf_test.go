package actor

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// A Close gives up a request, and in the same step saves that it has.
func TestLeafIsCancelledWhenAnotherTakesItsPlace(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("key")
		s.mu.Lock()
		s.wakeUp()
		s.mu.Unlock()
		w.endpoint.becomes(time.Hour, nil)
		first := machine.Leaf{Number: 1, Deadline: time.Minute}
		s.run(first, machine.Mint{Leaf: first})
		j := s.leaf
		second := machine.Leaf{Number: 2, Deadline: time.Minute}
		s.run(second, machine.Mint{Leaf: second})
		if err := (limited{j.Context}).Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("it goes on, or ended by %v", err)
		}
	})
}

// silent is a store that does not say what has become of its first writes.
type silent struct {
	store.Store
	writes int
	ops    []store.OpID
}

func (d *silent) Swap(ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID) (store.Rev, error) {
	if d.ops = append(d.ops, op); len(d.ops) <= d.writes {
		return 0, store.ErrUnknown
	}
	return d.Store.Swap(ctx, key, prev, value, gone, op)
}

func TestWriteOfUnknownFateIsSentAgainAsItWas(t *testing.T) {
	inWorld(t, func(w *world) {
		d := &silent{Store: w.store.Store, writes: 2}
		w.store.Store = d
		s := w.opens("key")
		if r := s.Ask(context.Background(), messages.Get{}); r.Err != nil {
			t.Fatal(r.Err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(d.ops) != 3 || len(slices.Compact(d.ops)) != 1 {
			t.Errorf("its writes were %x", d.ops)
		}
		if s.View().Unsaved {
			t.Error("it is not saved")
		}
	})
}
