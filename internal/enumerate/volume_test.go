package enumerate

import (
	"flag"
	"testing"
)

// world names a world that is walked whole; most of them take too long for every run.
var world = flag.String("world", "", "walk this world to its end; all: every one")

func TestWorlds(t *testing.T) {
	for _, w := range Worlds() {
		if *world != w.Name && *world != "all" {
			continue
		}
		t.Run(w.Name, func(t *testing.T) {
			r := walked(t, w)
			for _, f := range r.Violations {
				t.Errorf("%s: %s\n%s", f.Name, f.Why, f.History)
			}
			for _, f := range r.Admitted {
				t.Logf("admitted: %s\n%s", f.Name, f.History)
			}
		})
	}
}
