package machine

import (
	"flag"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

var (
	promiseSeed  = flag.Int64("promises.seed", -1, "the one history to play, and to print; negative: all")
	promiseCount = flag.Int("promises.histories", 0, "how many histories to play; zero: 100,000, with -race 10,000, a tenth of that with -short")
)

// promiseTally counts what a worker has seen.
type promiseTally struct {
	steps, reused, admitted int
}

// TestPromises plays histories drawn at random through Step, and checks after
// each step what the package promises. A failure prints the number of its
// history, which -promises.seed plays again.
func TestPromises(t *testing.T) {
	if *promiseSeed >= 0 {
		w := newTracedWorld(uint64(*promiseSeed))
		t.Logf("%s", w.trace)
		if w.broken != "" {
			t.Errorf("history %d: %s", *promiseSeed, w.broken)
		}
		return
	}
	t.Parallel()
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	var next, failed atomic.Uint64
	var all sync.WaitGroup
	const workers = 2
	tallies := make([]promiseTally, workers)
	for i := range workers {
		all.Go(func() { playPromises(t, &next, &failed, &tallies[i]) })
	}
	all.Wait()
	sum := promiseTally{}
	for _, one := range tallies {
		sum.steps += one.steps
		sum.reused += one.reused
		sum.admitted += one.admitted
	}
	t.Logf("%d histories, %d steps, %d reuses and %d revocations without a certain end that no client can avoid",
		promiseVolume(), sum.steps, sum.reused, sum.admitted)
}

func promiseVolume() uint64 {
	switch {
	case *promiseCount > 0:
		return uint64(*promiseCount)
	case testing.Short():
		return promiseHistories / 10
	}
	return promiseHistories
}

// playPromises is one worker. It ends after a few failures: the first ones tell
// most.
func playPromises(t *testing.T, next, failed *atomic.Uint64, tally *promiseTally) {
	for failed.Load() < 3 {
		seed := next.Add(1)
		if seed > promiseVolume() {
			return
		}
		w := newPromiseWorld(seed, tally)
		w.play()
		if w.broken == "" {
			continue
		}
		failed.Add(1)
		again := newTracedWorld(seed)
		t.Errorf("history %d (-promises.seed=%d): %s\n%s", seed, seed, w.broken, again.trace)
	}
}

// newTracedWorld plays a history and writes down what happens.
func newTracedWorld(seed uint64) *promiseWorld {
	w := newPromiseWorld(seed, &promiseTally{})
	w.trace = &strings.Builder{}
	w.logf("rules %+v\nstore %+v, %d processes, life %v, server strict %v keeps %v, faults %v",
		w.plan.rules, w.plan.settings.Store, w.plan.procs, w.plan.life, w.server.strict, w.server.keeps, w.plan.faults)
	w.play()
	return w
}
