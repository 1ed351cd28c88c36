package enumerate

import (
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// walked walks a world and tells how large it is.
func walked(t *testing.T, w World) Result {
	t.Helper()
	r := Walk(w, nil)
	t.Logf("%s: %d states, %d transitions, depth %d, %d cut, %v", w.Name, r.States, r.Transitions, r.Depth, r.Cut, r.Elapsed)
	return r
}

func TestCalmWorldIsWalkedToItsEnd(t *testing.T) {
	r := walked(t, calm())
	for _, f := range r.Violations {
		t.Errorf("%s: %s\n%s", f.Name, f.Why, f.History)
	}
	if len(r.Admitted) > 0 {
		t.Errorf("a family ended though nothing went wrong:\n%s", r.Admitted[0].History)
	}
	if r.States < 1000 || r.Cut > 0 {
		t.Errorf("%d states, of which %d want a token more", r.States, r.Cut)
	}
}

func TestResultIsTheSameOnAnyNumberOfCores(t *testing.T) {
	w := strict(nil, fail, readBehind)
	w.step = planted(each(publishingForEver))
	many := Walk(w, nil)
	before := runtime.GOMAXPROCS(1)
	one := Walk(w, nil)
	runtime.GOMAXPROCS(before)
	many.Elapsed, one.Elapsed = 0, 0
	if diff := cmp.Diff(one, many, cmp.AllowUnexported(History{})); diff != "" {
		t.Errorf("one core and many differ:\n%s", diff)
	}
	if len(one.Violations) == 0 || one.States < 1000 {
		t.Errorf("%d violations in %d states are little to be compared", len(one.Violations), one.States)
	}
}

func TestProgressIsTold(t *testing.T) {
	var last Progress
	r := Walk(calm(), func(p Progress) { last = p })
	want := Progress{World: r.World, States: r.States, Transitions: r.Transitions, Depth: r.Depth}
	if last != want {
		t.Errorf("the last word is %+v, want %+v", last, want)
	}
}

func TestEachWorldSaysWhatIsInItAndWhatIsNot(t *testing.T) {
	names := map[string]bool{}
	for _, w := range Worlds() {
		if names[w.Name] || w.Name == "" {
			t.Errorf("%q is no name of its own", w.Name)
		}
		names[w.Name] = true
		if !strings.Contains(w.Doc, "In it: ") || !strings.Contains(w.Doc, "Left out: ") {
			t.Errorf("%s does not say what is in it:\n%s", w.Name, w.Doc)
		}
	}
}
