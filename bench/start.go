package main

import (
	"context"
	"runtime"
	"time"
)

// What does it take to begin?
//
// Each round is a new process. Time and memory are those from the first line of the
// harness that touches the library to its first token, over an endpoint that answers at
// once. What a library does before main, when its packages are initialized, is not in it: all
// are in this one binary.
func start() scenario {
	return scenario{
		name:     "start",
		question: "What does it take to begin?",
		contests: startContests,
	}
}

func startContests(settings) ([]contest, error) {
	c := contest{
		name:  "start",
		title: "a new process until its first token",
		columns: []column{
			{name: "made", unit: milliseconds},
			{name: "first token", unit: milliseconds, drawn: true},
			{name: "second session's token", unit: milliseconds},
			{name: "heap", unit: octets},
			{name: "resident", unit: octets},
		},
	}
	for _, r := range rivals() {
		e := errand{What: "start", Rival: r.name, Sessions: 2}
		c.entrants = append(c.entrants, entrant{name: r.name, role: r.role, play: e.sent})
	}
	return []contest{c}, nil
}

// begin is the child's part.
func (e errand) begin(ctx context.Context, r rival) ([]float64, error) {
	endpoint := newEndpoint()
	empty := takeFootprint()
	began := time.Now()
	k, err := r.open(endpoint, options{sessions: e.Sessions})
	if err != nil {
		return nil, err
	}
	made := time.Since(began)
	if _, err := k.token(ctx, 0); err != nil {
		return nil, err
	}
	first := time.Since(began)
	if _, err := k.token(ctx, 1); err != nil {
		return nil, err
	}
	second := time.Since(began)
	taken := takeFootprint().minus(empty)
	runtime.KeepAlive(k)
	return []float64{ms(made), ms(first - made), ms(second - first), taken.heap, taken.resident}, k.close()
}
