package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// The judges, in the order in which they are asked.
const (
	simulator  = "simulator"
	enumerator = "enumerator"
	promise    = "promise"
	story      = "story"
)

var judgeNames = []string{simulator, enumerator, promise, story}

// How much the judges may do before they find nothing.
const (
	seedsAtMost     = 2_000
	movesAtMost     = 100_000 // of each world
	historiesAtMost = 10_000
)

// verdict is what a judge says of a mutant.
type verdict struct {
	Judge   string  `json:"judge"`
	Caught  bool    `json:"caught"`
	What    string  `json:"what"`   // the promise that was seen broken, or the first story
	Where   string  `json:"where"`  // the scenario and its seed, the world, the number of a history
	Tried   uint64  `json:"tried"`  // seeds, states, histories, or stories that failed
	Seed    uint64  `json:"seed"`   // simulator: of the plans in turn
	Events  int     `json:"events"` // of the shortest history that shows it; zero: not known
	Faults  int     `json:"faults"` // beside them
	Seconds float64 `json:"seconds"`
}

// judges are who judges a mutant, by their names.
var judges = map[string]func(context.Context, *plant) (verdict, error){
	simulator:  func(ctx context.Context, p *plant) (verdict, error) { return judged(ctx, p, simulator, seedsAtMost) },
	enumerator: func(ctx context.Context, p *plant) (verdict, error) { return judged(ctx, p, enumerator, movesAtMost) },
	promise:    promised,
	story:      told,
}

// sees reports whether a judge runs the code of a layer: two of them know the machine alone.
func sees(judge, layer string) bool {
	return judge == simulator || judge == story || layer == "machine" || layer == "claim"
}

// ran is a program that has ended.
type ran struct {
	out     string // what it has printed
	failed  bool
	seconds float64 // that it had of its core
}

// runs runs a program in a folder, on one core.
func runs(ctx context.Context, folder, program string, args ...string) (ran, error) {
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = folder
	c.Env = append(c.Environ(), "GOMAXPROCS=1")
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	if c.ProcessState == nil {
		return ran{}, err
	}
	if ctx.Err() != nil {
		return ran{}, fmt.Errorf("%s %s has not come to an end", filepath.Base(program), strings.Join(args, " "))
	}
	spent := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	return ran{out: out.String(), failed: err != nil, seconds: spent.Seconds()}, nil
}

// judged asks the simulator or the enumerator. A panic is a find: there is none in the
// code as it is.
func judged(ctx context.Context, p *plant, judge string, work int) (verdict, error) {
	program, err := p.program(ctx, "internal/mutants/judge")
	if err != nil {
		return verdict{}, err
	}
	r, err := runs(ctx, p.root, program, judge, strconv.Itoa(work))
	if err != nil {
		return verdict{}, err
	}
	v := verdict{Seconds: r.seconds}
	if why := panicIn(r.out); r.failed && why != "" {
		v.Caught, v.What = true, why
		return v, nil
	}
	if err := json.Unmarshal([]byte(r.out), &v); err != nil || r.failed {
		return v, fmt.Errorf("%s: %w: %s", judge, err, r.out)
	}
	if v.Caught && judge == simulator {
		return v, v.shrink(ctx, p, program)
	}
	return v, nil
}

// shrink makes the history of the simulator small. That takes no part of its seconds.
func (v *verdict) shrink(ctx context.Context, p *plant, program string) error {
	r, err := runs(ctx, p.root, program, "shrink", strconv.FormatUint(v.Seed, 10))
	if err != nil {
		return err
	}
	var small verdict
	if err := json.Unmarshal([]byte(r.out), &small); err != nil || r.failed {
		return fmt.Errorf("shrink: %w: %s", err, r.out)
	}
	v.Events, v.Faults = small.Events, small.Faults
	return nil
}

var panics = regexp.MustCompile(`(?m)^panic: (.*)$`)

// panicIn returns with what words a program has panicked; empty: it has not.
func panicIn(out string) string {
	if found := panics.FindStringSubmatch(out); found != nil {
		return "panic: " + strings.TrimSuffix(found[1], " [recovered]")
	}
	return ""
}

var history = regexp.MustCompile(`history (\d+) \(-promises\.seed=\d+\): ([^:\n]*)`)

// promised asks the randomized promise test.
func promised(ctx context.Context, p *plant) (verdict, error) {
	const pkg = "internal/machine"
	program, err := p.tests(ctx, pkg)
	if err != nil {
		return verdict{}, err
	}
	r, err := runs(ctx, filepath.Join(p.root, pkg), program,
		"-test.run", "^TestPromises$", "-promises.histories", strconv.Itoa(historiesAtMost))
	v := verdict{Caught: r.failed, Tried: historiesAtMost, What: panicIn(r.out), Seconds: r.seconds}
	for _, found := range history.FindAllStringSubmatch(r.out, -1) {
		if n, _ := strconv.ParseUint(found[1], 10, 64); n <= v.Tried {
			v.Tried, v.What, v.Where = n, found[2], "history "+found[1]
		}
	}
	return v, err
}

var failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

// stories are the packages whose tests tell what becomes of the code of a layer.
var stories = map[string][]string{
	"machine": {"internal/machine", "actor"},
	"claim":   {"internal/machine", "actor"},
	"shell":   {"actor"},
	"record":  {"internal/record", "actor"},
}

// told asks the stories, package after package, until some fail.
func told(ctx context.Context, p *plant) (verdict, error) {
	var v verdict
	for _, pkg := range stories[p.mutant.layer] {
		program, err := p.tests(ctx, pkg)
		if err != nil {
			return v, err
		}
		r, err := runs(ctx, filepath.Join(p.root, pkg), program, "-test.short", "-test.skip", "^TestPromises$", "-test.timeout", "2m")
		if err != nil {
			return v, err
		}
		v.Seconds += r.seconds
		if v.add(r); v.Caught {
			break
		}
	}
	return v, nil
}

// add adds what the tests of a package have said.
func (v *verdict) add(r ran) {
	if !r.failed {
		return
	}
	v.Caught = true
	names := failedTest.FindAllStringSubmatch(r.out, -1)
	v.Tried += uint64(max(1, len(names)))
	switch {
	case v.What != "":
	case len(names) > 0:
		v.What = names[0][1]
	default:
		v.What = panicIn(r.out)
	}
}
