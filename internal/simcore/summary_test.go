package simcore

import (
	"testing"
	"time"
)

func TestSummaryHoldsMoreYearsThanADuration(t *testing.T) {
	var sum Summary
	w := &World{loop: loop{now: 100 * 8766 * time.Hour}}
	for range 5 {
		sum.add(w, nil)
	}
	if got := sum.Years(); got != 500 {
		t.Errorf("%g years", got)
	}
}
