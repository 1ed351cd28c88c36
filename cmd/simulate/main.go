// Command simulate plays years of sessions in seconds: the real machine behind the real
// engine, processes over one store and one authorization server, and whatever can go
// wrong, in an order that a seed decides. It looks whether every promise is kept.
//
//	go run ./cmd/simulate -scenario list
//	go run ./cmd/simulate -scenario storm -seeds 100000
//	go run ./cmd/simulate -scenario storm -seed 17          # this one, with all that happens
//	go run ./cmd/simulate -scenario storm -faults slow,crash
//	go run ./cmd/simulate -scenario month -json
//	go run ./cmd/simulate -script failing.json -mermaid failing.mmd
//
// The first seed that breaks a promise is made small: few events that still break it, told
// with what happens.
//
// It exits with 1 if a promise was broken, and with 2 if it was not understood.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/holdfast-go/holdfast/internal/simcore"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are what was asked for.
type options struct {
	scenario string
	seeds    uint64 // zero: as many as the scenario plays by itself
	seed     uint64
	one      bool // only this seed, and tell what happens
	weather  simcore.Weather
	duration time.Duration // of real time; zero: until all seeds are played
	twice    bool
	json     bool
	shrink   bool
	script   *simcore.Script // nil: what is played is drawn
	mermaid  string          // the file for the diagram; empty: none
	save     string          // the file for the script; empty: none
	out      io.Writer       // what was found
	log      io.Writer       // how it goes
}

func run(args []string, out, log io.Writer) int {
	o, err := parse(args, log)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		_, _ = fmt.Fprintln(log, "simulate:", err)
		return 2
	case o.scenario == "list":
		list(out)
		return 0
	}
	o.out = out
	s, err := named(o.scenario)
	if o.script != nil {
		s, err = replay, nil
	}
	if err != nil {
		_, _ = fmt.Fprintln(log, "simulate:", err)
		return 2
	}
	r := s.play(o)
	r.Scenario = s.name
	r.print(o)
	if err := o.write(r.told); err != nil {
		_, _ = fmt.Fprintln(log, "simulate:", err)
		return 2
	}
	if r.Violations > 0 {
		return 1
	}
	return 0
}

// parse reads the flags. The error says what is wrong with them.
func parse(args []string, log io.Writer) (options, error) {
	o := options{log: log}
	f := flag.NewFlagSet("simulate", flag.ContinueOnError)
	f.SetOutput(log)
	f.StringVar(&o.scenario, "scenario", "storm", "what to play; list names them")
	f.Uint64Var(&o.seeds, "seeds", 0, "how many seeds to play; 0: as many as the scenario does by itself")
	f.Uint64Var(&o.seed, "seed", 1, "the first seed; given without -seeds: the only one, and all that happens is told")
	faults := f.String("faults", "all", "what may go wrong: all, none, or names with commas between them")
	f.DurationVar(&o.duration, "duration", 0, "play for so long in real time, instead of a number of seeds")
	f.BoolVar(&o.twice, "twice", false, "play each seed twice, and compare")
	f.BoolVar(&o.json, "json", false, "print one line of JSON at last")
	f.BoolVar(&o.shrink, "shrink", true, "make the first script small that breaks a promise")
	script := f.String("script", "", "play the script in this file, and tell what happens")
	f.StringVar(&o.mermaid, "mermaid", "", "write what was told to this file, as a sequence diagram")
	f.StringVar(&o.save, "save", "", "write the script of what was told to this file")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag", f.Arg(0))
	}
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	o.one = given["seed"] && !given["seeds"] && !given["duration"]
	var err error
	if o.weather, err = simcore.ParseFaults(*faults); err != nil || *script == "" {
		return o, err
	}
	for _, name := range []string{"scenario", "seeds", "seed", "faults", "duration", "twice"} {
		if given[name] {
			return o, fmt.Errorf("-%s goes without -script, which says all", name)
		}
	}
	o.script, err = read(*script)
	return o, err
}

// workers is how many worlds play side by side: each in one goroutine.
func workers() int { return runtime.GOMAXPROCS(0) }
