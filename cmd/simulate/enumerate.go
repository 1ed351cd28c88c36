package main

import (
	"fmt"
	"hash/fnv"
	"io"
	"runtime"

	"github.com/holdfast-go/holdfast/internal/enumerate"
)

var exhaust = scenario{
	name:  "enumerate",
	about: "every state that small worlds can reach, each visited once; seeds and faults are of no account",
	play:  playEnumerate,
}

func playEnumerate(o options) report {
	var r report
	hash := fnv.New64a()
	started := now()
	for _, w := range enumerate.Worlds() {
		walked := enumerate.Walk(w, func(p enumerate.Progress) {
			_, _ = fmt.Fprintf(o.log, "%s: %d states, depth %d, %d to go at it\n", p.World, p.States, p.Depth, p.Waiting)
		})
		r.States += uint64(walked.States)
		r.Transitions += uint64(walked.Transitions)
		r.Violations += len(walked.Violations)
		_, _ = fmt.Fprintln(hash, walked.World, walked.States, walked.Transitions, walked.Depth, len(walked.Violations))
		tellWalk(o.log, walked)
	}
	r.WallSeconds = now().Sub(started).Seconds()
	r.Hash = fmt.Sprintf("%016x", hash.Sum64())
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	r.notes = append(r.notes, fmt.Sprintf("%d MB of memory in all", memory.Sys>>20))
	return r
}

// tellWalk says what came of a world, and what breaks a promise there.
func tellWalk(out io.Writer, r enumerate.Result) {
	_, _ = fmt.Fprintf(out, "%s: %d states, %d transitions, depth %d, %d cut, %d violations, %.1f s\n",
		r.World, r.States, r.Transitions, r.Depth, r.Cut, len(r.Violations), r.Elapsed.Seconds())
	for _, f := range r.Admitted {
		_, _ = fmt.Fprintf(out, "%s: a family may end: %s, in %d moves\n", r.World, f.Name, f.History.Moves())
	}
	for _, f := range r.Violations {
		_, _ = fmt.Fprintf(out, "%s: %s\n%v\n", f.Name, f.Why, f.History)
	}
}
