package simcore

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

// shortMonths are months of fewer sessions and days, the second with twice as many of both.
var shortMonths = map[string]struct {
	sessions int
	lasts    time.Duration
}{
	"week":      {20, 7 * day},
	"fortnight": {40, 14 * day},
}

func TestShortMonthsBreakNoPromise(t *testing.T) {
	for name, month := range shortMonths {
		t.Run(name, func(t *testing.T) {
			s := new(Script)
			Month(1, Weather{}, s)
			s.Terms.Kinds, s.Events, s.Lasts = s.Terms.Kinds[:month.sessions], s.Events[:month.sessions], month.lasts
			w := NewWorld()
			if v := w.Play(s); v != nil {
				t.Error(v)
			}
			if hours := uint64(month.sessions) * uint64(month.lasts/time.Hour); w.renewals < hours {
				t.Errorf("%d renewals of tokens of an hour in %d hours", w.renewals, hours)
			}
		})
	}
}

// A monitor that looks at all that has ever happened, again and again, makes a month long
// and nothing else: a storm is short. No clock is asked. The blocks of this package are
// counted, as they are for coverage: in four times as much history each of them is run four
// times as often, and those of the heap a little more. What looks at all sessions in each step,
// or at all days, is run eight times as often, and what looks at all pairs sixteen times.
// What package slices does for a monitor is not counted.
func TestFourTimesTheHistoryIsFourTimesTheWork(t *testing.T) {
	if testing.Short() {
		t.Skip("the package is built once more")
	}
	t.Parallel()
	const few = 50_000 // a block that is run no more often makes nothing long
	week, fortnight := counted(t, "week"), counted(t, "fortnight")
	for block, times := range fortnight {
		if times > few && times > 6*week[block] {
			t.Errorf("%s is run %d times in a week, and %d times in four times that", block, week[block], times)
		}
	}
}

// counted is how often each block of the package is run in a short month.
func counted(t *testing.T, month string) map[string]int {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "profile")
	out, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-covermode=count", "-coverprofile="+profile,
		"-run=^TestShortMonthsBreakNoPromise$/^"+month+"$", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return readProfile(t, profile)
}

// readProfile reads lines of "file:from,to statements times", which come after one line that
// names the mode.
func readProfile(t *testing.T, name string) map[string]int {
	t.Helper()
	file, err := os.Open(name) //nolint:gosec // the test has named it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	blocks := map[string]int{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var statements, times int
		block, counts, _ := strings.Cut(lines.Text(), " ")
		if n, _ := fmt.Sscan(counts, &statements, &times); n == 2 {
			blocks[block] = times
		}
	}
	if len(blocks) == 0 {
		t.Fatal("nothing was counted")
	}
	return blocks
}
