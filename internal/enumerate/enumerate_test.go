package enumerate

import (
	"testing"
)

// walked walks a world and tells what it has found.
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
}

// walkUntil stops when enough has been found.
func walkUntil(w World, enough func(*Result) bool) Result { return newWalk(w, nil).result(enough) }
