package simulate_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The test of a user's own cache of tokens, as it is in his code.
func TestWhoHasLeftPaysNothing(t *testing.T) { testWhoHasLeftPaysNothing(t) }

// The same test, in processes of their own: it passes, and with the bug that is planted in the cache it
// fails as docs/simulating.md shows.
func TestBugInACacheIsFound(t *testing.T) {
	if out, err := playsCacheTest(t, "PLANTED="); err != nil {
		t.Errorf("without the bug:\n%s", out)
	}
	out, err := playsCacheTest(t, "PLANTED=bug")
	if err == nil {
		t.Fatal("the planted bug was not found")
	}
	const golden = "testdata/cache.txt"
	if updating() {
		if err := os.WriteFile(golden, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out); diff != "" {
		t.Errorf("the output has changed (-update keeps it):\n%s", diff)
	}
}

// playsCacheTest runs the test in a process with this environment, and returns what it prints.
func playsCacheTest(t *testing.T, env string) (string, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestWhoHasLeftPaysNothing$")
	cmd.Env = append(os.Environ(), env)
	out, err := cmd.CombinedOutput()
	return realTime.ReplaceAllString(string(out), "(0.01s)"), err
}

// realTime is how long a test took, the one thing that differs each time.
var realTime = regexp.MustCompile(`\(\d+\.\d+s\)`)
