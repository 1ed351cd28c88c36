package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv(workerEnv) != "" {
		os.Exit(work(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// small is a whole run, small enough for a test.
func small(t *testing.T, more ...string) settings {
	t.Helper()
	s, err := parse(append([]string{"-duration", "9s", "-sessions", "20", "-lifetime", "5s", "-json"}, more...), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// With a grace nothing is lost, not even what was under way in the worker that is killed;
// and what a slow machine makes of a request that comes too late is forgiven.
func TestWorkersThatShareSessionsLoseNone(t *testing.T) {
	s := small(t, "-grace", "1m")
	var out strings.Builder
	if err := run(t.Context(), s, &out); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var got result
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &got); err != nil {
		t.Fatalf("the last line is no result: %v\n%s", err, out.String())
	}
	if got.Renewals < s.sessions-revocations || got.TokenRequests < got.Renewals || got.MostAtOnce != 1 || got.LongestWait == 0 {
		t.Errorf("the result is hollow: %+v", got)
	}
	for _, words := range []string{"was killed in the middle of a renewal", "was started in its place", "Every promise was kept."} {
		if !strings.Contains(out.String(), words) {
			t.Errorf("%q is missing in\n%s", words, out.String())
		}
	}
}

func TestRunThatIsInterruptedEndsCleanly(t *testing.T) {
	s := small(t, "-duration", "1h")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	var out strings.Builder
	if err := run(ctx, s, &out); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "Every promise was kept.") {
		t.Errorf("there is no summary:\n%s", out.String())
	}
}

func TestStoreThatIsNotThereIsTold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	s := small(t, "-store", "nats://me:hunter2@"+l.Addr().String())
	var out strings.Builder
	err = run(t.Context(), s, &out)
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || strings.Contains(err.Error()+out.String(), "hunter2") {
		t.Errorf("error is %v", err)
	}
}

func TestWorkerThatCannotBeginSaysWhy(t *testing.T) {
	p, err := startWorker(order{Name: "worker-1", Store: "memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	if _, err := p.expect(ready, "", startsIn); err == nil || !strings.Contains(err.Error(), "worker-1: this is no store") {
		t.Errorf("error is %v", err)
	}
}
