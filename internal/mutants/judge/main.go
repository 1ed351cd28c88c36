// Command judge looks for one broken promise, in the code that it was built with: by the
// simulator, or by the enumerator. Package mutants builds it with a bug in that code. It prints a
// line of JSON.
//
//	judge simulator 3000      seeds
//	judge enumerator 50000    moves of each world
//	judge shrink 17           the seed that the simulator has named, shrunk
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/holdfast-go/holdfast/internal/enumerate"
	"github.com/holdfast-go/holdfast/internal/simcore"
)

// finding is what was found.
type finding struct {
	Caught bool   `json:"caught"`
	What   string `json:"what"`   // the promise
	Where  string `json:"where"`  // the scenario and its seed, or the world
	Tried  uint64 `json:"tried"`  // seeds, or states
	Seed   uint64 `json:"seed"`   // by which it is shrunk
	Events int    `json:"events"` // of the shortest history that shows it; zero: not known
	Faults int    `json:"faults"` // beside them
}

func main() {
	if len(os.Args) != 3 {
		fail("want: judge simulator|enumerator|shrink number")
	}
	n, err := strconv.ParseUint(os.Args[2], 10, 64)
	if err != nil {
		fail(err.Error())
	}
	var f finding
	switch os.Args[1] {
	case "simulator":
		f = simulate(n)
	case "enumerator":
		f = walk(n)
	case "shrink":
		f = shrink(n)
	default:
		fail("no judge: " + os.Args[1])
	}
	if err := json.NewEncoder(os.Stdout).Encode(f); err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, "judge:", why)
	os.Exit(2)
}

// plans are played in turn: the bugs that a claim hides are seen where there is none.
var plans = []struct {
	name string
	play simcore.Plan
}{{"storm", simcore.Storm}, {"processes", simcore.Processes}, {"kinds", simcore.Kinds}}

func inTurn(seed uint64, allowed simcore.Weather, s *simcore.Script) {
	n := uint64(len(plans))
	plans[seed%n].play(seed/n, allowed, s)
}

// simulate plays seeds until a promise is broken.
func simulate(seeds uint64) finding {
	sum := simcore.Campaign{Plan: inTurn, Weather: simcore.All(), From: 3, Seeds: seeds, Workers: 1, AtMost: 1}.Run()
	f := finding{Tried: sum.Seeds}
	if len(sum.Violations) > 0 {
		v := sum.Violations[0]
		n := uint64(len(plans))
		f.Caught, f.What, f.Seed = true, v.Monitor, v.Seed
		f.Where = fmt.Sprintf("%s %d", plans[v.Seed%n].name, v.Seed/n)
	}
	return f
}

// playsAtMost bounds what a seed is shrunk by.
const playsAtMost = 2_000

// shrink leaves out of a seed what it does not need to break its promise.
func shrink(seed uint64) finding {
	s := new(simcore.Script)
	inTurn(seed, simcore.All(), s)
	small := simcore.Shrink(s, simcore.Shrinking{Plays: playsAtMost})
	f := finding{Caught: small.Violation != nil, Tried: uint64(small.Plays)}
	if f.Caught {
		f.What, f.Events, f.Faults = small.Violation.Monitor, len(small.Script.Events), len(small.Script.Strikes)
	}
	return f
}

// firstLook is how many moves of each world are made before any world is walked on: most
// bugs are not far away.
const firstLook = 5_000

// walk walks the worlds until a promise is broken.
func walk(moves uint64) finding {
	var f finding
	for _, most := range []int{firstLook, int(moves)} {
		for _, w := range enumerate.Worlds() {
			r := enumerate.Search(w, func(r *enumerate.Result) bool {
				return len(r.Violations) > 0 || r.Transitions >= most
			})
			f.Tried += uint64(r.States)
			if len(r.Violations) > 0 {
				v := r.Violations[0]
				f.Caught, f.What, f.Where, f.Events = true, v.Name, r.World, len(v.History.Lines)
				return f
			}
		}
	}
	return f
}
