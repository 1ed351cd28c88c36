package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// How long does the unlucky caller wait, while tokens are renewed and the garbage
// collector works?
//
// Two callers ask for the token in bursts of 100, with a millisecond between them, and
// note for each call what it took, one reading of the clock included. A goroutine
// allocates all the while. The token is renewed every 100 ms, and a renewal takes 5 ms;
// beside it the same without renewals. Ten seconds a round, so thirty in three rounds.
func latency() scenario {
	return scenario{
		name:       "latency",
		question:   "How long does the unlucky caller wait, while tokens are renewed and the garbage collector works?",
		longRounds: true,
		contests:   latencyContests,
	}
}

const (
	renewEvery     = 100 * time.Millisecond
	latencyRenewal = 5 * time.Millisecond
	latencyCallers = 2
	latencyBurst   = 100
)

func latencyContests(s settings) ([]contest, error) {
	length := time.Duration(s.scaled(10_000, 250)) * time.Millisecond
	return []contest{
		latencyOf("renewed", "renewed every 100 ms", options{sessions: 1, renewEvery: renewEvery}, length),
		latencyOf("calm", "not renewed", options{sessions: 1}, length),
	}, nil
}

func latencyOf(name, title string, o options, length time.Duration) contest {
	l := newLineup("latency", o, nil)
	return contest{
		name:  name,
		title: fmt.Sprintf("a token that is %s, %d callers, the garbage collector at work", title, latencyCallers),
		columns: []column{
			{name: "p50", unit: nanoseconds},
			{name: "p99", unit: nanoseconds},
			{name: "p99.9", unit: nanoseconds},
			{name: "longest", unit: nanoseconds},
			{name: "renewals"},
		},
		before: l.open,
		entrants: l.entrants(func(ctx context.Context, m *member) ([]reading, error) {
			m.endpoint.latency.Store(int64(latencyRenewal))
			m.endpoint.count()
			return listen(ctx, m, length)
		}),
		after: l.close,
	}
}

// listen measures calls for some time.
func listen(ctx context.Context, m *member, length time.Duration) ([]reading, error) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var others sync.WaitGroup
	others.Go(func() { litter(ctx) })
	others.Go(func() { m.renewAgain(ctx) })
	var calls [latencyCallers][]time.Duration
	_, err := gather(latencyCallers, func(i int) (err error) {
		calls[i], err = m.sample(ctx)
		return err
	}).release()
	others.Wait()
	all := slices.Concat(calls[:]...)
	if err != nil || len(all) == 0 {
		return nil, errors.Join(err, ctx.Err())
	}
	slices.Sort(all)
	return readings(
		float64(percentile(all, 500)), float64(percentile(all, 990)), float64(percentile(all, 999)),
		float64(percentile(all, 1000)), float64(m.endpoint.requests.Load()),
	), nil
}

// percentile is what so many in a thousand of the sorted calls did not exceed. There
// must be a call.
func percentile[T any](sorted []T, perMille int) T {
	rank := (len(sorted)*perMille + 999) / 1000
	return sorted[rank-1]
}

// sample is one caller, until ctx is over.
func (m *member) sample(ctx context.Context) ([]time.Duration, error) {
	var all []time.Duration
	background := context.Background()
	for sleep(ctx, time.Millisecond) == nil {
		began := time.Now()
		for range latencyBurst {
			if _, err := m.keeper.token(background, 0); err != nil {
				return nil, err
			}
			now := time.Now()
			all = append(all, now.Sub(began))
			began = now
		}
	}
	return all, nil
}

// renewAgain has a keeper renew that would not by itself: this library renews tokens
// behind its callers, and its shortest window is longer than 100 ms. The others are
// given tokens that live as long.
func (m *member) renewAgain(ctx context.Context) {
	if m.role != ours || m.options.renewEvery == 0 {
		return
	}
	for sleep(ctx, m.options.renewEvery) == nil {
		_ = m.keeper.(renewer).renew(ctx, 0)
	}
}

// litter keeps the garbage collector busy.
func litter(ctx context.Context) {
	const piece, kept = 16 << 10, 4_096 // 64 MiB live
	var heap [kept][]byte
	for i := 0; sleep(ctx, time.Millisecond) == nil; i++ {
		for j := range 16 {
			heap[(i*16+j)%kept] = make([]byte, piece)
		}
	}
	littered.Store(&heap[0])
}

// littered keeps the compiler from leaving the litter out.
var littered atomic.Pointer[[]byte]
