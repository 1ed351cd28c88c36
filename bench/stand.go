package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

// stand is a shelf in a contest.
type stand struct {
	shelf
	reason string // why it takes no part; empty: it does
	place  place  // nil: not open
	closes []func() error
}

type stands []*stand

func newStands() stands {
	var all stands
	for _, one := range shelves() {
		all = append(all, &stand{shelf: one})
	}
	return all
}

// open makes a place for all who take part, and calls f with them.
func (all stands) open(ctx context.Context, s settings, f func(*stand) error) error {
	for _, one := range all {
		if one.reason != "" {
			continue
		}
		var absent absence
		switch err := one.furnish(ctx, s, f); {
		case errors.As(err, &absent):
			one.reason = absent.reason
		case err != nil:
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return nil
}

func (one *stand) furnish(ctx context.Context, s settings, f func(*stand) error) error {
	there, err := one.shelf.open(ctx, s)
	if err != nil {
		return err
	}
	one.place = there
	return f(one)
}

// newStore opens a store that is there until the end of the contest.
func (one *stand) newStore(ctx context.Context) (store.Store, error) {
	s, err := one.place.store(ctx)
	if err == nil {
		one.atEnd(s.Close)
	}
	return s, err
}

// newClient connects a client that is there until the end of the contest.
func (one *stand) newClient(ctx context.Context) (client, error) {
	c, err := one.place.client(ctx)
	if err == nil {
		one.atEnd(c.close)
	}
	return c, err
}

// newManager opens a keeper of one session over a store, until the end of the contest.
func (one *stand) newManager(e *endpoint, s store.Store) (*holdfastKeeper, error) {
	k, err := openHoldfast(e, options{sessions: 1, store: s})
	if err != nil {
		return nil, err
	}
	one.atEnd(k.close)
	return k.(*holdfastKeeper), nil
}

func (one *stand) atEnd(close func() error) { one.closes = append(one.closes, close) }

// close closes what was opened, the last first, and sweeps the places.
func (all stands) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	for _, one := range all {
		for _, f := range slices.Backward(one.closes) {
			errs = append(errs, f())
		}
		if one.place != nil {
			errs = append(errs, one.place.sweep(ctx))
		}
		one.closes, one.place = nil, nil
	}
	return errors.Join(errs...)
}

// entrant makes an entrant of a store or of its client.
func (one *stand) entrant(name string, r role, play func(context.Context) ([]reading, error)) entrant {
	return entrant{name: name, role: r, cannot: one.reason, absent: func() string { return one.reason }, play: play}
}
