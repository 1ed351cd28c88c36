package simulate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// misuse is what a run cannot do with, and what it says of it. The line of the user's code
// that it has to name is the one with a comment "at" and the misuse's name.
type misuse struct {
	name string
	play func(t *testing.T)
	says []string
}

// hasty is the options of a misuse: one seed, and a watchdog that bites soon.
var hasty = simulate.Options{Seeds: 1, Limit: time.Hour, Watchdog: 300 * time.Millisecond}

var misuses = []misuse{
	{"TCP", readsFromTCP, []string{"real I/O", "simulate.Leaf"}},
	{"HTTP", callsByHTTP, []string{"real I/O", "simulate.Leaf"}},
	{"timer", waitsForTimer, []string{"made outside of the run", "in the function that Run plays"}},
	{"outsider", waitsForOutsider, []string{"made outside of the run"}},
	{"group", waitsForGroup, []string{"sync.WaitGroup", "made outside of the run"}},
	{"mutex", locksAcrossAccessToken, []string{"waits for a lock", "do not hold a lock across AccessToken", "meanwhile a goroutine at"}},
	{"busy", looksAtTheClock, []string{"computes without a pause", "let it sleep"}},
	{"nameless", asksWithoutName, []string{"two calls came from", "the context that Sim.Go gives"}},
	{"namesakes", startsNamesakes, []string{`two goroutines are called "worker"`, "a name of its own"}},
	{"stuck", leavesOneStuck, []string{"outlives the run", "let it end when the context of Sim.Go does"}},
	{"sleeper", leavesOneAsleep, []string{"outlives the run"}},
	{"deaf", neverReturns, []string{"go on though their contexts have ended", "deaf"}},
	{"clock", bringsClock, []string{"Config.Clock must be nil"}},
	{"stranger", callsFromOutside, []string{"does not belong to the run", "Sim.Go"}},
	{"relic", keepsSessionOfOtherRun, []string{"does not belong to the run"}},
	{"nameless relic", keepsSessionWithoutName, []string{"does not belong to the run"}},
	{"limit", sleepsTooLong, []string{"has not returned within Options.Limit, 1h0m0s"}},
	{"again", asksAgainAndAgain, []string{"never sleeps"}},
	{"fatal", failsInside, []string{"no more of this", "the test has failed"}},
	{"fatal in Go", failsInGo, []string{"no more of this", "the test has failed"}},
	{"fatal in At", failsInAt, []string{"no more of this", "the test has failed"}},
	{"fatal in Always", failsInAlways, []string{"no more of this", "use Sim.Errorf"}},
	{"panic", panicsInside, []string{"test panicked: out of luck"}},
	{"panic in Go", panicsInGo, []string{"worker panicked: out of luck"}},
	{"panic in At", panicsInAt, []string{"at 1m0s panicked: out of luck"}},
	{"panic in Leaf", panicsInLeaf, []string{"out of luck", "the scheduler calls"}},
	{"config", opensBadConfig, []string{"process p: ", "Config.Margin"}},
}

// playedMisuse is where a child process finds the name of its misuse.
const playedMisuse = "SIMULATE_MISUSE"

func TestMisuseIsNamedWithItsPlaceAndAdvice(t *testing.T) {
	source, err := os.ReadFile("misuse_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range misuses {
		t.Run(m.name, func(t *testing.T) {
			begun := time.Now()
			out := inChild(t, "TestPlayMisuse", playedMisuse+"="+m.name)
			t.Logf("after %v:\n%s", time.Since(begun), out)
			for _, want := range append(m.says, "--- FAIL: TestPlayMisuse", "-simulate.seed=", place(t, source, m.name)) {
				if !strings.Contains(out, want) {
					t.Errorf("it does not say %q", want)
				}
			}
			for _, never := range []string{"DATA RACE", "fatal error", "test timed out", "panic: "} {
				if strings.Contains(out, never) {
					t.Errorf("it says %q", never)
				}
			}
		})
	}
}

// TestPlayMisuse is what the child process plays.
func TestPlayMisuse(t *testing.T) {
	name := os.Getenv(playedMisuse)
	for _, m := range misuses {
		if m.name == name {
			m.play(t)
		}
	}
	if name == "" {
		t.Skip("TestMisuseIsNamedWithItsPlaceAndAdvice plays it")
	}
}

// inChild runs one test of this binary in a process of its own, and returns its output. It must fail.
func inChild(t *testing.T, test string, settings ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var args, env []string
	for _, s := range settings {
		if strings.HasPrefix(s, "-") {
			args = append(args, s)
		} else {
			env = append(env, s)
		}
	}
	args = append([]string{"-test.run=^" + test + "$", "-test.timeout=60s"}, args...)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the process ended with %v", err)
	}
	return out.String()
}

// place is the line that has a comment with the name of a misuse; empty: none has.
func place(t *testing.T, source []byte, name string) string {
	t.Helper()
	for i, line := range strings.Split(string(source), "\n") {
		if strings.HasSuffix(line, "// at "+name) {
			return fmt.Sprintf("misuse_test.go:%d", i+1)
		}
	}
	return ""
}

func readsFromTCP(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		conn, err := net.Dial("tcp", server.Addr().String())
		if err != nil {
			s.Errorf("%v", err)
			return
		}
		_, _ = conn.Read(make([]byte, 1)) // at TCP
	})
}

func callsByHTTP(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0") // which answers nobody
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	simulate.Run(t, hasty, func(*simulate.Sim) {
		_, _ = http.Get("http://" + server.Addr().String()) // at HTTP
	})
}

func waitsForTimer(t *testing.T) {
	timer := time.NewTimer(time.Hour)
	simulate.Run(t, hasty, func(*simulate.Sim) {
		<-timer.C // at timer
	})
}

func waitsForOutsider(t *testing.T) {
	done := make(chan struct{})
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		select { // at outsider
		case <-done:
		case <-s.Context().Done():
		}
	})
}

func waitsForGroup(t *testing.T) {
	var group sync.WaitGroup
	group.Add(1)
	simulate.Run(t, hasty, func(*simulate.Sim) {
		group.Wait() // at group
	})
}

// opens starts a process and opens a session in it.
func opens(s *simulate.Sim) *sessions.Session {
	srv := s.Server()
	p := s.Process("p", sessions.Config{})
	session, err := p.Manager().Session("alice", sessions.Persistent(srv.Endpoint(), srv.Login("alice")))
	if err != nil {
		s.Errorf("%v", err)
	}
	return session
}

func locksAcrossAccessToken(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		session := opens(s)
		var mu sync.Mutex
		for _, name := range []string{"a", "b"} {
			s.Go(name, func(ctx context.Context) {
				mu.Lock() // at mutex
				defer mu.Unlock()
				_, _ = session.AccessToken(ctx) // at holder
			})
		}
	})
}

func looksAtTheClock(t *testing.T) {
	simulate.Run(t, hasty, func(*simulate.Sim) {
		waitsBusily(time.Now().Add(time.Minute))
	})
}

//go:noinline
func waitsBusily(until time.Time) {
	for time.Now().Before(until) { // at busy
	}
}

func asksWithoutName(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		session := opens(s)
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				_, _ = session.AccessToken(context.Background()) // at nameless
			})
		}
		both.Wait()
	})
}

func startsNamesakes(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		s.Go("worker", func(context.Context) { time.Sleep(time.Second) })
		s.Go("worker", func(context.Context) { time.Sleep(time.Second) }) // at namesakes
	})
}

func leavesOneStuck(t *testing.T) {
	simulate.Run(t, hasty, func(*simulate.Sim) {
		never := make(chan struct{})
		go func() {
			<-never // at stuck
		}()
	})
}

func leavesOneAsleep(t *testing.T) {
	simulate.Run(t, hasty, func(*simulate.Sim) {
		go func() {
			for {
				time.Sleep(time.Minute) // at sleeper
			}
		}()
	})
}

func neverReturns(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		s.Go("deaf", func(context.Context) {
			for {
				time.Sleep(time.Minute) // at deaf
			}
		})
	})
}

func bringsClock(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		s.Process("p", sessions.Config{Clock: clockutil.System()}) // at clock
	})
}

func callsFromOutside(t *testing.T) {
	asked, answered := make(chan *sessions.Session), make(chan error)
	go func() {
		_, err := (<-asked).AccessToken(context.Background()) // at stranger
		answered <- err
	}()
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		asked <- opens(s)
		if err := <-answered; err == nil {
			t.Error("the stranger got a token")
		}
	})
}

func keepsSessionOfOtherRun(t *testing.T) {
	o := hasty
	o.Seeds = 2
	var kept *sessions.Session
	simulate.Run(t, o, func(s *simulate.Sim) {
		if kept == nil {
			kept = opens(s)
		}
		_, _ = kept.AccessToken(s.Context()) // at relic
	})
}

func keepsSessionWithoutName(t *testing.T) {
	o := hasty
	o.Seeds = 2
	var kept *sessions.Session
	simulate.Run(t, o, func(s *simulate.Sim) {
		if kept == nil {
			kept = opens(s)
		}
		_, _ = kept.AccessToken(context.Background()) // at nameless relic
	})
}

func sleepsTooLong(t *testing.T) {
	simulate.Run(t, hasty, func(*simulate.Sim) {
		time.Sleep(61 * time.Minute) // at limit
	})
}

func asksAgainAndAgain(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		session := opens(s)
		for {
			_, _ = session.AccessToken(context.Background()) // at again
		}
	})
}

func failsInside(t *testing.T) {
	simulate.Run(t, hasty, func(*simulate.Sim) {
		t.Fatal("no more of this") // at fatal
	})
}

func failsInGo(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		s.Go("worker", func(context.Context) {
			t.Fatal("no more of this") // at fatal in Go
		})
	})
}

func failsInAt(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		s.At(time.Minute, func() {
			t.Fatal("no more of this") // at fatal in At
		})
		time.Sleep(time.Hour - time.Second)
	})
}

func failsInAlways(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		s.Always("all is well", func() error {
			t.Fatal("no more of this") // at fatal in Always
			return nil
		})
		time.Sleep(time.Minute)
	})
}

func panicsInside(t *testing.T) {
	simulate.Run(t, hasty, func(*simulate.Sim) {
		panic("out of luck") // at panic
	})
}

func panicsInGo(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		s.Go("worker", func(context.Context) {
			panic("out of luck") // at panic in Go
		})
	})
}

func panicsInAt(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		s.At(time.Minute, func() {
			panic("out of luck") // at panic in At
		})
		time.Sleep(time.Hour - time.Second)
	})
}

func panicsInLeaf(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		_, _ = simulate.Leaf(s.Context(), s, "charge", func() (int, error) {
			panic("out of luck") // at panic in Leaf
		})
	})
}

func opensBadConfig(t *testing.T) {
	simulate.Run(t, hasty, func(s *simulate.Sim) {
		s.Process("p", sessions.Config{Margin: -time.Second}) // at config
	})
}
