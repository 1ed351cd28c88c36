package enumerate

import (
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/internal/machine"
)

// What no client can avoid with a strictly single-use refresh token costs the family,
// each with one fault; and nothing else does.

// atTheStore spares the leaves that go elsewhere.
func atTheStore(e machine.Effect) bool { return !atTheEndpoint(e) }

// strict is rotating with one fault.
func strict(spare func(machine.Effect) bool, of ...moveKind) World {
	w := rotating()
	w.Name = "strict"
	w.spare = spare
	w.budget.faults, w.faults = 1, these(of...)
	return w
}

func namesOf(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Name)
	}
	return out
}

func TestEachAdmittedEndOfAFamilyIsReached(t *testing.T) {
	skipRacing(t)
	for _, c := range []struct {
		name  string
		fault moveKind
	}{
		{lostAnswerEnds, beLate},
		{lateRequestEnds, beLate},
		{pausedOwnerEnds, pause},
		{crashEnds, crash},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := walkUntil(strict(atTheEndpoint, c.fault), func(r *Result) bool {
				return len(r.Violations) > 0 || slices.Contains(namesOf(r.Admitted), c.name)
			})
			if len(r.Violations) > 0 {
				t.Fatalf("%s:\n%s", r.Violations[0].Name, r.Violations[0].History)
			}
			if !slices.Contains(namesOf(r.Admitted), c.name) {
				t.Errorf("not reached in %d states; reached: %v", r.States, namesOf(r.Admitted))
			}
		})
	}
}

// A store that is slow, once, or refuses, or does not know what it has written, costs
// nothing: an owner that is at work has its pair saved before anybody takes its claim over.
func TestNoFamilyEndsForOneSlowSave(t *testing.T) {
	skipRacing(t)
	r := walked(t, strict(atTheStore, beUnheard, fail))
	for _, f := range append(r.Violations, r.Admitted...) {
		t.Errorf("%s:\n%s", f.Name, f.History)
	}
}

func skipRacing(t *testing.T) {
	t.Helper()
	if racing {
		t.Skip("a long walk; the run without -race has it")
	}
}
