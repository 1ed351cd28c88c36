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
// 503 after 20 ms. 20 callers ask for the token 50 times a second each, until it has
// expired. Errors and requests are those of the first three quarters of its life; the
// longest call, and how much life was left when the first caller was told an error (0:
// nobody was), are of all of it. All rivals are asked at the same time, each with an endpoint of
// its own.
//
// What a call costs is taken then, from one after another, while nobody else
// calls, in turns with a second keeper whose endpoint is in good health.
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
	life := time.Duration(s.scaled(60, 10)) * time.Second
	b := &blackout{life: life, dark: newLineup("outage", options{sessions: 1}, nil), fares: map[string]*fare{}}
	return []contest{{
		name:  "outage",
		title: fmt.Sprintf("%d callers, a token of %.0f s, an endpoint that is down", outageCallers, life.Seconds()),
		columns: []column{
			{name: "errors"},
			{name: "requests"},
			{name: "shortest time between requests", unit: milliseconds},
			{name: "a hot call", unit: nanoseconds},
			{name: "a call in the outage", unit: nanoseconds, drawn: true},
			{name: "longest call", unit: milliseconds},
			{name: "life left at the first error", unit: milliseconds},
		},
		before: b.play,
		entrants: b.dark.entrants(func(_ context.Context, m *member) ([]reading, error) {
			return b.fares[m.name].readings(), nil
		}),
		after: b.dark.close,
	}}, nil
}

// blackout is one outage for all.
type blackout struct {
	life  time.Duration
	dark  *lineup
	fares map[string]*fare // by member
}

// fare is what one member's callers notice.
type fare struct {
	*member
	expiry   time.Time
	errors   atomic.Int64
	longest  atomic.Int64 // call, a time.Duration
	first    atomic.Int64 // the life left at the first error; zero: there was none
	told     int64        // errors when they were counted
	requests int64
	gap      time.Duration

	hot, during float64 // ns a call
}

func (f *fare) readings() []reading {
	return readings(
		float64(f.told), float64(f.requests), ms(f.gap), f.hot, f.during,
		ms(time.Duration(f.longest.Load())), ms(time.Duration(f.first.Load())),
	)
}

// play takes all members through the life of a token.
func (b *blackout) play(ctx context.Context) error {
	expiry := time.Now().Add(b.life)
	if err := b.dark.openWith(ctx, b.life); err != nil {
		return err
	}
	_ = b.dark.each(func(m *member) error {
		b.fares[m.name] = &fare{member: m, expiry: expiry}
		m.endpoint.down.Store(true)
		m.endpoint.latency.Store(int64(roundTrip))
		m.endpoint.count()
		return nil
	})
	if err := b.ask(ctx, expiry.Add(-b.life/4)); err != nil {
		return err
	}
	if err := b.dark.each(func(m *member) error { return b.fares[m.name].settle(ctx) }); err != nil {
		return err
	}
	return b.ask(ctx, expiry)
}

// ask has all callers ask until some moment.
func (b *blackout) ask(ctx context.Context, until time.Time) error {
	asking, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	var callers sync.WaitGroup
	_ = b.dark.each(func(m *member) error {
		for range outageCallers {
			callers.Go(func() { b.fares[m.name].ask(asking) })
		}
		return nil
	})
	callers.Wait()
	return ctx.Err()
}

// ask is one caller, until ctx is over. Whom the end finds waiting is not told an
// error by it.
func (f *fare) ask(ctx context.Context) {
	for sleep(ctx, outageRest) == nil {
		began := time.Now()
		_, err := f.keeper.token(ctx, 0)
		raise(&f.longest, int64(time.Since(began)))
		if err != nil && ctx.Err() == nil {
			f.errors.Add(1)
			f.first.CompareAndSwap(0, int64(time.Until(f.expiry)))
		}
	}
}

// settle writes down what was counted so far, and finds out what a call costs.
func (f *fare) settle(ctx context.Context) (err error) {
	f.told, f.requests, f.gap = f.errors.Load(), f.endpoint.requests.Load(), f.endpoint.shortestGap()
	healthy := &member{rival: f.rival, options: f.options}
	if err := healthy.open(ctx, time.Hour); err != nil {
		return err
	}
	defer func() { err = firstError(err, healthy.close()) }()
	var hot, during series
	for range costTurns {
		hot = append(hot, reading{value: cost(ctx, healthy.keeper)})
		during = append(during, reading{value: cost(ctx, f.keeper)})
	}
	f.hot, f.during = hot.median().value, during.median().value
	return nil
}

const (
	costTurns  = 3
	costLength = 2 * time.Millisecond
)

// cost is what a call takes, from one caller who does nothing else, whatever he is told.
func cost(ctx context.Context, k keeper) float64 {
	began := time.Now()
	for n := 1; ; n++ {
		_, _ = k.token(ctx, 0)
		if n%100 != 0 && n > 1 {
			continue // the clock costs more than a call
		}
		if took := time.Since(began); took > costLength {
			return float64(took) / float64(n)
		}
	}
}
