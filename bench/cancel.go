package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// What happens to a caller who cannot wait, and to those who can?
//
// The token has expired and a renewal takes 500 ms. The first caller has 50 ms and is
// therefore the one who starts it; then come some like him, and some who can wait. The
// first figure is how long after his deadline the last of the hasty ones was still
// held.
func cancelling() scenario {
	return scenario{
		name:       "cancel",
		question:   "What happens to a caller who cannot wait, and to those who can?",
		longRounds: true,
		contests:   cancelContests,
	}
}

const (
	slowRenewal = 500 * time.Millisecond
	hasty       = 50 * time.Millisecond
	eachKind    = 5 // callers
)

func cancelContests(settings) ([]contest, error) {
	l := newLineup("cancel", options{sessions: 1}, nil)
	return []contest{{
		name:  "cancel",
		title: fmt.Sprintf("callers who have %v and callers who can wait, a renewal of %v", hasty, slowRenewal),
		columns: []column{
			{name: "left after the deadline", unit: milliseconds, drawn: true},
			{name: "requests"},
			{name: "the patient were served after", unit: milliseconds},
			{name: "patient ones who got an error"},
		},
		before: l.openExpired,
		entrants: l.entrants(func(ctx context.Context, m *member) ([]reading, error) {
			m.endpoint.latency.Store(int64(slowRenewal))
			return cancel(ctx, m)
		}),
		after: l.close,
	}}, nil
}

// departure is how one caller fared.
type departure struct {
	took   time.Duration
	failed bool
}

func cancel(ctx context.Context, m *member) ([]reading, error) {
	left, served := make([]departure, eachKind), make([]departure, eachKind)
	var all sync.WaitGroup
	for i := range eachKind {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, hasty)
			defer cancel()
			left[i] = depart(ctx, m.keeper)
		})
		if i == 0 {
			if err := m.endpoint.await(ctx); err != nil {
				return nil, err
			}
		}
		all.Go(func() { served[i] = depart(ctx, m.keeper) })
	}
	all.Wait()
	var late, last time.Duration
	errors := 0
	for i := range eachKind {
		late, last = max(late, left[i].took-hasty), max(last, served[i].took)
		if served[i].failed {
			errors++
		}
	}
	return readings(ms(late), float64(m.endpoint.requests.Load()), ms(last), float64(errors)), nil
}

func depart(ctx context.Context, k keeper) departure {
	began := time.Now()
	_, err := k.token(ctx, 0)
	return departure{took: time.Since(began), failed: err != nil}
}

// await returns when the first request has come.
func (e *endpoint) await(ctx context.Context) error {
	for range 1_000 {
		if e.requests.Load() > 0 {
			return nil
		}
		if err := sleep(ctx, time.Millisecond/4); err != nil {
			return err
		}
	}
	return errors.New("no request has come")
}
