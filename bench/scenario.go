package main

import (
	"context"
	"slices"
)

// scenario is one kind of work.
type scenario struct {
	name     string
	question string // that it answers
	remark   string // what a reader of its page must know besides; empty: nothing

	// longRounds: a round takes minutes, or hardly differs from the next.
	longRounds bool

	// contests are made for the size of a run.
	contests func(s settings) ([]contest, error)
}

// scenarios are all of them, in the order of the tables.
func scenarios() []scenario {
	return []scenario{
		hot(), request(), herd(), failure(), outage(), cancelling(), storm(), renewals(), memory(), start(), latency(), stores(),
	}
}

func scenarioNames() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// chosen are the scenarios of a run.
func (s settings) chosen() []scenario {
	all := scenarios()
	if len(s.only) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(one scenario) bool { return !slices.Contains(s.only, one.name) })
}

// play runs one scenario and returns what came of it.
func (one scenario) play(ctx context.Context, s settings, p *progress) ([]outcome, error) {
	contests, err := one.contests(s)
	if err != nil {
		return nil, err
	}
	var all []outcome
	for _, c := range contests {
		o, err := c.run(ctx, one.name, s.roundsOf(one), func(round int, entrant string) {
			p.tell(one.name, c.title, round, s.roundsOf(one), entrant)
		})
		if err != nil {
			return all, err
		}
		all = append(all, o)
	}
	return all, nil
}
