package main

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/holdfast-go/holdfast/store"
)

// noticing is the way from a Swap to the other process's hot path.
func noticing(s settings) contest {
	samples := s.scaled(300, 12)
	return bout{
		name:  "notice",
		title: fmt.Sprintf("from a Swap to the hot path of another process, %d times", samples),
		columns: []column{
			{name: "p50", unit: microseconds},
			{name: "p99", unit: microseconds, drawn: true},
		},
		turns:  samples,
		cannot: func(one shelf) string { return one.alone },
		beside: shelf.told,
		open: func(ctx context.Context, one *stand) ([]side, error) {
			ours, err := one.newManagers(ctx)
			if err != nil {
				return nil, err
			}
			byHand, err := one.newTold(ctx)
			return []side{ours.side(one.name), byHand.side(one.tells)}, err
		},
		figures: func(columns []series) []reading {
			delays := columns[0].sorted()
			return []reading{percentile(delays, 500), percentile(delays, 990)}
		},
	}.contest(s)
}

// pair is a process that writes, and another one.
type pair struct {
	// write returns when it has written something new, and when it sent that.
	write func(context.Context) (time.Time, error)

	// knows reports whether the other one knows what was written since it last did. It
	// never waits.
	knows func(context.Context) bool
}

// side measures how long it takes until the other one knows.
func (p pair) side(name string) side {
	return side{name, func(ctx context.Context) ([]reading, error) {
		took, err := p.once(ctx)
		return readings(inMicroseconds(took)), err
	}}
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
	mine, err := one.newStore(ctx)
	if err != nil {
		return pair{}, err
	}
	theirs, err := one.newStore(ctx)
	if err != nil {
		return pair{}, err
	}
	e, saved := newEndpoint(), &stamped{Store: mine}
	here, err := one.newManager(ctx, e, saved)
	if err != nil {
		return pair{}, err
	}
	there, err := one.newManager(ctx, e, theirs)
	if err != nil {
		return pair{}, err
	}
	last, err := there.token(ctx, 0)
	return pair{
		write: func(ctx context.Context) (time.Time, error) {
			err := here.renew(ctx, 0)
			return saved.sent.Load().(time.Time), err
		},
		knows: func(ctx context.Context) bool {
			t, err := there.token(ctx, 0)
			knows := err == nil && t != last
			last = t
			return knows
		},
	}, err
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
	value := newRecord()
	rev, err := c.swap(ctx, keyOf(0), 0, value)
	if err != nil {
		return pair{}, err
	}
	var heard atomic.Uint64
	known := uint64(0)
	err = one.listen(ctx, c.(teller), func() { heard.Add(1) })
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
