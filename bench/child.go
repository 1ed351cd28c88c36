package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
)

// childCommand is the first argument of a process that this program starts of itself.
// What a process takes when it is new, or has a million sessions, is measured in one that has
// nothing else.
const childCommand = "measure-in-a-new-process"

// errand is what a child is told to measure: the second argument, as JSON.
type errand struct {
	What      string // "memory" or "start"
	Rival     string
	Sessions  int
	Callers   int  // of a burst; zero: there is none
	UntilIdle bool // wait until all sessions sleep
}

// sent runs an errand in a process of its own.
func (e errand) sent(ctx context.Context) ([]reading, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, self, childCommand, string(args)).Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, err
	}
	var values []float64
	if err := json.Unmarshal(out, &values); err != nil {
		return nil, fmt.Errorf("what a process of our own has printed: %w", err)
	}
	return readings(values...), nil
}

// runChild is the whole program of a child.
func runChild(ctx context.Context, args string, out io.Writer) error {
	var e errand
	if err := json.Unmarshal([]byte(args), &e); err != nil {
		return err
	}
	values, err := e.run(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(values)
}

func (e errand) run(ctx context.Context) ([]float64, error) {
	for _, r := range rivals() {
		if r.name != e.Rival {
			continue
		}
		switch e.What {
		case "memory":
			return e.weigh(ctx, r)
		case "start":
			return e.begin(ctx, r)
		}
	}
	return nil, fmt.Errorf("there is no way to measure %s of %s", e.What, e.Rival)
}

// footprint is what a process takes.
type footprint struct {
	heap     float64 // bytes of live objects
	resident float64 // bytes, as the operating system sees it
}

// takeFootprint gives back what is free, and weighs the rest.
func takeFootprint() footprint {
	debug.FreeOSMemory()
	debug.FreeOSMemory() // what has a finalizer or was in a pool is gone with the second
	return footprint{heap: heapInUse(), resident: residentMemory()}
}

func (f footprint) minus(g footprint) footprint {
	return footprint{heap: f.heap - g.heap, resident: f.resident - g.resident}
}
