package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
)

// contest is one question of a scenario, put to all entrants in rounds: each round
// asks everybody once, and begins with another one than the round before, so that
// whatever the machine is busy with meanwhile befalls all alike.
type contest struct {
	name     string // short, for goals and flags: "1000"
	title    string // for people: "1,000 goroutines, one session"
	columns  []column
	entrants []entrant

	// open is called ahead of the first round, before ahead of each, after behind
	// each, and close behind the last; nil: nothing.
	open, before, after, close func(context.Context) error
}

// column is a figure that every entrant gets.
type column struct {
	name  string
	unit  unit
	drawn bool // by -plot
}

// entrant is somebody in a contest.
type entrant struct {
	name   string
	role   role
	cannot string // the reason why it takes no part; empty: it does

	// absent is asked behind open for a reason that is not known before, as that a server
	// does not run; nil: there is none.
	absent func() string

	// play returns a reading for each column.
	play func(context.Context) ([]reading, error)
}

// outcome is what came of a contest.
type outcome struct {
	scenario string
	contest
	figures map[string][]series // entrant → column → rounds; missing: it cannot
}

// run plays all rounds. progress is told before each play.
func (c contest) run(ctx context.Context, scenario string, rounds int, progress func(round int, entrant string)) (outcome, error) {
	o := outcome{scenario: scenario, contest: c, figures: map[string][]series{}}
	err := call(ctx, c.open)
	o.entrants = present(c.entrants)
	for round := 0; round < rounds && err == nil; round++ {
		err = o.round(ctx, round, progress)
	}
	if err = errors.Join(err, call(ctx, c.close)); err != nil {
		return o, fmt.Errorf("%s, %s: %w", scenario, c.title, err)
	}
	return o, nil
}

// present returns entrants of which the reasons are known.
func present(all []entrant) []entrant {
	all = slices.Clone(all)
	for i := range all {
		if ask := all[i].absent; ask != nil && all[i].cannot == "" {
			all[i].cannot = ask()
		}
	}
	return all
}

func (o *outcome) round(ctx context.Context, round int, progress func(int, string)) error {
	if err := call(ctx, o.before); err != nil {
		return err
	}
	for i := range o.entrants {
		e := o.entrants[(i+round)%len(o.entrants)]
		if e.cannot != "" {
			continue
		}
		progress(round, e.name)
		if err := o.play(ctx, e); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return call(ctx, o.after)
}

func call(ctx context.Context, f func(context.Context) error) error {
	if f == nil {
		return nil
	}
	return f(ctx)
}

func (o *outcome) play(ctx context.Context, e entrant) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	runtime.GC() // what one has left behind, the next does not pay for
	got, err := e.play(ctx)
	if err != nil {
		return err
	}
	if len(got) != len(o.columns) {
		panic(fmt.Sprintf("BUG: %d readings for %d columns", len(got), len(o.columns)))
	}
	if o.figures[e.name] == nil {
		o.figures[e.name] = make([]series, len(o.columns))
	}
	for i, r := range got {
		o.figures[e.name][i] = append(o.figures[e.name][i], r)
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// figure returns an entrant's figure of a column, and false if it has none.
func (o outcome) figure(entrant, column string) (series, bool) {
	for i, c := range o.columns {
		if c.name == column && o.figures[entrant] != nil {
			return o.figures[entrant][i], true
		}
	}
	return nil, false
}
