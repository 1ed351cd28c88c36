package actor

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

func TestHeaderIsWrittenAsResourceServersWantIt(t *testing.T) {
	for sent, want := range map[string]string{"": "Bearer", "bearer": "Bearer", "BEARER": "Bearer", "N_A": "N_A"} {
		if got := Header(messages.Token{Access: "at", Type: sent}); got != want+" at" {
			t.Errorf("type %q: %q", sent, got)
		}
	}
}

func TestSnapshotGivesTheAccessTokenOfItsHeader(t *testing.T) {
	snap := newSnapshot(machine.Publish{Token: messages.Token{Access: "canary"}}, endOfTime)
	if snap.Header() != "Bearer canary" || snap.Access() != "canary" {
		t.Errorf("header %q, access token %q", snap.Header(), snap.Access())
	}
	if text := fmt.Sprintf("%v %s", snap, snap); strings.Contains(text, "canary") {
		t.Errorf("printed with its secret: %s", text)
	}
}

func TestSnapshotIsGivenOutUntilItsMoments(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		now := time.Now()
		p := machine.Publish{
			Token:   messages.Token{Access: "at", Issued: now, Expiry: now.Add(time.Hour)},
			StaleAt: now.Add(40 * time.Minute),
			Until:   now.Add(50 * time.Minute),
		}
		snap := newSnapshot(p, endOfTime)
		s.live.Store(snap)
		for _, moment := range []struct {
			at    time.Duration
			min   time.Duration
			there bool
			asked bool
		}{
			{0, 0, true, false},
			{0, time.Hour, true, false},
			{0, time.Hour + 1, false, false},
			{40*time.Minute - 1, 0, true, false},
			{40 * time.Minute, 0, true, true},
			{40 * time.Minute, 20 * time.Minute, true, true},
			{40 * time.Minute, 20*time.Minute + 1, false, true},
			{50*time.Minute - 1, 0, true, true},
			{50 * time.Minute, 0, false, true},
		} {
			time.Sleep(time.Until(now.Add(moment.at)))
			synctest.Wait()
			s.live.Store(snap) // whatever the session has made of it
			if there := s.Live(moment.min) != nil; there != moment.there || snap.asked.Load() != moment.asked {
				t.Errorf("at %s with %s to live: given out %t, session asked %t; want %t, %t",
					moment.at, moment.min, there, snap.asked.Load(), moment.there, moment.asked)
			}
		}
	})
}

func TestStaleSnapshotElectsOne(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		s.live.Store(newSnapshot(machine.Publish{
			Token:   messages.Token{Access: "at", Expiry: time.Now().Add(time.Hour)},
			StaleAt: time.Now(),
			Until:   time.Now().Add(time.Hour),
		}, endOfTime))
		before := w.posted()
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				if s.Live(0) == nil {
					t.Error("not given out")
				}
			})
		}
		all.Wait()
		if n := w.posted() - before; n != 1 {
			t.Errorf("%d of 1,000 callers have asked the session, want one", n)
		}
	})
}

func TestReadSnapshotKeepsTheSessionAwake(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		for range 5 {
			time.Sleep(9 * time.Minute)
			if s.Live(0) == nil {
				t.Fatal("asleep though it was used")
			}
		}
		time.Sleep(16 * time.Minute)
		synctest.Wait()
		if s.Live(0) != nil {
			t.Error("awake though nobody has used it")
		}
	})
}

// Whoever takes a token without a look must find it calm: published, in use, and
// neither stale nor over by the coarse clock.
func TestCalmTokenIsTakenWithoutALook(t *testing.T) {
	now := time.Now()
	var word atomic.Int64
	word.Store(clockutil.Nanos(now))
	at := func(staleAt, until time.Duration) *Snapshot {
		return newSnapshot(machine.Publish{
			Token:   messages.Token{Access: "at", Expiry: now.Add(until)},
			StaleAt: now.Add(staleAt),
			Until:   now.Add(until),
		}, &word)
	}
	s := &Session{}
	if s.Calm() != nil {
		t.Error("nothing is calm")
	}
	s.live.Store(at(time.Hour, 2*time.Hour))
	if s.Calm() != nil {
		t.Error("nobody has used it since the last sweep, and it is calm")
	}
	s.live.Load().used.Store(true)
	if got := s.Calm(); got == nil || got.Access() != "at" || got.Header() != "Bearer at" {
		t.Error("a fresh token is not calm")
	}
	for name, snap := range map[string]*Snapshot{"stale": at(0, time.Hour), "over": at(time.Hour, 0)} {
		snap.used.Store(true)
		s.live.Store(snap)
		if s.Calm() != nil {
			t.Errorf("a token that is %s is calm", name)
		}
	}
	exact := newSnapshot(machine.Publish{StaleAt: now.Add(time.Hour), Until: now.Add(time.Hour)}, endOfTime)
	exact.used.Store(true)
	s.live.Store(exact)
	if s.Calm() != nil {
		t.Error("a token is calm by a clock that is not there")
	}
}

func TestSweepLeavesASleeperAlone(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		time.Sleep(time.Hour)
		if s.Live(0) != nil {
			t.Fatal("it does not sleep")
		}
		if n := testing.AllocsPerRun(10, s.sweep); n != 0 {
			t.Errorf("%v allocations for a session that sleeps", n)
		}
	})
}

func TestSessionAtRestHasItsTokenOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.opens("k")
		for range 2 {
			s.Ask(context.Background(), messages.Refresh{})
			synctest.Wait()
			given, kept := s.Live(0).Access(), string(s.Ask(context.Background(), messages.Get{}).Token.Access)
			if given != kept || unsafe.StringData(given) != unsafe.StringData(kept) {
				t.Errorf("%q is given out, and another %q is kept", given, kept)
			}
		}
	})
}
