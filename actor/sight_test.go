package actor

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/asleep"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
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

// The watch breaks while the machine sleeps, and says so when it wakes.
func TestSuspendedMachineLooksForTombstonesThatWereForgottenMeanwhile(t *testing.T) {
	for slept, kept := range map[time.Duration]bool{9 * time.Minute: true, 21 * time.Minute: false} {
		t.Run(slept.String(), func(t *testing.T) {
			var c asleep.Clock
			inWorldBy(&c, t, func(w *world) {
				w.store.tombstones = 20 * time.Minute
				s := w.opens("k")
				s.Ask(context.Background(), messages.Get{})
				w.heard(store.Change{Kind: store.Synced})
				synctest.Wait()
				c.Sleeps(slept)
				w.sweep() // which was due, and comes first
				synctest.Wait()
				w.heard(store.Change{Kind: store.Gap})
				w.heard(store.Change{Kind: store.Synced})
				synctest.Wait()
				if live := s.Live(0) != nil; live != kept {
					t.Errorf("the token is given out: %t", live)
				}
			})
		})
	}
}

// Some keys of a store may be where it cannot reach them, or be such that it panics.
func TestSessionsThatCannotBeLookedAtKeepNobodyFromIt(t *testing.T) {
	inWorld(t, func(w *world) {
		looked := map[string]int{}
		for n := range 20 {
			w.opens(fmt.Sprint(n)).Ask(context.Background(), messages.Get{})
		}
		w.store.answers(func(key string) error {
			looked[key]++
			switch key {
			case "3", "7", "11", "15":
				return store.ErrUnavailable
			case "17":
				panic("a store that panics")
			}
			return nil
		})
		w.heard(store.Change{Kind: store.Synced})
		time.Sleep(10 * time.Minute)
		w.store.answers(nil)
		for n := range 20 {
			if looked[fmt.Sprint(n)] == 0 {
				t.Errorf("nobody has looked at %d", n)
			}
		}
		if looked["3"] < 5 || looked["17"] < 5 || looked["0"] > 1 {
			t.Errorf("looked at %v", looked)
		}
	})
}

// A look for an earlier watch may end behind that for a later one.
func TestLookForAnEarlierWatchLeavesThatForTheNextOne(t *testing.T) {
	inWorld(t, func(w *world) {
		w.opens("k").Ask(context.Background(), messages.Get{})
		looked := 0
		w.store.answers(func(string) error {
			looked++
			return store.ErrUnavailable
		})
		earlier := w.takesTurn()
		w.catchUp()
		w.lookLater(earlier, nil)
		time.Sleep(10 * time.Minute)
		w.store.answers(nil)
		if looked < 5 {
			t.Errorf("looked %d times", looked)
		}
	})
}
