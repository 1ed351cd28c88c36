package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

// lineup is the rivals that take part in a contest, each with a keeper and an endpoint
// of its own.
type lineup struct {
	scenario string
	members  []*member
}

type member struct {
	rival
	options  options
	endpoint *endpoint
	keeper   keeper // nil: not open
}

// newLineup returns a lineup of those rivals of which choose is true; nil: all.
func newLineup(scenario string, o options, choose func(rival) bool) *lineup {
	l := &lineup{scenario: scenario}
	for _, r := range rivals() {
		if choose == nil || choose(r) {
			l.members = append(l.members, &member{rival: r, options: o})
		}
	}
	return l
}

// entrants makes an entrant of every member. play is called with those that can.
func (l *lineup) entrants(play func(context.Context, *member) ([]reading, error)) []entrant {
	var all []entrant
	for _, m := range l.members {
		all = append(all, entrant{
			name:   m.name,
			role:   m.role,
			cannot: m.cannot[l.scenario],
			play:   func(ctx context.Context) ([]reading, error) { return play(ctx, m) },
		})
	}
	return all
}

// only is the lineup of one member.
func (l *lineup) only(m *member) *lineup { return &lineup{scenario: l.scenario, members: []*member{m}} }

// each calls f with those members that can.
func (l *lineup) each(f func(*member) error) error {
	for _, m := range l.members {
		if m.cannot[l.scenario] != "" {
			continue
		}
		if err := f(m); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

// open opens a keeper for everybody and has it get a token for each session.
func (l *lineup) open(ctx context.Context) error {
	return l.openWith(ctx, time.Hour)
}

// openExpired is open with tokens that have expired when it returns.
func (l *lineup) openExpired(ctx context.Context) error {
	if err := l.openWith(ctx, shortLife); err != nil {
		return err
	}
	if err := sleep(ctx, shortLife+shortLife/10); err != nil {
		return err
	}
	return l.each(func(m *member) error {
		m.endpoint.life.Store(int64(time.Hour))
		return nil
	})
}

// shortLife is the shortest that expires_in can say.
const shortLife = time.Second

func (l *lineup) openWith(ctx context.Context, life time.Duration) error {
	return l.each(func(m *member) error { return m.open(ctx, life) })
}

// open opens the member's keeper and gets a token for each session.
func (m *member) open(ctx context.Context, life time.Duration) error {
	if err := m.openEmpty(life); err != nil {
		return err
	}
	return m.fill(ctx, m.options.sessions)
}

// openEmpty opens the member's keeper, without tokens yet.
func (m *member) openEmpty(life time.Duration) (err error) {
	m.endpoint = newEndpoint()
	m.endpoint.life.Store(int64(life))
	m.keeper, err = m.rival.open(m.endpoint, m.options)
	return err
}

// fill gets a token for the first n sessions.
func (m *member) fill(ctx context.Context, n int) error {
	defer m.endpoint.count()
	return forAll(n, func(i int) error {
		_, err := m.keeper.token(ctx, i)
		return err
	})
}

// forAll calls f with every number below n, a few at a time.
func forAll(n int, f func(i int) error) error {
	var next atomic.Int64
	_, err := gather(min(n, 4*runtime.GOMAXPROCS(0)), func(int) error {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			if err := f(i); err != nil {
				return err
			}
		}
		return nil
	}).release()
	return err
}

// close closes everybody's keeper.
func (l *lineup) close(context.Context) error {
	var errs []error
	for _, m := range l.members {
		errs = append(errs, m.close())
	}
	return errors.Join(errs...)
}

func (m *member) close() error {
	if m.keeper == nil {
		return nil
	}
	defer func() { m.keeper = nil }()
	return m.keeper.close()
}
