package clockutil_test

import (
	"math"
	"math/bits"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/clockutil"
)

const forever = time.Duration(math.MaxInt64)

// Records and rollouts mix processes of different builds: these never change.
func TestHashesAreTheSameInEveryBuild(t *testing.T) {
	got := map[string]uint64{
		"Hash()":                clockutil.Hash(),
		`Hash("")`:              clockutil.Hash(""),
		`Hash("holdfast", "1")`: clockutil.Hash("holdfast", "1"),
		"Mix(0)":                clockutil.Mix(0),
		"Mix(0, 0)":             clockutil.Mix(0, 0),
		"Mix(1, 2, 3)":          clockutil.Mix(1, 2, 3),
	}
	want := map[string]uint64{
		"Hash()":                17665956581633026203,
		`Hash("")`:              2737183428366584608,
		`Hash("holdfast", "1")`: 15556783288839285653,
		"Mix(0)":                16294208416658607535,
		"Mix(0, 0)":             12035550249420947055,
		"Mix(1, 2, 3)":          15020427595393229491,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHashTellsPartsApart(t *testing.T) {
	seen := map[uint64][]string{}
	for _, parts := range [][]string{
		{},
		{""},
		{"", ""},
		{"ab", "c"},
		{"a", "bc"},
		{"abc"},
		{"abc", ""},
		{"", "abc"},
		{"c", "ab"},
		{"\x00"},
		{"\x00\x00"},
	} {
		h := clockutil.Hash(parts...)
		if other, ok := seen[h]; ok {
			t.Errorf("%q and %q have the same hash", parts, other)
		}
		seen[h] = parts
	}
}

func TestMixTellsPartsAndTheirOrderApart(t *testing.T) {
	seen := map[uint64][]uint64{}
	for _, parts := range [][]uint64{
		{0},
		{0, 0},
		{0, 0, 0},
		{1},
		{0, 1},
		{1, 0},
		{1, 2},
		{2, 1},
		{1, 2, 0},
		{math.MaxUint64},
	} {
		h := clockutil.Mix(parts[0], parts[1:]...)
		if other, ok := seen[h]; ok {
			t.Errorf("%d and %d mix to the same", parts, other)
		}
		seen[h] = parts
	}
}

// With 64 bits that are each as good as a coin, 32 change on average; over 64,000
// pairs the average is within 0.1 of that unless the hash is bad.
func TestNeighboursDifferInHalfTheBits(t *testing.T) {
	hashes := map[string]func(uint64) uint64{
		"Mix":       func(i uint64) uint64 { return clockutil.Mix(7, i) },
		"Mix, seed": func(i uint64) uint64 { return clockutil.Mix(i, 7) },
		"Hash":      func(i uint64) uint64 { return clockutil.Hash("session", strconv.FormatUint(i, 10)) },
	}
	for name, hash := range hashes {
		changed := 0
		const pairs = 64_000
		for i := range uint64(pairs) {
			changed += bits.OnesCount64(hash(i) ^ hash(i+1))
		}
		if mean := float64(changed) / pairs; math.Abs(mean-32) > 0.1 {
			t.Errorf("%s: %.2f bits change on average", name, mean)
		}
	}
}

func TestHashingDoesNotAllocate(t *testing.T) {
	key := strconv.Itoa(1234567)
	n := testing.AllocsPerRun(100, func() { clockutil.Mix(clockutil.Hash("name", key), 1, 2, 3) })
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSpreadCoversItsRangeAndNoMore(t *testing.T) {
	for _, test := range []struct {
		ceiling time.Duration
		hash    uint64
		want    time.Duration
	}{
		{10, 0, 0},
		{10, math.MaxUint64, 9},
		{10, 1 << 63, 5},
		{1, math.MaxUint64, 0},
		{0, math.MaxUint64, 0},
		{-10, math.MaxUint64, 0},
		{forever, 0, 0},
		{forever, math.MaxUint64, forever - 1},
		{math.MinInt64, math.MaxUint64, 0},
	} {
		if got := clockutil.Spread(test.ceiling, test.hash); got != test.want {
			t.Errorf("Spread(%d, %#x) = %d, want %d", test.ceiling, test.hash, got, test.want)
		}
	}
}

func TestSpreadIsUniform(t *testing.T) {
	const draws, slots = 100_000, 10
	var count [slots]int
	for i := range uint64(draws) {
		count[clockutil.Spread(slots, clockutil.Mix(3, i))]++
	}
	for slot, n := range count {
		if n < 9_600 || n > 10_400 { // four standard deviations
			t.Errorf("slot %d was drawn %d times of %d", slot, n, draws)
		}
	}
}

func TestDoublingStopsAtItsCeiling(t *testing.T) {
	for _, test := range []struct {
		base, ceiling time.Duration
		n             int
		want          time.Duration
	}{
		{time.Second, time.Minute, 0, time.Second},
		{time.Second, time.Minute, 1, 2 * time.Second},
		{time.Second, time.Minute, 5, 32 * time.Second},
		{time.Second, time.Minute, 6, time.Minute},
		{time.Second, 64 * time.Second, 6, 64 * time.Second},
		{time.Second, 64*time.Second - 1, 6, 64*time.Second - 1},
		{time.Second, time.Minute, math.MaxInt, time.Minute},
		{time.Second, time.Minute, -1, time.Second},
		{time.Second, time.Minute, math.MinInt, time.Second},
		{time.Minute, time.Second, 0, time.Second},
		{time.Second, 0, 3, 0},
		{time.Second, -time.Second, 3, 0},
		{0, time.Minute, 100, 0},
		{-time.Second, time.Minute, 3, 0},
		{1, forever, 62, 1 << 62},
		{1, forever, 63, forever},
		{1, forever, 64, forever},
		{3, forever, 61, 3 << 61},
		{3, forever, 62, forever},
		{forever, forever, 0, forever},
		{forever, forever, 1, forever},
	} {
		if got := clockutil.Doubling(test.base, test.ceiling, test.n); got != test.want {
			t.Errorf("Doubling(%v, %v, %d) = %v, want %v", test.base, test.ceiling, test.n, got, test.want)
		}
	}
}

func TestBackoffGrowsToItsCeilingWithFullJitter(t *testing.T) {
	const least, most = 0, math.MaxUint64
	for _, test := range []struct {
		base, ceiling time.Duration
		n             int
		hash          uint64
		want          time.Duration
	}{
		{time.Second, time.Minute, 0, least, time.Second},
		{time.Second, time.Minute, 0, most, 2*time.Second - 1},
		{time.Second, time.Minute, 3, least, time.Second},
		{time.Second, time.Minute, 3, most, 16*time.Second - 1},
		{time.Second, time.Minute, 5, most, time.Minute - 1},
		{time.Second, time.Minute, math.MaxInt, most, time.Minute - 1},
		{time.Second, time.Minute, -5, most, 2*time.Second - 1},
		{time.Second, time.Second, 9, most, time.Second},
		{time.Minute, time.Second, 9, most, time.Minute},
		{time.Minute, -time.Second, 9, most, time.Minute},
		{0, time.Minute, 9, most, 0},
		{-time.Second, time.Minute, 9, most, 0},
		{1, forever, math.MaxInt, most, forever - 1},
		{forever, forever, 1, most, forever},
	} {
		if got := clockutil.Backoff(test.base, test.ceiling, test.n, test.hash); got != test.want {
			t.Errorf("Backoff(%v, %v, %d, %#x) = %v, want %v",
				test.base, test.ceiling, test.n, test.hash, got, test.want)
		}
	}
}

func FuzzWaitsStayWithinTheirBounds(f *testing.F) {
	f.Add(int64(time.Second), int64(time.Minute), 3, uint64(1<<63))
	f.Add(int64(time.Minute), int64(time.Second), -1, uint64(0))
	f.Add(int64(1), int64(math.MaxInt64), math.MaxInt, uint64(math.MaxUint64))
	f.Add(int64(math.MinInt64), int64(math.MinInt64), math.MinInt, uint64(1))
	f.Fuzz(func(t *testing.T, b, c int64, n int, hash uint64) {
		base, ceiling := time.Duration(b), time.Duration(c)
		checkDoubling(t, base, ceiling, n)
		checkBackoff(t, base, ceiling, n, hash)
	})
}

func TestRandomWaitsStayWithinTheirBounds(t *testing.T) {
	for i := range uint64(20_000) {
		// Shifted, so that all magnitudes are as likely.
		draw := func(what uint64) int64 {
			h := clockutil.Mix(4, i, what)
			return int64(h) >> (clockutil.Mix(h) % 64)
		}
		base, ceiling, n := time.Duration(draw(0)), time.Duration(draw(1)), int(draw(2)%70)
		checkDoubling(t, base, ceiling, n)
		checkBackoff(t, base, ceiling, n, uint64(draw(3)))
	}
}

// checkDoubling compares with arithmetic that cannot overflow, if not with all
// digits.
func checkDoubling(t *testing.T, base, ceiling time.Duration, n int) {
	t.Helper()
	got := clockutil.Doubling(base, ceiling, n)
	exact := math.Ldexp(float64(max(base, 0)), min(max(n, 0), 64))
	want := min(exact, float64(max(ceiling, 0)))
	if got < 0 || got > max(ceiling, 0) || float64(got) != want {
		t.Errorf("Doubling(%d, %d, %d) = %d, want about %.0f", base, ceiling, n, got, want)
	}
	if n < math.MaxInt && clockutil.Doubling(base, ceiling, n+1) < got {
		t.Errorf("Doubling(%d, %d, %d) is less than the one before", base, ceiling, n+1)
	}
}

func checkBackoff(t *testing.T, base, ceiling time.Duration, n int, hash uint64) {
	t.Helper()
	got := clockutil.Backoff(base, ceiling, n, hash)
	base, n = max(base, 0), min(max(n, 0), 62)
	end := clockutil.Doubling(base, ceiling, n+1)
	if end <= base { // nothing to spread over
		end = base + 1
	}
	if got < base || got > end-1 {
		t.Errorf("Backoff(%d, %d, %d, %#x) = %d, want in [%d, %d)", base, ceiling, n, hash, got, base, end)
	}
}

func TestUntilIsNeverNegative(t *testing.T) {
	now := time.Date(2026, time.January, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		t    time.Time
		want time.Duration
	}{
		{now.Add(time.Hour), time.Hour},
		{now, 0},
		{now.Add(-1), 0},
		{time.Time{}, 0},
		{now.AddDate(1000, 0, 0), forever},
	} {
		if got := clockutil.Until(now, test.t); got != test.want {
			t.Errorf("Until(%v, %v) = %v, want %v", now, test.t, got, test.want)
		}
	}
}
