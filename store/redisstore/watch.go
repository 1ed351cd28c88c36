package redisstore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/store"
)

const (
	// ping is how often a watch gives a sign of life, and how long it waits before it
	// connects again.
	ping = time.Second

	// silence is how long a watch hears nothing before it takes its connection for dead.
	silence = 2 * ping

	// gapAfter has room for a process that is slow.
	gapAfter = silence + ping
)

// watch is a Watch that is under way. Only its goroutine touches it.
type watch struct {
	s      *Store
	fn     func(store.Change)
	begun  bool      // it has said Synced
	synced bool      // and no Gap since
	cursor store.Rev // all changes up to here were told, or came before the first Synced
}

// Watch reports changes. See [store.Store].
func (s *Store) Watch(ctx context.Context, fn func(store.Change)) error {
	w := &watch{s: s, fn: fn}
	for {
		err := s.ended(ctx)
		if err == nil {
			err = w.follow(ctx)
		}
		if end := s.ended(ctx); end != nil {
			return end
		}
		if !w.begun || errors.Is(err, errLost) {
			return err
		}
		if w.synced {
			w.synced = false
			fn(store.Change{Kind: store.Gap})
		}
		s.wait(ctx, ping)
	}
}

// ended returns why a watch must end, nil if it need not.
func (s *Store) ended(ctx context.Context) error {
	if s.life.Err() != nil {
		return store.ErrClosed
	}
	return ctx.Err()
}

// wait waits until ctx or the store ends, no longer than d, and reports whether d is over.
func (s *Store) wait(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	timer := clockutil.System().AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return true
	case <-ctx.Done():
	case <-s.life.Done():
	}
	return false
}

// follow tells what has been missed, and then what happens, for as long as one
// connection lasts.
func (w *watch) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(w.s.life, cancel)()
	client, sub := w.s.subscription(ctx)
	var beats sync.WaitGroup
	defer func() {
		cancel()
		beats.Wait()
		_ = sub.Close()
		_ = client.Close()
	}()
	if err := subscribe(ctx, sub, w.s.channel); err != nil {
		return failed(err)
	}
	beats.Go(func() {
		for w.s.wait(ctx, ping) && sub.Ping(ctx) == nil {
		}
	})
	if err := w.catchUp(ctx); err != nil {
		return err
	}
	w.begun, w.synced = true, true
	w.fn(store.Change{Kind: store.Synced})
	return w.listen(ctx, sub)
}

// subscription returns a client of one connection, which is closed when ctx ends. The
// driver would make another when that breaks, and say nothing of what was missed.
func (s *Store) subscription(ctx context.Context) (*redis.Client, *redis.PubSub) {
	settings := *s.settings
	var dialled atomic.Bool
	settings.Dialer = func(dialing context.Context, network, addr string) (net.Conn, error) {
		if dialled.Swap(true) {
			return nil, errNotSent
		}
		conn, err := s.settings.Dialer(dialing, network, addr)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	}
	client := redis.NewClient(&settings)
	return client, client.Subscribe(ctx)
}

// subscribe returns when the server will tell of each write from here on.
func subscribe(ctx context.Context, sub *redis.PubSub, channel string) error {
	if err := sub.Subscribe(ctx, channel); err != nil {
		return err
	}
	_, err := sub.ReceiveTimeout(ctx, silence)
	return err
}

// catchUp tells what was written since the cursor, and moves it to the newest revision.
// What is written meanwhile comes by the channel.
func (w *watch) catchUp(ctx context.Context) error {
	head, err := w.s.head(ctx)
	switch {
	case err != nil:
		return err
	case head < w.cursor:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, errLost)
	}
	last := w.cursor
	if !w.begun {
		last = head
	}
	for last < head {
		rows, end, err := w.s.between(ctx, last, head)
		if err != nil {
			return err
		}
		for _, r := range rows {
			// What is newer than head comes by the channel, and so do those before it:
			// told now, the key would go back.
			if e, err := entryOf(r.key, r.row); err == nil && e.Rev <= head {
				w.fn(store.Change{Kind: store.Changed, Entry: e})
			}
		}
		if end == 0 {
			break
		}
		last = end
	}
	w.cursor = head
	return nil
}

// listen tells what comes by the channel, until nothing comes any more, not even the
// answer to a ping.
func (w *watch) listen(ctx context.Context, sub *redis.PubSub) error {
	for {
		got, err := sub.ReceiveTimeout(ctx, silence)
		if err != nil {
			return err
		}
		if end := w.s.ended(ctx); end != nil {
			return end
		}
		if m, ok := got.(*redis.Message); ok {
			w.hears(m.Payload)
		}
	}
}

func (w *watch) hears(message string) {
	key, row, ok := told(message)
	if !ok {
		return
	}
	if e, err := entryOf(key, row); err == nil && e.Rev > w.cursor {
		w.cursor = e.Rev
		w.fn(store.Change{Kind: store.Changed, Entry: e})
	}
}
