package simulate

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

var update = flag.Bool("update", false, "keep what is now")

// crowded is a run in which much happens at one moment: callers with and without names of
// their own, contexts that run out, sleeps that tie, a crash, a pause and a login.
func crowded(s *Sim) {
	srv, store := s.Server(TokenTTL(10*time.Minute)), s.Store()
	kind := sessions.Persistent(srv.Endpoint(), srv.Login("alice"))
	for _, name := range []string{"a", "b", "c"} {
		p := s.Process(name, sessions.Config{Store: store})
		for worker := range 2 {
			p.Go(fmt.Sprintf("worker %d", worker), func(ctx context.Context) { works(ctx, s, p, kind) })
		}
		s.At(7*time.Minute, func() { p.Pause(30 * time.Second) })
	}
	s.At(20*time.Minute, func() {
		session, err := s.processes[0].Manager().Session("alice", kind)
		if err == nil {
			_ = session.Revoke(s.Context())
		}
	})
	s.At(10*time.Minute, s.processes[1].Crash)
	s.At(15*time.Minute, s.processes[1].Restart)
}

func works(ctx context.Context, s *Sim, p *Process, kind sessions.Kind) {
	for range 4 {
		session, err := p.Manager().Session("alice", kind)
		if err != nil {
			return
		}
		hurried, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		var together sync.WaitGroup
		for i := range 4 {
			together.Go(func() {
				if i%2 == 0 {
					_, _ = session.AccessToken(ctx)
				} else {
					_, _ = session.Exchange(hurried, messages.Exchange{Scopes: []string{"read"}})
				}
			})
		}
		together.Wait()
		cancel()
		_, _ = Leaf(ctx, s, "charge", func() (int, error) { return 0, nil })
		time.Sleep(7 * time.Minute)
	}
}

func played(t *testing.T, o Options, seed uint64) *Sim {
	t.Helper()
	s := newSim(t, o, seed)
	if s.play(crowded); s.bad() {
		t.Fatal(s.report())
	}
	return s
}

func TestOneSeedIsOneTrace(t *testing.T) {
	warmUp(t)
	o := Options{Faults: Stormy}.withDefaults(t)
	first := played(t, o, 7)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for n := range 100 {
		runtime.GOMAXPROCS(1 + n%2)
		s := played(t, o, 7)
		if diff := first.trace.difference(s.trace); diff != "" {
			t.Fatalf("run %d differs:\n%s", n, diff)
		}
	}
	golden(t, first)
}

// golden compares a run with the one that was kept, by whatever build: with the race detector
// or without it.
func golden(t *testing.T, s *Sim) {
	t.Helper()
	const file = "testdata/crowded.txt"
	got := exact(s.trace.lines) + fmt.Sprintf("trace %016x\n", s.trace.hash())
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-kept +now), -update keeps what is now:\n%s", file, diff)
	}
}

func TestSeedsHaveTracesOfTheirOwn(t *testing.T) {
	warmUp(t)
	o := Options{Faults: Stormy}.withDefaults(t)
	seen := map[uint64]uint64{}
	for seed := range uint64(100) {
		s := played(t, o, seed)
		if other, twice := seen[s.trace.hash()]; twice {
			t.Errorf("seeds %d and %d have one trace", other, seed)
		}
		seen[s.trace.hash()] = seed
	}
}
