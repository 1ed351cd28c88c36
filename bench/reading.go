package main

import (
	"encoding/json"
	"math"
	"slices"
)

// reading is a figure in one round.
type reading struct {
	value   float64
	atLeast bool // the round was cut short, and it would have become more
}

// readings turns numbers into readings.
func readings(values ...float64) []reading {
	all := make([]reading, len(values))
	for i, v := range values {
		all[i] = reading{value: v}
	}
	return all
}

// MarshalJSON writes a number, or an object for what was cut short.
func (r reading) MarshalJSON() ([]byte, error) {
	if !r.atLeast {
		return json.Marshal(r.value)
	}
	return json.Marshal(map[string]float64{"at_least": r.value})
}

// series is a figure in all rounds, in their order.
type series []reading

// median is the middle of the rounds; of an even number of them, the mean of the two
// in the middle. It is "at least" if one of those is. There must be a round.
func (s series) median() reading {
	sorted := s.sorted()
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	return reading{value: (low.value + high.value) / 2, atLeast: low.atLeast || high.atLeast}
}

// spread is the lowest and the highest round: nothing is left out.
func (s series) spread() (low, high reading) {
	sorted := s.sorted()
	return sorted[0], sorted[len(sorted)-1]
}

// sorted puts what was cut short behind what it equals so far.
func (s series) sorted() series {
	sorted := slices.Clone(s)
	slices.SortFunc(sorted, func(a, b reading) int {
		switch {
		case a.value != b.value && a.value < b.value, a.value == b.value && !a.atLeast && b.atLeast:
			return -1
		case a == b:
			return 0
		}
		return 1
	})
	return sorted
}

// over returns the ratio of the medians, between the lowest and the highest ratio
// that a single round had. It is "at least" if s was cut short; if the divisor was,
// nothing can be said, and it is not a number.
func (s series) over(divisor series) ratio {
	r := ratio{low: math.Inf(1), high: math.Inf(-1)}
	top, bottom := s.median(), divisor.median()
	r.value, r.atLeast = top.value/bottom.value, top.atLeast
	if bottom.atLeast {
		r.value = math.NaN()
	}
	for i := range min(len(s), len(divisor)) {
		one := s[i].value / divisor[i].value
		r.low, r.high = min(r.low, one), max(r.high, one)
	}
	return r
}

// ratio is by how much one figure is more than another.
type ratio struct {
	reading
	low, high float64
}
