package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

// noticing is the way from a Swap to the other process's hot path.
func noticing(s settings) contest {
	samples := s.scaled(300, 20)
	all, pairs := newStands(), map[string]pair{}
	c := contest{
		name:  "notice",
		title: fmt.Sprintf("from a Swap to the hot path of another process, %d times", samples),
		columns: []column{
			{name: "p50", unit: microseconds},
			{name: "p99", unit: microseconds, drawn: true},
		},
		close: all.close,
	}
	measure := func(name string) func(context.Context) ([]reading, error) {
		return func(ctx context.Context) ([]reading, error) { return pairs[name].measure(ctx, samples) }
	}
	for _, one := range all {
		one.reason = one.alone
		c.entrants = append(c.entrants, one.entrant(one.name, ours, measure(one.name)))
		if one.alone == "" {
			c.entrants = append(c.entrants, one.entrant(one.tells, limit, measure(one.tells)))
		}
	}
	c.open = func(ctx context.Context) error {
		return all.open(ctx, s, func(one *stand) (err error) {
			if pairs[one.name], err = one.newManagers(ctx); err != nil {
				return err
			}
			pairs[one.tells], err = one.newTold(ctx)
			return err
		})
	}
	return c
}

// pair is a process that writes, and another one.
type pair struct {
	// write returns when it has written something new, and when it sent that.
	write func(context.Context) (time.Time, error)

	// knows reports whether the other one knows what was written since it last did. It
	// never waits.
	knows func(context.Context) bool
}

// measure returns how long it takes until the other one knows, in microseconds.
func (p pair) measure(ctx context.Context, samples int) ([]reading, error) {
	all := make([]time.Duration, samples)
	for i := range all {
		var err error
		if all[i], err = p.once(ctx); err != nil {
			return nil, err
		}
	}
	slices.Sort(all)
	return readings(microsecondsOf(percentile(all, 500)), microsecondsOf(percentile(all, 990))), nil
}

func (p pair) once(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	known := make(chan time.Time, 1)
	go func() {
		for !p.knows(ctx) && ctx.Err() == nil {
			runtime.Gosched()
		}
		known <- time.Now()
	}()
	sent, err := p.write(ctx)
	if err != nil {
		cancel()
	}
	return (<-known).Sub(sent), firstError(err, ctx.Err())
}

// newManagers returns two Managers that have the same session.
func (one *stand) newManagers(ctx context.Context) (pair, error) {
	e, first := newEndpoint(), &stamped{}
	here, err := one.newNeighbour(ctx, e, func(s store.Store) store.Store {
		first.Store = s
		return first
	})
	if err != nil {
		return pair{}, err
	}
	there, err := one.newNeighbour(ctx, e, func(s store.Store) store.Store { return s })
	if err != nil {
		return pair{}, err
	}
	last, err := there.token(ctx, 0)
	return pair{
		write: func(ctx context.Context) (time.Time, error) {
			err := here.renew(ctx, 0)
			return first.sent.Load().(time.Time), err
		},
		knows: func(ctx context.Context) bool {
			t, err := there.token(ctx, 0)
			knows := err == nil && t != last
			last = t
			return knows
		},
	}, err
}

// newNeighbour returns a Manager with a store of its own, and a token.
func (one *stand) newNeighbour(ctx context.Context, e *endpoint, seen func(store.Store) store.Store) (*holdfastKeeper, error) {
	kept, err := one.newStore(ctx)
	if err != nil {
		return nil, err
	}
	k, err := one.newManager(e, seen(kept))
	if err != nil {
		return nil, err
	}
	_, err = k.token(ctx, 0)
	return k, err
}

// stamped is a store that notes when its last Swap was sent: of a renewal that is the one
// which saves the token.
type stamped struct {
	store.Store
	sent atomic.Value // a time.Time
}

func (s *stamped) Swap(
	ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID,
) (store.Rev, error) {
	s.sent.Store(time.Now())
	return s.Store.Swap(ctx, key, prev, value, gone, op)
}

// newTold returns a client that writes and tells, and another connection that hears.
func (one *stand) newTold(ctx context.Context) (pair, error) {
	c, err := one.newClient(ctx)
	if err != nil {
		return pair{}, err
	}
	var heard atomic.Uint64
	if err := one.listen(ctx, c.(teller), func() { heard.Add(1) }); err != nil {
		return pair{}, err
	}
	value, known := newRecord(), uint64(0)
	rev, err := c.swap(ctx, keyOf(0), 0, value)
	return pair{
		write: func(ctx context.Context) (sent time.Time, err error) {
			sent = time.Now()
			rev, err = c.(teller).tell(ctx, keyOf(0), rev, value)
			return sent, err
		},
		knows: func(context.Context) bool {
			now := heard.Load()
			knows := now != known
			known = now
			return knows
		},
	}, err
}

// listen returns when a client hears, which it does until the end of the contest.
func (one *stand) listen(ctx context.Context, t teller, heard func()) error {
	ctx, cancel := context.WithCancel(ctx)
	listening, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- t.hear(ctx, func() { close(listening) }, heard) }()
	one.atEnd(func() error {
		cancel()
		return <-ended
	})
	select {
	case <-listening:
		return nil
	case err := <-ended:
		ended <- nil
		return err
	}
}
