package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// What happens when a token has expired and the endpoint fails?
//
// It takes 20 ms and answers 503. So many goroutines ask one session for a token,
// each once. A round ends when all know, or after some seconds, with "≥ " before what
// was counted until then. Some hand out the token that has expired as if nothing were
// wrong: those answers are counted too.
func failure() scenario {
	return scenario{
		name:       "failure",
		question:   "What happens when a token has expired and the endpoint fails?",
		longRounds: true,
		contests:   failureContests,
	}
}

func failureContests(s settings) ([]contest, error) {
	if s.quick {
		return []contest{failureOf(10_000, 300*time.Millisecond)}, nil
	}
	return []contest{failureOf(200, 5*time.Second), failureOf(10_000, 5*time.Second)}, nil
}

// withoutRetries is this library with a Config.Retries that tries nothing again.
const withoutRetries = "holdfast, Retries none"

func failureOf(callers int, patience time.Duration) contest {
	l := newLineup("failure", options{sessions: 1}, nil)
	once := holdfast()
	once.name = withoutRetries
	l.members = append([]*member{{rival: once, options: options{sessions: 1, retries: -1}}}, l.members...)
	return contest{
		name:  fmt.Sprint(callers),
		title: fmt.Sprintf("%s callers, an expired token, an endpoint that answers 503 after %v", grouped(callers), roundTrip),
		columns: []column{
			{name: "requests", drawn: true},
			{name: "until all know", unit: milliseconds, drawn: true},
			{name: "given the expired token"},
		},
		entrants: l.entrants(func(ctx context.Context, m *member) ([]reading, error) {
			return fail(ctx, m, callers, patience), nil
		}),
		before: l.openExpired,
		after:  l.close,
	}
}

// fail lets all callers ask, and counts what they are told until all know or patience
// is over.
func fail(ctx context.Context, m *member, callers int, patience time.Duration) []reading {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m.endpoint.latency.Store(int64(roundTrip))
	m.endpoint.down.Store(true)
	var given atomic.Int64
	everybody := gather(callers, func(int) error {
		if _, err := m.keeper.token(ctx, 0); err == nil {
			given.Add(1)
		}
		return nil
	})
	seen := func(took time.Duration) []reading {
		return readings(float64(m.endpoint.requests.Load()), ms(took), float64(given.Load()))
	}
	over := make(chan time.Duration, 1)
	go func() {
		took, _ := everybody.release()
		over <- took
	}()
	select {
	case took := <-over:
		return seen(took)
	case <-time.After(patience):
	}
	cut := seen(patience)
	for i := range cut {
		cut[i].atLeast = true
	}
	cancel()
	m.endpoint.latency.Store(0) // for those who do not look at their context
	<-over
	return cut
}
