package sessions_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// update is for those who have changed a row: it prints the table anew.
var update = flag.Bool("update", false, "write docs/coming-from.md")

// comingFrom is the page that the table is printed into.
const comingFrom = "../docs/coming-from.md"

// replay is a case of another system in our terms: a row of the table.
type replay struct {
	theirs  string // the case as they name it; several that are one case here are joined by " / "
	expect  string // what they expect
	ours    string // what we do, which is what play shows
	differs string // where that is something else, and why; empty: nowhere
	play    func(*stage)
}

// class is a class of another system, or another unit of it that has cases.
type class struct {
	name    string
	intro   string // Markdown
	replays []replay
}

// system is where our users come from.
type system struct {
	name    string
	intro   string // Markdown
	moves   string // the file whose lines show what one had and what one writes; empty: none
	classes []class
}

// systems is the table.
var systems = []system{box, spatium, caspio, mistakes}

// TestComingFrom plays every row of the table, and checks that the page is the table.
func TestComingFrom(t *testing.T) {
	for _, s := range systems {
		for _, c := range s.classes {
			for _, r := range c.replays {
				t.Run(s.name+"/"+c.name+"/"+r.theirs, func(t *testing.T) { onStage(t, r.play) })
			}
		}
	}
	t.Run("page", func(t *testing.T) {
		want := wholePage(t)
		if *update {
			if err := os.WriteFile(comingFrom, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(comingFrom)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s is not the table; run this test with -update (-table +page):\n%s", comingFrom, diff)
		}
	})
}

func TestRowsAreFilledAndNoneIsThereTwice(t *testing.T) {
	for _, s := range systems {
		for _, c := range s.classes {
			seen := map[string]bool{}
			for _, r := range c.replays {
				for _, theirs := range strings.Split(r.theirs, " / ") {
					if seen[theirs] {
						t.Errorf("%s: %q is there twice", c.name, theirs)
					}
					seen[theirs] = true
				}
				if r.theirs == "" || r.expect == "" || r.ours == "" || r.play == nil {
					t.Errorf("%s: %q is not filled", c.name, r.theirs)
				}
				if strings.ContainsAny(r.theirs+r.expect+r.ours+r.differs, "|\n") {
					t.Errorf("%s: %q does not fit into a table", c.name, r.theirs)
				}
			}
		}
	}
}
