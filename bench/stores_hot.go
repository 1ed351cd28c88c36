package main

import "context"

// hotOver is the hot path with each store behind it.
func hotOver(s settings) contest {
	const goroutines = 1_000
	all, slot, keepers := newStands(), newSlot(s, goroutines), map[string]*holdfastKeeper{}
	c := contest{
		name:    "hot",
		title:   "the hot path over each store, 1,000 goroutines, one session",
		columns: hotColumns,
		close:   all.close,
	}
	for _, one := range all {
		c.entrants = append(c.entrants, one.entrant(one.name, ours, func(context.Context) ([]reading, error) {
			return slot.measure(one.name, func(_, n int) error { return keepers[one.name].spin(n) })
		}))
	}
	c.open = func(ctx context.Context) error {
		return all.open(ctx, s, func(one *stand) error {
			kept, err := one.newStore(ctx)
			if err != nil {
				return err
			}
			k, err := one.newManager(newEndpoint(), kept)
			if err != nil {
				return err
			}
			keepers[one.name] = k
			_, err = k.token(ctx, 0)
			return err
		})
	}
	return c
}
