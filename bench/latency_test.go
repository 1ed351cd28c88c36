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
	for part, want := range map[float64]time.Duration{0.5: 500, 0.99: 990, 0.999: 999, 1: 1000} {
		if got := percentile(calls, part); got != want {
			t.Errorf("percentile(%v) = %d, want %d", part, got, want)
		}
	}
	if got := percentile([]time.Duration{7}, 0.5); got != 7 {
		t.Errorf("of one call: %d", got)
	}
}
