package main

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestPercentilesAreNoMoreThanABucketOff(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h histogram
	var all []time.Duration
	for range 10_000 {
		d := time.Duration(random.ExpFloat64() * float64(20*time.Millisecond)).Truncate(time.Microsecond)
		h.add(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, p := range []int{1, 50, 90, 99, 100} {
		want := all[len(all)*p/100-1]
		if got := h.percentile(p); got < want || got > want+want/32+time.Microsecond {
			t.Errorf("p%d is %v, want %v or a little more", p, got, want)
		}
	}
	if h.longest != all[len(all)-1] {
		t.Errorf("longest is %v, want %v", h.longest, all[len(all)-1])
	}
}

func TestBucketsJoin(t *testing.T) {
	for b := range buckets - 1 {
		if bucket(upper(b)) != b || bucket(upper(b)+1) != b+1 {
			t.Fatalf("bucket %d ends at %v, which is in %d; what follows is in %d",
				b, upper(b), bucket(upper(b)), bucket(upper(b)+1))
		}
	}
}

func TestHistogramTakesAnyDuration(t *testing.T) {
	var h histogram
	if got := h.percentile(99); got != 0 {
		t.Errorf("p99 of nothing is %v", got)
	}
	h.add(-time.Second)
	h.add(1000 * time.Hour)
	if got := h.percentile(1); got > time.Microsecond {
		t.Errorf("p1 is %v", got)
	}
	if h.longest != 1000*time.Hour {
		t.Errorf("longest is %v", h.longest)
	}
}

func TestHistogramOfASecondLeavesOutWhatWasBefore(t *testing.T) {
	var h histogram
	h.add(time.Second)
	before := h
	h.add(time.Millisecond)
	since := h.without(before)
	if got := since.percentile(99); since.n != 1 || got < time.Millisecond || got > 1100*time.Microsecond {
		t.Errorf("%d since then, p99 %v", since.n, got)
	}
}
