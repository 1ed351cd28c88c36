package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// writing is what a renewal asks of a store.
func writing(s settings) contest {
	renewals := s.scaled(10, 3)
	return bout{
		name:  "writes",
		title: "a renewal of a refresh token, an endpoint without a network",
		columns: []column{
			{name: "Swaps"},
			{name: "Loads"},
			{name: "time", unit: microseconds, drawn: true},
		},
		turns: s.scaled(15, 1),
		open: func(ctx context.Context, one *stand) ([]side, error) {
			r, err := one.newRenewing(ctx)
			return []side{{one.name, func(ctx context.Context) ([]reading, error) { return r.measure(ctx, renewals) }}}, err
		},
		figures: medians,
	}.contest(s)
}

// renewing is a session whose store is watched.
type renewing struct {
	session *sessions.Session
	store   *counted
}

// counted is a store that counts what is asked of it.
type counted struct {
	store.Store
	swaps, loads atomic.Int64
}

func (c *counted) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	c.swaps.Add(1)
	return c.Store.Swap(ctx, key, prev, value, gone, op)
}

func (c *counted) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	c.loads.Add(1)
	return c.Store.Load(ctx, key, min)
}

func (one *stand) newRenewing(ctx context.Context) (*renewing, error) {
	kept, err := one.newStore(ctx)
	if err != nil {
		return nil, err
	}
	r := &renewing{store: &counted{Store: kept}}
	manager, err := sessions.Open(holdfastConfig(options{store: r.store}))
	if err != nil {
		return nil, err
	}
	one.atEnd((&holdfastKeeper{manager: manager}).close)
	now := time.Now()
	r.session, err = manager.Session(keyOf(0), sessions.Persistent(holdfastEndpoint(newEndpoint()), messages.Token{
		Access: "the first", Refresh: "a refresh token", Issued: now, Expiry: now.Add(time.Hour),
	}))
	if err != nil {
		return nil, err
	}
	return r, r.session.Refresh(ctx) // what there is to do only once is done
}

// measure returns the Swaps, the Loads and the microseconds of a renewal.
func (r *renewing) measure(ctx context.Context, renewals int) ([]reading, error) {
	swaps, loads, began := r.store.swaps.Load(), r.store.loads.Load(), time.Now()
	for range renewals {
		if err := r.session.Refresh(ctx); err != nil {
			return nil, err
		}
	}
	n := float64(renewals)
	return readings(
		float64(r.store.swaps.Load()-swaps)/n, float64(r.store.loads.Load()-loads)/n, inMicroseconds(time.Since(began))/n,
	), nil
}
