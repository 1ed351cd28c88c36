package main

import (
	"context"
	"fmt"
	"time"
)

// What happens when a token has expired, and all callers find out at once?
//
// So many goroutines ask one session for a token, and the endpoint takes 20 ms to
// answer. No caller can be done before that. Letting 100,000 goroutines go takes longer,
// so the last of them find the new token. Where the endpoint takes a second all have to
// wait, and what they wait beyond it is the price of waiting.
func herd() scenario {
	return scenario{
		name:       "herd",
		question:   "What happens when a token has expired and all callers find out at once?",
		longRounds: true,
		contests:   herdContests,
	}
}

// roundTrip is how long the endpoint takes in those scenarios that look at single requests.
const roundTrip = 20 * time.Millisecond

func herdContests(s settings) ([]contest, error) {
	if s.quick {
		return []contest{herdOf(10_000, roundTrip)}, nil
	}
	waiting := herdOf(100_000, time.Second)
	waiting.name = "waiting"
	return []contest{herdOf(10_000, roundTrip), herdOf(100_000, roundTrip), waiting}, nil
}

func herdOf(callers int, answer time.Duration) contest {
	l := newLineup("herd", options{sessions: 1}, nil)
	return contest{
		name:  fmt.Sprint(callers),
		title: fmt.Sprintf("%s callers, an expired token, an endpoint that takes %v", grouped(callers), answer),
		columns: []column{
			{name: "requests", drawn: true},
			{name: "until the last has it", unit: milliseconds, drawn: true},
			{name: "beyond the endpoint's time", unit: milliseconds},
		},
		entrants: l.entrants(func(ctx context.Context, m *member) ([]reading, error) {
			m.endpoint.latency.Store(int64(answer))
			took, err := gather(callers, func(int) error {
				_, err := m.keeper.token(ctx, 0)
				return err
			}).release()
			return readings(float64(m.endpoint.requests.Load()), ms(took), ms(took-answer)), err
		}),
		before: l.openExpired,
		after:  l.close,
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
