package main

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets, in microseconds: each of the first 64 has
// one of its own, and from there on each power of two is cut into 32. So a
// percentile is at most 1/32 more than it was; the longest is exact. The zero
// histogram is empty, and a copy is a copy.
type histogram struct {
	buckets [buckets]int
	n       int
	longest time.Duration
}

// buckets are enough for two hours; what is longer goes into the last.
const buckets = 28 * 32

func (h *histogram) add(d time.Duration) {
	h.buckets[bucket(d)]++
	h.n++
	h.longest = max(h.longest, d)
}

// without returns what was added since h looked like before. Its longest is that
// of h.
func (h histogram) without(before histogram) histogram {
	for i := range h.buckets {
		h.buckets[i] -= before.buckets[i]
	}
	h.n -= before.n
	return h
}

// percentile returns the duration that p percent do not exceed; zero: there are none.
func (h *histogram) percentile(p int) time.Duration {
	rank := (h.n*p + 99) / 100
	for i, n := range h.buckets {
		if rank -= n; rank <= 0 && h.n > 0 {
			return min(upper(i), h.longest)
		}
	}
	return 0
}

func bucket(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	shift := max(bits.Len64(us)-6, 0)
	return min(shift*32+int(us>>shift), buckets-1)
}

// upper is the longest duration of a bucket.
func upper(bucket int) time.Duration {
	shift := max(bucket/32-1, 0)
	low := bucket - shift*32
	return time.Duration((low+1)<<shift)*time.Microsecond - 1
}
