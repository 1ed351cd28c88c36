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
	w := rotating().called("strict", "").oneFault(onlyA, of...)
	w.spare = spare
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
	for fault, kinds := range map[moveKind][]string{
		beLate: append(ends(lostAnswer, nextCameSecond, othersCameSecond),
			ends(lateRequest, cameSecond, nextCameSecond, othersCameSecond)...),
		pause: ends(pausedOwner, cameSecond, othersCameSecond),
		crash: ends(crashed, cameSecond, nextCameSecond, othersCameSecond),
	} {
		r := Search(strict(atTheEndpoint, fault), func(r *Result) bool {
			return len(r.Violations) > 0 || len(r.Admitted) == len(kinds)
		})
		for _, f := range r.Violations {
			t.Errorf("%s:\n%s", f.Name, f.History)
		}
		for _, kind := range kinds {
			t.Run(kind, func(t *testing.T) {
				if !slices.Contains(namesOf(r.Admitted), kind) {
					t.Errorf("not reached in %d states; reached: %v", r.States, namesOf(r.Admitted))
				}
			})
		}
	}
}

// ends are kinds of the end of a family: what has gone wrong, and which request came second.
func ends(what excuse, seconds ...string) []string {
	var out []string
	for _, second := range seconds {
		out = append(out, unavoidable[what]+second)
	}
	return out
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
