package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// What happens when all sessions expire together, and the endpoint can do only so much?
//
// Somebody asks every session for a token at the same moment. The endpoint answers
// so many requests a second, one after another, and refuses with 503 whoever finds more
// than a tenth of a second's worth waiting. Ideally the last caller has his token when the
// endpoint can have answered them all; the waits are multiples of that time. A caller who is told an error comes again
// after about a tenth of it, until he has a token. One who is given the expired token as
// if nothing were wrong believes that he has one; he is counted apart.
func storm() scenario {
	return scenario{
		name:       "storm",
		question:   "What happens when all sessions expire together, and the endpoint can do only so much?",
		longRounds: true,
		contests:   stormContests,
	}
}

// stormInFlight is this library's default.
const stormInFlight = 64

func stormContests(s settings) ([]contest, error) {
	const capable = 10_000.0 // requests a second
	sessions := s.scaled(100_000, 2_000)
	o := options{sessions: sessions, rate: capable, inFlight: stormInFlight}
	l := newLineup("storm", o, nil)
	return []contest{{
		name: "storm",
		title: fmt.Sprintf("%s sessions expire together, an endpoint that can do %s requests a second",
			grouped(sessions), grouped(int(capable))),
		columns: []column{
			{name: "most in flight", drawn: true},
			{name: "refused"},
			{name: "given the expired token"},
			{name: "renewals", unit: perSecond, drawn: true},
			{name: "of what the endpoint can do", unit: times},
			{name: "longest wait over the ideal", unit: times, drawn: true},
			{name: "middle wait over the ideal", unit: times},
		},
		entrants: l.entrants(func(ctx context.Context, m *member) ([]reading, error) {
			if m.keeper == nil {
				if err := l.only(m).openExpired(ctx); err != nil {
					return nil, err
				}
			}
			got, err := stormOf(ctx, m, capable)
			return got, errors.Join(err, m.close())
		}),
		before: func(ctx context.Context) error {
			if s.quick {
				return l.openExpired(ctx)
			}
			return nil // millions of others' objects would be in the garbage collector's way
		},
	}}, nil
}

func stormOf(ctx context.Context, m *member, capable float64) ([]reading, error) {
	m.endpoint.capacity.Store(&capacity{
		every:   time.Duration(float64(time.Second) / capable),
		backlog: int(capable / 10),
	})
	waits := make([]time.Duration, m.options.sessions)
	n := float64(len(waits))
	ideal := time.Duration(n / capable * float64(time.Second))
	base := time.Now()
	var began atomic.Int64 // after base
	everybody := gather(len(waits), func(i int) error {
		began.CompareAndSwap(0, int64(time.Since(base)))
		err := insist(ctx, m.keeper, i, ideal/10)
		waits[i] = time.Since(base) - time.Duration(began.Load())
		return err
	})
	took, err := everybody.release()
	if err != nil {
		return nil, err
	}
	slices.Sort(waits)
	tokens := float64(m.endpoint.tokens.Load())
	rate := tokens / took.Seconds()
	return readings(
		float64(m.endpoint.most.Load()), float64(m.endpoint.refused.Load()), n-tokens, rate, rate/capable,
		ms(waits[len(waits)-1])/ms(ideal), ms(waits[len(waits)/2])/ms(ideal),
	), nil
}

// insist asks until there is a token, with pauses of about the given length.
func insist(ctx context.Context, k keeper, session int, pause time.Duration) error {
	for {
		if _, err := k.token(ctx, session); err == nil {
			return nil
		}
		if err := sleep(ctx, pause/2+rand.N(pause)); err != nil {
			return err
		}
	}
}
