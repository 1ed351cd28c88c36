package simcore

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// volume is how many seeds a test plays.
func volume(t *testing.T) uint64 {
	t.Helper()
	if testing.Short() {
		return storms / 10
	}
	return storms
}

func TestStormsBreakNoPromise(t *testing.T) {
	t.Parallel()
	defer debug.SetGCPercent(debug.SetGCPercent(1000))
	sum := Campaign{Plan: Storm, Weather: All(), From: 1, Seeds: volume(t), Workers: runtime.GOMAXPROCS(0), AtMost: 3}.Run()
	for _, v := range sum.Violations {
		s, story := told(v.Seed)
		t.Errorf("%v\n%v\n%s", v, s, lastLines(story.String(), 60))
	}
	t.Logf("%d seeds, %d steps, %d renewals, %.1f virtual years", sum.Seeds, sum.Steps, sum.Renewals, sum.Years())
}

// The other plans, in fewer seeds.
func TestNoPlanBreaksAPromise(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]Plan{"calm": Calm, "processes": Processes, "kinds": Kinds} {
		t.Run(name, func(t *testing.T) {
			sum := Campaign{Plan: plan, Weather: All(), From: 1, Seeds: volume(t) / 10, Workers: 1, AtMost: 3}.Run()
			for _, v := range sum.Violations {
				t.Error(v)
			}
		})
	}
}

// told is a storm with what happens in it.
func told(seed uint64) (*Script, *Story) {
	s := new(Script)
	Storm(seed, All(), s)
	_, story := Tell(s)
	return s, story
}

func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// A seed is the same a hundred times over, whatever the number of processors, and no
// goroutine is ever started for it.
func TestSeedIsTheSameHundredTimes(t *testing.T) {
	const seed = 7
	_, first := told(seed)
	w, s := NewWorld(), new(Script)
	hashes := map[uint64]int{}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	runtime.GC() // whose workers are goroutines too
	created := GoroutinesCreated()
	for i := range 100 {
		runtime.GOMAXPROCS(1 + i%2)
		Storm(seed, All(), s)
		if v := w.Play(s); v != nil {
			t.Fatal(v)
		}
		hashes[w.Hash()]++
	}
	if n := GoroutinesCreated() - created; n != 0 {
		t.Errorf("%d goroutines were created", n)
	}
	if len(hashes) != 1 {
		t.Errorf("%d traces of one seed", len(hashes))
	}
	if _, again := told(seed); again.String() != first.String() {
		t.Error("the words of the trace differ")
	}
}

func TestHundredSeedsAreHundredTraces(t *testing.T) {
	w, s := NewWorld(), new(Script)
	hashes := map[uint64]uint64{}
	for seed := range uint64(100) {
		Storm(seed, All(), s)
		w.Play(s)
		if other, ok := hashes[w.Hash()]; ok {
			t.Errorf("seeds %d and %d have one trace", other, seed)
		}
		hashes[w.Hash()] = seed
	}
}

// The same script, read from what was written of it, is the same history.
func TestScriptIsAllThatMakesAHistory(t *testing.T) {
	w, s := NewWorld(), new(Script)
	for seed := range uint64(20) {
		Storm(seed, All(), s)
		w.Play(s)
		hash := w.Hash()
		again, err := ReadScript(s.String())
		if err != nil {
			t.Fatal(err)
		}
		if w.Play(again); w.Hash() != hash {
			t.Errorf("seed %d: a script that was read plays otherwise", seed)
		}
	}
}

func TestUnknownFaultIsAnErrorThatListsTheKnownOnes(t *testing.T) {
	_, err := ParseFaults("slow,storm")
	if err == nil || !strings.Contains(err.Error(), `"storm"`) || !strings.Contains(err.Error(), "lost-before") {
		t.Errorf("got %v", err)
	}
	w, err := ParseFaults("slow,crash")
	if err != nil || w[Slow] == 0 || w[Crash] == 0 || w[Late] != 0 {
		t.Errorf("got %v, %v", fmt.Sprint(w), err)
	}
}
