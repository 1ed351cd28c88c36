package main

import "context"

// hotOver is the hot path with each store behind it. Its turns are of nanoseconds, and the
// shortest of a round is the one that has lost the least to whatever else the machine does.
func hotOver(s settings) contest {
	const goroutines = 1_000
	slot := newSlot(s, goroutines)
	return bout{
		name:    "hot",
		title:   "the hot path over each store, 1,000 goroutines, one session, the shortest turn",
		columns: hotColumns,
		turns:   s.scaled(15, 1),
		open: func(ctx context.Context, one *stand) ([]side, error) {
			kept, err := one.newStore(ctx)
			if err != nil {
				return nil, err
			}
			k, err := one.newManager(ctx, newEndpoint(), kept)
			return []side{{one.name, func(context.Context) ([]reading, error) {
				return slot.measure(one.name, func(_, n int) error { return k.spin(n) })
			}}}, err
		},
		figures: lowest,
	}.contest(s)
}
