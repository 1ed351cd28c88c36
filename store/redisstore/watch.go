package redisstore

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/clockutil"
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
	cursor mark // all writes up to here were told, or came before the first Synced; zero: it has not begun

	// told is what has been read from the log, and until where the log was then: up to there
	// older records of the same keys may still come by the channel.
	told  map[string]store.Rev
	until mark
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
	if err := subscribe(ctx, sub, w.s.channels()); err != nil {
		return failed(err)
	}
	beats.Go(func() {
		for rewatch.Wait(ctx, ping) && sub.Ping(ctx, w.s.marked(ctx)) == nil {
		}
	})
	if err := w.catchUp(ctx); err != nil {
		return err
	}
	w.Sync()
	return w.listen(ctx, sub)
}

// channels is the pattern of the channels of all keys.
func (s *Store) channels() string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(s.channel) + "*"
}

// marked is what a ping carries: the newest place in the log. When it comes back, all that was
// written up to there has come before it. Empty: the server has not said it soon enough.
func (s *Store) marked(ctx context.Context) string {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer clockutil.System().AfterFunc(ping/4, cancel).Stop()
	head, err := s.head(ctx)
	if err != nil {
		return ""
	}
	return strconv.FormatUint(uint64(head), 10)
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
func subscribe(ctx context.Context, sub *redis.PubSub, channels string) error {
	if err := sub.PSubscribe(ctx, channels); err != nil {
		return err
	}
	_, err := sub.ReceiveTimeout(ctx, silence)
	return err
}

// catchUp tells what was written since the cursor, and moves it to the newest write.
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
	if last == 0 {
		last = head
	}
	w.told = map[string]store.Rev{}
	for last < head {
		rows, end, err := w.s.between(ctx, last, head)
		if err != nil {
			return err
		}
		for _, r := range rows {
			w.tell(r.key, r.row)
		}
		if end == 0 {
			break
		}
		last = end
	}
	w.cursor = head
	w.until, err = w.s.head(ctx)
	return err
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
		switch m := got.(type) {
		case *redis.Message:
			w.tell(strings.TrimPrefix(m.Channel, w.s.channel), m.Payload)
		case *redis.Pong:
			w.passes(m.Payload)
		}
	}
}

// tell tells of a record, unless one that is newer has been told.
func (w *watch) tell(key, row string) {
	e, err := entryOf(key, row)
	if err != nil || e.Rev <= w.told[key] {
		return
	}
	if w.told != nil {
		w.told[key] = e.Rev
	}
	w.fn(store.Change{Kind: store.Changed, Entry: e})
}

// passes moves the cursor to what a ping has carried: all before it has been told.
func (w *watch) passes(marked string) {
	n, err := strconv.ParseUint(marked, 10, 64)
	if err != nil {
		return
	}
	w.cursor = max(w.cursor, mark(n))
	if mark(n) >= w.until {
		w.told = nil
	}
}
