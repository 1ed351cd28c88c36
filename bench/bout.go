package main

import (
	"context"
	"fmt"
)

// bout is a contest of stores, and of the clients beside them. Within a round all take
// many short turns, because what a disk or a server takes changes from one second to the
// next.
type bout struct {
	name, title string
	columns     []column
	turns       int // of each side in a round

	// beside names the clients that are measured beside a store; nil: none is.
	beside func(shelf) []string

	// cannot is the reason why a store takes no part; nil, or empty: it does.
	cannot func(shelf) string

	// open returns who takes the turns of a store and of its client.
	open func(context.Context, *stand) ([]side, error)

	// figures makes a reading of the turns of each column.
	figures func([]series) []reading
}

// side takes turns, each with a reading for each column. Its name is the entrant's.
type side struct {
	name string
	turn func(context.Context) ([]reading, error)
}

// contest makes a contest of it: the turns are taken ahead of each round, whose entrants tell
// what came of them.
func (b bout) contest(s settings) contest {
	all, got := b.stands(), map[string][]reading{}
	var sides []side
	c := contest{name: b.name, title: b.title, columns: b.columns, close: all.close}
	tell := func(name string) func(context.Context) ([]reading, error) {
		return func(context.Context) ([]reading, error) { return got[name], nil }
	}
	for _, one := range all {
		c.entrants = append(c.entrants, one.entrant(one.name, ours, tell(one.name)))
		if b.beside == nil {
			continue
		}
		for _, name := range b.beside(one.shelf) {
			c.entrants = append(c.entrants, one.entrant(name, limit, tell(name)))
		}
	}
	c.open = func(ctx context.Context) error {
		err := all.open(ctx, s, func(one *stand) error {
			more, err := b.open(ctx, one)
			sides = append(sides, more...)
			return err
		})
		if err != nil {
			return err
		}
		_, err = alternate(ctx, 1, sides) // who has to connect, or to make room, has done so
		return err
	}
	c.before = func(ctx context.Context) error {
		taken, err := alternate(ctx, b.turns, sides)
		for name, columns := range taken {
			got[name] = b.figures(columns)
		}
		return err
	}
	return c
}

func (b bout) stands() stands {
	var all stands
	for _, one := range shelves() {
		reason := ""
		if b.cannot != nil {
			reason = b.cannot(one)
		}
		all = append(all, &stand{shelf: one, reason: reason})
	}
	return all
}

// alternate has all sides take so many turns, each time another one first, and returns
// the readings by side and column.
func alternate(ctx context.Context, turns int, sides []side) (map[string][]series, error) {
	all := map[string][]series{}
	for turn := range turns {
		for i := range sides {
			one := sides[(i+turn)%len(sides)]
			got, err := one.turn(ctx)
			if err = firstError(err, ctx.Err()); err != nil {
				return nil, fmt.Errorf("%s: %w", one.name, err)
			}
			if all[one.name] == nil {
				all[one.name] = make([]series, len(got))
			}
			for column, r := range got {
				all[one.name][column] = append(all[one.name][column], r)
			}
		}
	}
	return all, nil
}

// medians are the figures of turns that are alike.
func medians(columns []series) []reading {
	var all []reading
	for _, s := range columns {
		all = append(all, s.median())
	}
	return all
}

// lowest are the figures of turns that differ by what else the machine does.
func lowest(columns []series) []reading {
	var all []reading
	for _, s := range columns {
		low, _ := s.spread()
		all = append(all, low)
	}
	return all
}
