package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// What do callers notice of an outage while their token is still valid?
//
// The token lives a minute, and right after it has come the endpoint begins to answer
// 503 after 20 ms. Until most of the minute is over, 20 callers ask for the token 50
// times a second each. All rivals are asked at the same time, each with an endpoint of
// its own; what a call costs is taken before and at the end, from one after another,
// while nobody else calls.
func outage() scenario {
	return scenario{
		name:       "outage",
		question:   "What do callers notice of an outage while their token is still valid?",
		longRounds: true,
		contests:   outageContests,
	}
}

const (
	outageCallers = 20
	outageRest    = 20 * time.Millisecond
)

func outageContests(s settings) ([]contest, error) {
	// At 85 % of its life this library, with its margin of 10 %, still gives the token out.
	life := time.Duration(s.scaled(60, 10)) * time.Second
	until := life * 80 / 100
	l := newLineup("outage", options{sessions: 1}, nil)
	blackouts := map[string]*blackout{}
	return []contest{{
		name:  "outage",
		title: fmt.Sprintf("%d callers, a token of %v, an endpoint that is down", outageCallers, life),
		columns: []column{
			{name: "errors", drawn: true},
			{name: "requests", drawn: true},
			{name: "shortest time between requests", unit: milliseconds},
			{name: "a call before", unit: nanoseconds},
			{name: "a call in the outage", unit: nanoseconds, drawn: true},
		},
		before: func(ctx context.Context) error {
			began := time.Now()
			if err := l.openWith(ctx, life); err != nil {
				return err
			}
			return blackOut(ctx, l, blackouts, began.Add(until))
		},
		entrants: l.entrants(func(_ context.Context, m *member) ([]reading, error) {
			return blackouts[m.name].readings(), nil
		}),
		after: l.close,
	}}, nil
}

// blackout is what one member's callers notice.
type blackout struct {
	*member
	errors         atomic.Int64
	requests       int64
	gap            time.Duration
	before, during float64 // ns a call
}

func (b *blackout) readings() []reading {
	return readings(float64(b.errors.Load()), float64(b.requests), ms(b.gap), b.before, b.during)
}

// blackOut takes all members through an outage until some moment.
func blackOut(ctx context.Context, l *lineup, all map[string]*blackout, until time.Time) error {
	if err := l.each(func(m *member) (err error) {
		b := &blackout{member: m}
		all[m.name] = b
		b.before = b.cost(ctx)
		m.endpoint.down.Store(true)
		m.endpoint.latency.Store(int64(roundTrip))
		m.endpoint.count()
		return nil
	}); err != nil {
		return err
	}
	ask, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	var callers sync.WaitGroup
	_ = l.each(func(m *member) error {
		for range outageCallers {
			callers.Go(func() { all[m.name].ask(ask) })
		}
		return nil
	})
	callers.Wait()
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	return l.each(func(m *member) error {
		b := all[m.name]
		b.requests, b.gap = m.endpoint.requests.Load(), m.endpoint.shortestGap()
		b.during = b.cost(ctx)
		return nil
	})
}

// ask is one caller, until ctx is over. Whom the end of the outage finds waiting is
// not told an error by it.
func (b *blackout) ask(ctx context.Context) {
	for sleep(ctx, outageRest) == nil {
		if _, err := b.keeper.token(ctx, 0); err != nil && ctx.Err() == nil {
			b.errors.Add(1)
		}
	}
}

// cost is what a call takes, from one caller who does nothing else, whatever he is told.
func (b *blackout) cost(ctx context.Context) float64 {
	const long, step = 20 * time.Millisecond, 1_000
	began := time.Now()
	for n := 0; ; n++ {
		took := time.Since(began)
		if n > 0 && n%step == 0 && took > long || n > 0 && took > 5*long {
			return float64(took) / float64(n)
		}
		_, _ = b.keeper.token(ctx, 0)
	}
}
