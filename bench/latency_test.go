package main

import (
	"testing"
	"time"
)

func TestPercentileIsTheCallAtItsRank(t *testing.T) {
	var calls []time.Duration
	for i := range 1000 {
		calls = append(calls, time.Duration(i+1))
	}
	for part, want := range map[int]time.Duration{500: 500, 990: 990, 999: 999, 1000: 1000} {
		if got := percentile(calls, part); got != want {
			t.Errorf("percentile(%v) = %d, want %d", part, got, want)
		}
	}
	if got := percentile(calls[:3], 500); got != 2 {
		t.Errorf("the median of three calls is the second, not %d", got)
	}
	if got := percentile([]time.Duration{7}, 500); got != 7 {
		t.Errorf("of one call: %d", got)
	}
}
