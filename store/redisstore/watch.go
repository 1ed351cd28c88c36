package redisstore

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/internal/rewatch"
	"github.com/holdfast-go/holdfast/store"
)

const (
	// ping is how often a watch gives a sign of life.
	ping = time.Second

	// silence is how long a watch hears nothing before it takes its connection for dead.
	silence = 2 * ping

	// gapAfter has room for a process that is slow.
	gapAfter = silence + ping
)

// watch is a Watch that is under way. Only its goroutine touches it.
type watch struct {
	rewatch.Watch
	s      *Store
	fn     func(store.Change)
	cursor store.Rev // all changes up to here were told, or came before the first Synced
	next   heading   // of the message that comes next
}

// heading is the message before that with a row, which comes without them.
type heading struct {
	key string
	rev store.Rev
}

// Watch reports changes. See [store.Store].
func (s *Store) Watch(ctx context.Context, fn func(store.Change)) error {
	w := &watch{Watch: rewatch.New(fn), s: s, fn: fn}
	return w.Run(ctx, s.life, errLost, w.follow)
}

// follow tells what has been missed, and then what happens, for as long as one
// connection lasts.
func (w *watch) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
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
		for rewatch.Wait(ctx, ping) && sub.Ping(ctx) == nil {
		}
	})
	if err := w.catchUp(ctx); err != nil {
		return err
	}
	w.Sync()
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
	if last == 0 { // it has not begun
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
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if m, ok := got.(*redis.Message); ok {
			w.hears(m.Payload)
		}
	}
}

// hears takes a message of the channel: the heading of a row, or the row.
func (w *watch) hears(message string) {
	if h, ok := headingOf(message); ok {
		w.next = h
		return
	}
	h := w.next
	w.next = heading{}
	e, err := entryOf(h.key, message)
	if err == nil && h.rev > w.cursor {
		w.cursor, e.Rev = h.rev, h.rev
		w.fn(store.Change{Kind: store.Changed, Entry: e})
	}
}

// headingOf returns what a message is the heading of. It begins with a zero, and a row with
// its version.
func headingOf(message string) (heading, bool) {
	if len(message) < 9 || message[0] != 0 {
		return heading{}, false
	}
	return heading{key: message[9:], rev: revOf(message[1:9])}, true
}
