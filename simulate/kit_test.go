package simulate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

// plays plays one seed, and returns what is left of the run.
func plays(t *testing.T, o Options, seed uint64, f func(*Sim)) *Sim {
	t.Helper()
	warmUp(t)
	s := newSim(t, o.withDefaults(t), seed)
	s.play(f)
	return s
}

// one plays one seed, which must go well, and returns what is left of it.
func one(t *testing.T, o Options, f func(*Sim)) *Sim {
	t.Helper()
	s := plays(t, o, 1, f)
	if s.bad() {
		t.Fatal(s.report())
	}
	return s
}

// service starts a process p with the session of a service, whose token lives for an hour.
func service(s *Sim) (*Process, func(ctx context.Context) error) {
	kind := sessions.ClientCredentials(s.Server().Endpoint(), sessions.Subject{})
	p := s.Process("p", sessions.Config{Store: s.Store()})
	return p, func(ctx context.Context) error {
		session, err := p.Manager().Session("service", kind)
		if err != nil {
			return err
		}
		_, err = session.AccessToken(ctx)
		return err
	}
}

// said is the text of a trace.
func said(s *Sim) string { return text(s.trace.lines) }

func wantsSaid(t *testing.T, s *Sim, want string) {
	t.Helper()
	if got := said(s); got != want {
		t.Errorf("the trace is\n%swant\n%s", got, want)
	}
}

func TestAtHappensThenAndMayWait(t *testing.T) {
	s := one(t, Options{}, func(s *Sim) {
		begun := time.Now()
		for _, d := range []time.Duration{2 * time.Minute, time.Minute, time.Minute, 2 * time.Hour} {
			s.At(d, func() {
				s.Tracef("at %v", d)
				time.Sleep(time.Second)
				s.Tracef("a second later")
			})
		}
		time.Sleep(time.Hour)
		s.Tracef("it has lasted %v", time.Since(begun).Round(time.Millisecond))
	})
	wantsSaid(t, s, `
   0:01:00.000                       at 1m0s
   0:01:00.000                       at 1m0s
   0:01:01.000                       a second later
   0:01:01.000                       a second later
   0:02:00.000                       at 2m0s
   0:02:01.000                       a second later
   1:00:00.000                       it has lasted 1h0m0s
`[1:])
}

func TestCrashEndsProcessUntilRestart(t *testing.T) {
	lives := 0
	s := one(t, Options{}, func(s *Sim) {
		p, asks := service(s)
		p.Go("main", func(ctx context.Context) {
			lives++
			s.Tracef("life %d begins", lives)
			<-ctx.Done()
			if cause := context.Cause(ctx); lives == 1 && !errors.Is(cause, ErrCrashed) {
				s.Errorf("its context ends with %v", cause)
			}
		})
		time.Sleep(time.Minute)
		if err := asks(s.Context()); err != nil {
			s.Errorf("before the crash: %v", err)
		}
		p.Crash()
		if err := asks(s.Context()); !errors.Is(err, ErrCrashed) {
			s.Errorf("after the crash: %v", err)
		}
		time.Sleep(time.Minute)
		p.Restart()
		time.Sleep(time.Minute)
		if err := asks(s.Context()); err != nil {
			s.Errorf("after the restart: %v", err)
		}
		p.Restart() // of one that is up
		time.Sleep(time.Minute)
	})
	if lives != 3 || strings.Count(said(s), "starts") != 3 || strings.Count(said(s), "crashes") != 2 {
		t.Errorf("%d lives:\n%s", lives, said(s))
	}
}

func TestPauseHoldsBackAnswers(t *testing.T) {
	one(t, Options{}, func(s *Sim) {
		p, asks := service(s)
		p.Pause(time.Minute)
		begun := time.Now()
		if err := asks(s.Context()); err != nil || time.Since(begun) < time.Minute || time.Since(begun) > 61*time.Second {
			s.Errorf("answered after %v: %v", time.Since(begun), err)
		}
		begun = time.Now()
		if err := asks(s.Context()); err != nil || time.Since(begun) > time.Second {
			s.Errorf("and then after %v: %v", time.Since(begun), err)
		}
	})
}

func TestSkewMovesClockOfProcessOnly(t *testing.T) {
	one(t, Options{}, func(s *Sim) {
		p, _ := service(s)
		p.Skew(time.Minute)
		if ahead := time.Until(p.newest().Now().Round(0)); ahead != time.Minute {
			s.Errorf("the process is ahead by %v", ahead)
		}
		p.Skew(-time.Hour)
		p.Restart()
		if ahead := time.Until(p.newest().Now().Round(0)); ahead != -time.Hour {
			s.Errorf("after a restart the process is ahead by %v", ahead)
		}
	})
}

func TestLeafIsDoneOrNotWhenNoAnswerComes(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults Faults
		done   int
	}{
		{"lost request", Faults{LostRequest: 1}, 0},
		{"lost answer", Faults{LostAnswer: 1}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			one(t, Options{Faults: c.faults}, func(s *Sim) {
				done, begun := 0, time.Now()
				apply := func() (int, error) { done++; return 7, nil }
				if v, err := Leaf(s.Context(), s, "charge", apply); v != 0 || !errors.Is(err, context.DeadlineExceeded) {
					s.Errorf("got %d, %v", v, err)
				}
				if after := time.Since(begun).Round(time.Second); done != c.done || after != 30*time.Second {
					s.Errorf("done %d times, given up after %v", done, after)
				}
				ctx, cancel := context.WithTimeoutCause(s.Context(), time.Second, errors.New("in a hurry"))
				defer cancel()
				if _, err := Leaf(ctx, s, "charge", apply); err == nil || err.Error() != "in a hurry" {
					s.Errorf("who is in a hurry got %v", err)
				}
			})
		})
	}
}

func TestLeafReturnsWhatWasDone(t *testing.T) {
	broke := errors.New("broke")
	s := one(t, Options{}, func(s *Sim) {
		if v, err := Leaf(s.Context(), s, "charge", func() (int, error) { return 7, nil }); v != 7 || err != nil {
			s.Errorf("got %d, %v", v, err)
		}
		if v, err := Leaf(s.Context(), s, "charge", func() (int, error) { return 8, broke }); v != 8 || !errors.Is(err, broke) {
			s.Errorf("got %d, %v", v, err)
		}
	})
	for _, want := range []string{"charge\n", "charge: done\n", "charge: failed\n"} {
		if !strings.Contains(said(s), want) {
			t.Errorf("no %q in\n%s", want, said(s))
		}
	}
}

// What the trace says of each fault.
var faultsSaid = []struct {
	name   string
	faults Faults
	says   string
}{
	{"slow", Faults{Slow: 0.5}, "is slow"},
	{"lost request", Faults{LostRequest: 0.5}, "is lost on its way"},
	{"lost answer", Faults{LostAnswer: 0.5}, "the answer to"},
	{"duplicate", Faults{Duplicate: 0.5}, "comes a second time"},
	{"broken", Faults{Broken: 0.5}, "is answered with 502"},
	{"busy", Faults{Busy: 0.5}, "is answered with 429"},
	{"conflict", Faults{Conflict: 0.5}, "somebody has written the record"},
	{"stale", Faults{Stale: 1}, "by a replica that is behind"},
	{"unwritten", Faults{Unwritten: 0.5}, "is refused"},
	{"gap", Faults{Gap: 0.5}, "its watch of the store is broken"},
	{"crash", Faults{Crash: 0.05}, "crashes"},
	{"pause", Faults{Pause: 0.5}, "stands still"},
	{"skew", Faults{Skew: 1}, "its clock is wrong"},
}

func TestEachFaultStrikesAlone(t *testing.T) {
	calm := said(one(t, Options{}, troubled))
	for _, c := range faultsSaid {
		t.Run(c.name, func(t *testing.T) {
			got := said(one(t, Options{Faults: c.faults}, troubled))
			for _, other := range faultsSaid {
				strikes := strings.Contains(got, other.says)
				if alike := c.name == "duplicate" && other.name == "lost answer"; strikes != (other.name == c.name) && !alike {
					t.Errorf("%q is in the trace: %t\n%s", other.says, strikes, got)
				}
			}
			if strings.Contains(calm, c.says) {
				t.Errorf("the calm trace says %q", c.says)
			}
		})
	}
}

// troubled is a run that each fault can strike.
func troubled(s *Sim) {
	srv, store := s.Server(TokenTTL(10*time.Minute)), s.Store()
	kind := sessions.ClientCredentials(srv.Endpoint(), sessions.Subject{})
	for _, name := range []string{"a", "b"} {
		p := s.Process(name, sessions.Config{Store: store})
		p.Go("main", func(ctx context.Context) {
			for range 20 {
				if session, err := p.Manager().Session("service", kind); err == nil {
					_, _ = session.AccessToken(ctx)
				}
				time.Sleep(7 * time.Minute)
			}
		})
	}
}

func TestHistoryHasEachCallInOrder(t *testing.T) {
	one(t, Options{}, func(s *Sim) {
		srv := s.Server()
		p := s.Process("p", sessions.Config{})
		session, err := p.Manager().Session("alice", sessions.Persistent(srv.Endpoint(), srv.Login("alice")))
		if err != nil {
			t.Fatal(err)
		}
		at, _ := session.AccessToken(s.Context())
		_ = session.Revoke(s.Context())
		_, _ = session.AccessToken(s.Context())
		s.Go("late", func(ctx context.Context) { _ = session.Refresh(ctx) })
		calls := s.History()
		var got []string
		for _, c := range calls {
			got = append(got, fmt.Sprint(c.Caller, c.Process, c.Session, c.Ask, c.Begun, c.Ended, c.Err == nil))
		}
		if len(calls) != 3 || calls[0].Token.Access.Reveal() != at || calls[2].Err == nil {
			s.Errorf("%v", got)
		}
		for i, ask := range []string{"get", "revoke", "get"} {
			c := calls[i]
			if c.Caller != "test" || c.Process != "p" || c.Session != "alice" || c.Ask != ask || c.Begun != uint64(2*i+1) || c.Ended != uint64(2*i+2) {
				s.Errorf("call %d is %v", i, got[i])
			}
		}
	})
}

func TestAlwaysIsAskedAfterEachStep(t *testing.T) {
	s := plays(t, Options{}, 1, func(s *Sim) {
		var broken atomic.Bool
		s.Always("nothing breaks", func() error {
			if broken.Load() {
				return errors.New("it broke")
			}
			return nil
		})
		time.Sleep(time.Minute)
		broken.Store(true)
		_, _ = Leaf(s.Context(), s, "charge", func() (int, error) { return 0, nil })
		time.Sleep(time.Hour)
		s.Errorf("the run has gone on")
	})
	if want := []string{"nothing breaks: it broke"}; !slices.Equal(s.complains, want) || s.trace.lines[len(s.trace.lines)-1].at > time.Minute+time.Second {
		t.Errorf("it says %q:\n%s", s.complains, said(s))
	}
}

func TestGoroutinesOfDeadProcessGetNoMoreAnswers(t *testing.T) {
	one(t, Options{}, func(s *Sim) {
		p, asks := service(s)
		first, got := true, make(chan error, 1)
		p.Go("main", func(ctx context.Context) {
			if !first { // from here on there is a token
				_ = asks(ctx)
				return
			}
			first = false
			go func() { // has the context of main, and survives it
				<-ctx.Done()
				time.Sleep(time.Minute)
				got <- asks(ctx)
			}()
			<-ctx.Done()
		})
		time.Sleep(time.Second)
		p.Restart()
		if err := <-got; !errors.Is(err, ErrCrashed) {
			s.Errorf("the dead are answered with %v", err)
		}
	})
}

func TestNobodyIsAnsweredWhenRunIsOver(t *testing.T) {
	var got error
	one(t, Options{Limit: time.Minute}, func(s *Sim) {
		_, asks := service(s)
		s.Go("main", func(ctx context.Context) {
			done := make(chan struct{})
			go func() {
				defer close(done)
				<-ctx.Done()
				got = asks(context.Background())
			}()
			<-done
		})
	})
	if !errors.Is(got, ErrOver) {
		t.Errorf("who asks then gets %v", got)
	}
}

func TestContextOfAnotherRunIsRefused(t *testing.T) {
	s := plays(t, Options{}, 1, func(s *Sim) {
		_, asks := service(s)
		other := &caller{sim: newSim(t, Options{}, 2), name: "other"}
		ctx := context.WithValue(s.Context(), callerKey{}, other)
		if err := asks(ctx); !errors.Is(err, ErrStranger) {
			t.Errorf("got %v", err)
		}
		if _, err := Leaf(ctx, s, "charge", func() (int, error) { return 0, nil }); !errors.Is(err, ErrStranger) {
			t.Errorf("the leaf got %v", err)
		}
	})
	if !s.failed.Load() {
		t.Error("the run goes well")
	}
}

func TestAlikeGoroutinesComeInTheOrderOfTheirStart(t *testing.T) {
	synctest.Test(t, func(*testing.T) {
		l := newLoop(1)
		defer l.timer.Stop()
		var gates [3]chan struct{}
		var all sync.WaitGroup
		for i := range gates {
			gates[i] = make(chan struct{})
			all.Go(func() {
				<-gates[i]
				l.waits("alike", nil, nil)
			})
			synctest.Wait() // one after the other
		}
		for _, i := range []int{1, 2, 0} {
			close(gates[i])
			synctest.Wait()
		}
		l.collect(func() {})
		if len(l.ready) != 3 || l.ready[0].number == 0 || !slices.IsSortedFunc(l.ready, func(a, b errand) int { return cmp.Compare(a.number, b.number) }) {
			t.Errorf("they come as %v", l.ready)
		}
		for _, e := range l.ready {
			e.what()
		}
		all.Wait()
	})
}

func TestRandIsOfTheSeed(t *testing.T) {
	draws := func(seed uint64) (got []int) {
		plays(t, Options{}, seed, func(s *Sim) {
			for range 5 {
				got = append(got, s.Rand().IntN(1000))
			}
		})
		return got
	}
	if first, again, other := draws(1), draws(1), draws(2); !slices.Equal(first, again) || slices.Equal(first, other) || slices.Max(first) == slices.Min(first) {
		t.Errorf("seed 1: %v and %v, seed 2: %v", first, again, other)
	}
}

func TestTraceWriterGetsEveryLine(t *testing.T) {
	var out strings.Builder
	s := one(t, Options{Trace: &out}, troubled)
	if out.String() != said(s) || out.Len() == 0 {
		t.Errorf("it got\n%s", out.String())
	}
}

func TestSeedsAreThoseOfFlags(t *testing.T) {
	defer func(seed string, seeds int) { *seedFlag, *seedsFlag = seed, seeds }(*seedFlag, *seedsFlag)
	for _, c := range []struct {
		seed    string
		seeds   int
		options Options
		want    string
	}{
		{"", 0, Options{Seeds: 3}, "[1 2 3] <nil>"},
		{"", 2, Options{Seeds: 3}, "[1 2] <nil>"},
		{"0", 0, Options{Seeds: 3}, "[0] <nil>"},
		{"17", 2, Options{Seeds: 3}, "[17] <nil>"},
		{"x", 0, Options{}, "[] -simulate.seed=x: is no number of a seed"},
		{"-1", 0, Options{}, "[] -simulate.seed=-1: is no number of a seed"},
		{"", -1, Options{}, "[] -simulate.seeds or Options.Seeds is -1: is no number of seeds"},
		{"", 0, Options{Seeds: -2}, "[] -simulate.seeds or Options.Seeds is -2: is no number of seeds"},
	} {
		*seedFlag, *seedsFlag = c.seed, c.seeds
		seeds, err := c.options.seeds()
		if got := fmt.Sprint(seeds, err); got != c.want {
			t.Errorf("seed %q, seeds %d: %s, want %s", c.seed, c.seeds, got, c.want)
		}
	}
	*seedFlag, *seedsFlag = "", 0
	if seeds, _ := (Options{}).seeds(); len(seeds) != 100 {
		t.Errorf("without options %d seeds are played", len(seeds))
	}
}

func TestErrorEndsRunAtOnce(t *testing.T) {
	s := plays(t, Options{}, 1, func(s *Sim) {
		s.Go("other", func(ctx context.Context) { <-ctx.Done() })
		time.Sleep(time.Minute)
		s.Errorf("wrong")
		<-s.Context().Done()
		if cause := context.Cause(s.Context()); !errors.Is(cause, ErrOver) {
			t.Errorf("the context ends with %v", cause)
		}
	})
	if lasted := time.Duration(s.lasted.Load()); lasted > time.Minute+time.Second || len(s.complains) != 1 {
		t.Errorf("it has lasted %v, and says %q", lasted, s.complains)
	}
}

func TestReportSaysWhatToKnow(t *testing.T) {
	s := plays(t, Options{}, 7, func(s *Sim) {
		s.Tracef("before")
		time.Sleep(90 * time.Second)
		s.Errorf("wrong %d", 1)
		s.Tracef("after")
	})
	want := `simulate: seed 7 failed at 0:01:30.000, after 4 steps (trace ` + fmt.Sprintf("%016x", s.trace.hash()) + `):
    wrong 1
what came before:
   0:00:00.000                       before
   0:01:30.000                       WRONG: wrong 1
play it again, in its folder: go test -run '^TestReportSaysWhatToKnow$' -simulate.seed=7`
	if got := s.report(); got != want {
		t.Errorf("the report is\n%s\nwant\n%s", got, want)
	}
}

func TestSubtestIsPlayedAgainAlone(t *testing.T) {
	t.Run("one of many", func(t *testing.T) {
		if got, want := again(t, 3), "play it again, in its folder: go test -run '^TestSubtestIsPlayedAgainAlone$/^one_of_many$' -simulate.seed=3"; got != want {
			t.Errorf("it says %s, want %s", got, want)
		}
	})
}
