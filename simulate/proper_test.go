package simulate_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// proper is code as our users write it, of which a run must not complain: it passes, and goes the
// same way the second time.
func proper(t *testing.T, f func(*simulate.Sim)) {
	t.Helper()
	simulate.Run(t, simulate.Options{Seeds: 20, Limit: 6 * time.Hour, Faults: simulate.Stormy, Twice: true}, f)
}

// alice is a session of a new process, whose tokens live for ten minutes.
func alice(s *simulate.Sim, c sessions.Config) (*simulate.Process, sessions.Kind) {
	srv := s.Server(simulate.TokenTTL(10*time.Minute), simulate.Grace(time.Hour))
	c.Store = s.Store()
	return s.Process("p", c), sessions.Persistent(srv.Endpoint(), srv.Login("alice"))
}

func TestSlowRunIsNotTakenForOneThatHangs(t *testing.T) {
	o := simulate.Options{Seeds: 1, Watchdog: 400 * time.Millisecond}
	simulate.Run(t, o, func(s *simulate.Sim) {
		p, kind := alice(s, sessions.Config{})
		session, err := p.Manager().Session("alice", kind)
		if err != nil {
			t.Fatal(err)
		}
		for range 60 { // each of which takes a while of real time
			if computes(20_000_000) == 0 {
				s.Errorf("nothing was computed")
			}
			_, _ = session.AccessToken(s.Context())
			time.Sleep(time.Minute)
		}
	})
}

//go:noinline
func computes(n int) (sum int) {
	for i := range n {
		sum += i
	}
	return sum
}

func TestGarbageIsCollectedSeldomWhileRunsPlay(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(99))
	for gogc, want := range map[string]uint64{"": 800, "99": 99} {
		t.Setenv("GOGC", gogc)
		var while []uint64
		simulate.Run(t, simulate.Options{Seeds: 2}, func(*simulate.Sim) {
			while = append(while, percent())
		})
		if diff := cmp.Diff([]uint64{want, want}, while); diff != "" || percent() != 99 {
			t.Errorf("GOGC=%s: %d afterwards, and while they play (-want +got):\n%s", gogc, percent(), diff)
		}
	}
}

// percent is by how much the heap may grow before it is collected.
func percent() uint64 {
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func TestRunsPlaySideBySide(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			proper(t, func(s *simulate.Sim) {
				p, kind := alice(s, sessions.Config{})
				p.Go("worker", func(ctx context.Context) {
					for range 10 {
						if session, err := p.Manager().Session("alice", kind); err == nil {
							_, _ = session.AccessToken(ctx)
						}
						time.Sleep(7 * time.Minute)
					}
				})
			})
		})
	}
}

func TestFailureBeforeRunIsNoFailureOfRun(t *testing.T) {
	out := inChild(t, "TestPlayFailureBeforeRun", playedMisuse+"=failure before")
	wants(t, out, "failed before", "played all")
}

func TestPlayFailureBeforeRun(t *testing.T) {
	played(t, "failure before")
	t.Error("failed before")
	simulate.Run(t, simulate.Options{Seeds: 2}, func(*simulate.Sim) {})
	t.Log("played all")
}

func TestSubscriberHearsOfARun(t *testing.T) {
	var heard atomic.Int64 // by all runs
	proper(t, func(s *simulate.Sim) {
		p, kind := alice(s, sessions.Config{})
		p.Manager().Subscribe(func(e messages.Event) {
			heard.Add(1)
			s.Tracef("heard %T of %s", e, e.Head().Key)
		})
		p.Go("worker", func(ctx context.Context) {
			for range 10 {
				if session, err := p.Manager().Session("alice", kind); err == nil {
					_, _ = session.AccessToken(ctx)
				}
				time.Sleep(7 * time.Minute)
			}
		})
	})
	if heard.Load() == 0 {
		t.Error("nothing was heard")
	}
}

// api is a resource server in the run, which a client reaches at once.
type api struct {
	srv    *simulate.Server
	served int
	denied int
}

func (a *api) RoundTrip(r *http.Request) (*http.Response, error) {
	status := http.StatusOK
	if a.srv.Valid(r.Header.Get("Authorization")[len("Bearer "):]) != nil {
		status = http.StatusUnauthorized
		a.denied++
	}
	a.served++
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func TestTokenSourceAndClientPlay(t *testing.T) {
	proper(t, func(s *simulate.Sim) {
		srv := s.Server(simulate.TokenTTL(10*time.Minute), simulate.Grace(time.Hour))
		p := s.Process("p", sessions.Config{Store: s.Store()})
		kind := sessions.Persistent(srv.Endpoint(), srv.Login("alice"))
		p.Go("client", func(ctx context.Context) {
			session, err := p.Manager().Session("alice", kind)
			if err != nil {
				return
			}
			client := session.Client(&http.Client{Transport: &api{srv: srv}}, "https://api.example")
			for range 20 {
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://api.example/", http.NoBody)
				if err != nil {
					s.Errorf("%v", err)
				}
				if res, err := client.Do(req); err == nil {
					_, _ = io.Copy(io.Discard, res.Body)
					s.Tracef("status %d", res.StatusCode)
					_ = res.Body.Close()
				}
				time.Sleep(7 * time.Minute)
			}
		})
		p.Go("source", func(ctx context.Context) {
			session, err := p.Manager().Session("alice", kind)
			if err != nil {
				return
			}
			source := session.TokenSource(ctx)
			for range 20 {
				_, _ = source.Token()
				time.Sleep(7 * time.Minute)
			}
		})
	})
}

// Goroutines of one context are told apart by the order in which they were started, which the runtime keeps
// for certain only where nothing can move a goroutine to another processor.
func TestFanOutUnderOneContextIsOneTrace(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	proper(t, func(s *simulate.Sim) {
		p, kind := alice(s, sessions.Config{})
		p.Go("boss", func(ctx context.Context) {
			for range 10 {
				if ctx.Err() != nil {
					return
				}
				ctx, cancel := context.WithCancelCause(ctx)
				var all sync.WaitGroup
				for i := range 6 {
					all.Go(func() {
						session, err := p.Manager().Session("alice", kind)
						if err != nil {
							return
						}
						if _, err := session.AccessToken(ctx); err != nil {
							cancel(err)
							return
						}
						_, err = simulate.Leaf(ctx, s, fmt.Sprintf("charge %d", i), func() (int, error) { return 0, nil })
						cancel(err)
					})
				}
				all.Wait()
				cancel(nil)
				time.Sleep(7 * time.Minute)
			}
		})
	})
}

func TestTickerTicksInARun(t *testing.T) {
	proper(t, func(s *simulate.Sim) {
		p, kind := alice(s, sessions.Config{})
		p.Go("ticker", func(ctx context.Context) {
			ticks := time.NewTicker(5 * time.Minute)
			defer ticks.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-ticks.C:
				}
				if session, err := p.Manager().Session("alice", kind); err == nil {
					_, _ = session.AccessToken(ctx)
				}
			}
		})
	})
}

func TestCrashedGoroutineDoesWhatItDeferred(t *testing.T) {
	proper(t, func(s *simulate.Sim) {
		p, kind := alice(s, sessions.Config{})
		var in, out atomic.Int64
		p.Go("worker", func(ctx context.Context) {
			in.Add(1)
			defer out.Add(1)
			defer func() { // what is asked after the crash is refused
				if session, err := p.Manager().Session("alice", kind); err == nil {
					_, _ = session.AccessToken(ctx)
				}
			}()
			for {
				if session, err := p.Manager().Session("alice", kind); err == nil {
					_, _ = session.AccessToken(ctx)
				}
				time.Sleep(7 * time.Minute)
			}
		})
		time.Sleep(time.Hour)
		p.Crash()
		time.Sleep(8 * time.Minute)
		if in.Load() != out.Load() || in.Load() == 0 {
			s.Errorf("%d began, %d did what they had deferred", in.Load(), out.Load())
		}
	})
}

// wants complains of what an output does not say.
func wants(t *testing.T, out string, says ...string) {
	t.Helper()
	for _, want := range says {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}

// played skips a test that only a child process plays.
func played(t *testing.T, name string) {
	t.Helper()
	if os.Getenv(playedMisuse) != name {
		t.Skip("another test plays it in a process of its own")
	}
}
