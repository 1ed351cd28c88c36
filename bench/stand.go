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
	ends   []func() error
}

type stands []*stand

// open makes a place for all who take part, and calls f with them.
func (all stands) open(ctx context.Context, s settings, f func(*stand) error) error {
	for _, one := range all {
		if one.reason != "" {
			continue
		}
		var absent absence
		switch err := one.open(ctx, s, f); {
		case errors.As(err, &absent):
			one.reason = absent.reason
		case err != nil:
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return nil
}

func (one *stand) open(ctx context.Context, s settings, f func(*stand) error) error {
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

// newManager opens a Manager of one session that is there until the end of the contest,
// and gets a token.
func (one *stand) newManager(ctx context.Context, e *endpoint, s store.Store) (*holdfastKeeper, error) {
	k, err := openHoldfast(e, options{sessions: 1, store: s})
	if err != nil {
		return nil, err
	}
	one.atEnd(k.close)
	_, err = k.token(ctx, 0)
	return k.(*holdfastKeeper), err
}

func (one *stand) atEnd(f func() error) { one.ends = append(one.ends, f) }

// close closes what was opened, the last first, and sweeps the places.
func (all stands) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	var errs []error
	for _, one := range all {
		for _, end := range slices.Backward(one.ends) {
			errs = append(errs, end())
		}
		if one.place != nil {
			errs = append(errs, one.place.sweep(ctx))
		}
		one.ends, one.place = nil, nil
	}
	return errors.Join(errs...)
}

// entrant makes an entrant of a store or of the client beside it.
func (one *stand) entrant(name string, r role, play func(context.Context) ([]reading, error)) entrant {
	return entrant{name: name, role: r, cannot: one.reason, absent: func() string { return one.reason }, play: play}
}
