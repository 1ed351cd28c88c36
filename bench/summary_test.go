package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummaryTakesThePlaceOfWhatWasMeasuredAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := measured("hot", "1000", "time", map[string]series{
		"holdfast": rounds(2), "x/oauth2": rounds(100), "aws cache": rounds(40), "singleflight": rounds(10), atomicLoad: rounds(1),
	})
	o.columns[0].unit = nanoseconds
	r := report{outcomes: outcomes{o}, host: host{Cores: 2, Go: "go1.26", OS: "linux", Arch: "amd64"}}
	write("before\n" + summaryBegins + `
|  | holdfast |
| a valid token, 1,000 goroutines | 9 ns | 9 ns | nobody: 9 ns |  |
| renewals over loopback | 7 /s | 6 /s | aws cache: 5 /s | a bare POST loop: 8 /s |
| something else | 1 | 1 | 1 | 1 |
` + summaryEnds + "after\n")
	if err := r.writeSummary(file); err != nil {
		t.Fatal(err)
	}
	want := "before\n" + summaryBegins + `
|  | holdfast | x/oauth2 | the best other | the limit |
| --- | ---: | ---: | ---: | ---: |
| a valid token, 1,000 goroutines | 2 ns | 100 ns | singleflight: 10 ns | a bare atomic.Pointer load: 1 ns |
| renewals over loopback | 7 /s | 6 /s | aws cache: 5 /s | a bare POST loop: 8 /s |

Medians of alternating rounds in one process (lowest–highest), 2 cores, go1.26 linux/amd64.

` + summaryEnds + "after\n"
	got, _ := os.ReadFile(file)
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
	write("nothing\n")
	if err := r.writeSummary(file); err == nil {
		t.Error("a file without a place is written")
	}
}

func TestHighestIsTheBestWhereMoreIsBetter(t *testing.T) {
	o := measured("renewals", "loopback", "renewals", map[string]series{
		"holdfast": rounds(9), "x/oauth2": rounds(8), "aws cache": rounds(3), "singleflight": rounds(5),
	})
	if got := o.best(headline{column: "renewals", highest: true}); got != "singleflight: 5" {
		t.Errorf("the best is %q", got)
	}
}

// Whatever the summary tells is measured, in a quick run as well.
func TestEveryHeadlineIsMeasured(t *testing.T) {
	for _, quick := range []bool{true, false} {
		for _, h := range headlines {
			if o, ok := pretendAll(t, quick).find(h.scenario, h.contests...); !ok || o.cell(h.ours(), h.column) == "" {
				t.Errorf("quick %v: %s is not measured", quick, h.what)
			}
		}
	}
}
