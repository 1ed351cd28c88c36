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
	h := houseBy(endOfTime)
	snap := h.snapshot(machine.Publish{Token: messages.Token{Access: "canary"}})
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
		snap := w.snapshot(p)
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
		s.live.Store(w.snapshot(machine.Publish{
			Token:   messages.Token{Access: "at", Expiry: time.Now().Add(time.Hour)},
			StaleAt: time.Now(),
			Until:   time.Now().Add(time.Hour),
		}))
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
	h := houseBy(&word)
	word.Store(h.now())
	at := func(staleAt, until time.Duration) *Snapshot {
		return h.snapshot(machine.Publish{
			Token:   messages.Token{Access: "at", Expiry: now.Add(until)},
			StaleAt: now.Add(staleAt),
			Until:   now.Add(until),
		})
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
	exact := houseBy(endOfTime).snapshot(machine.Publish{StaleAt: now.Add(time.Hour), Until: now.Add(time.Hour)})
	exact.used.Store(true)
	s.live.Store(exact)
	if s.Calm() != nil {
		t.Error("a token is calm by a clock that is not there")
	}
}

// houseBy is no more of a House than its clocks.
func houseBy(pulse *atomic.Int64) *House {
	return &House{clock: clockutil.System(), line: &clockutil.Timeline{}, pulse: pulse}
}

// Each line is a token's life and a reading of the coarse clock, which lags by half a
// second. The precise clock stands at the token's end, or just before.
func TestBriefTokenIsGivenOutByThePreciseClock(t *testing.T) {
	for _, test := range []struct {
		life   time.Duration
		brief  bool
		at     time.Duration
		served bool
	}{
		{59 * time.Second, true, 53*time.Second + 100*time.Millisecond - 1, true},
		{59 * time.Second, true, 53*time.Second + 100*time.Millisecond, false},
		{60 * time.Second, false, 54 * time.Second, true}, // late by the lag, which is within its margin
		{60 * time.Second, false, 54*time.Second + lag, false},
		{61 * time.Second, false, 54*time.Second + 900*time.Millisecond + lag - 1, true},
		{61 * time.Second, false, 54*time.Second + 900*time.Millisecond + lag, false},
	} {
		inLaggingWorld(t, func(w *world, word *atomic.Int64) {
			w.endpoint.life = test.life
			s := w.opens("k")
			start := time.Now()
			s.Ask(context.Background(), messages.Get{})
			snap := s.live.Load()
			if brief := snap.pulse == endOfTime; brief != test.brief {
				t.Errorf("a life of %s is by the precise clock: %t", test.life, brief)
			}
			time.Sleep(test.at)
			word.Store(w.line.At(time.Now().Add(-lag)))
			s.live.Store(snap) // whatever the session has made of it
			got := s.Live(0)
			if (got != nil) != test.served {
				t.Errorf("a life of %s, at %s: given out %t", test.life, test.at, got != nil)
			}
			if over := !time.Now().Before(start.Add(test.life)); got != nil && over {
				t.Errorf("a life of %s, at %s: given out after its end", test.life, test.at)
			}
		})
	}
}

// lag is what a coarse clock was seen to lag by on a loaded machine.
const lag = 500 * time.Millisecond

// inLaggingWorld is inWorld with a coarse clock that the story moves.
func inLaggingWorld(t *testing.T, story func(*world, *atomic.Int64)) {
	t.Helper()
	inWorld(t, func(w *world) {
		var word atomic.Int64
		word.Store(w.now())
		w.pulse = &word
		story(w, &word)
	})
}

// How much of its life a token has left is asked of the precise clock.
func TestMinValidityIsByThePreciseClock(t *testing.T) {
	inLaggingWorld(t, func(w *world, _ *atomic.Int64) {
		s := w.opens("k")
		s.Ask(context.Background(), messages.Get{})
		time.Sleep(lag)
		if s.Live(time.Hour-lag) == nil {
			t.Error("a token with enough of its life left is not given out")
		}
		if s.Live(time.Hour-lag+1) != nil {
			t.Error("a token is given out though too little of its life is left")
		}
	})
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
