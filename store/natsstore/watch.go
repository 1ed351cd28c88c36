package natsstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/holdfast-go/holdfast/internal/rewatch"
	"github.com/holdfast-go/holdfast/store"
)

const (
	// ping is how often a watch asks for a sign of life.
	ping = time.Second

	// silence is how long a watch hears nothing before it takes its servers for dead.
	silence = 2 * ping

	// gapAfter has room for a process that is slow.
	gapAfter = ping + silence + ping

	// early is how many changes that were published again wait to be told, and how many
	// keys may be ahead of the reader.
	early = 1 << 12
)

// watch is a Watch that is under way. Only its goroutine touches it.
//
// It hears of a write twice. The server publishes it again to whoever listens at that
// moment: that comes at once, or not at all. The reader reads it from the bucket: that
// is complete, and is late by seconds when a server has died.
type watch struct {
	rewatch.Watch
	s  *Store
	fn func(store.Change)

	cursor store.Rev            // all changes up to here were told, or came before the first Synced
	ahead  map[string]store.Rev // what was told of keys beyond it

	// What was known at the last sign of life, to see whether the reader stands still.
	lastHead, lastCursor store.Rev
}

// Watch reports changes. See [store.Store].
func (s *Store) Watch(ctx context.Context, fn func(store.Change)) error {
	w := &watch{Watch: rewatch.New(fn), s: s, fn: fn, ahead: map[string]store.Rev{}}
	return w.Run(ctx, s.life, errLost, w.follow)
}

// sign is what a watch hears of the bucket: a record, or its newest revision.
type sign struct {
	found *found // nil: it is the newest revision
	left  uint64 // records behind this one
	head  store.Rev
	err   error
}

// follow tells what has been missed, and then what happens, until the thread is lost.
func (w *watch) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer cancel()

	quick := make(chan *nats.Msg, early)
	again, err := w.s.conn.ChanSubscribe(w.s.names.changes+">", quick)
	if err != nil {
		return unavailable(err)
	}
	defer func() { _ = again.Unsubscribe() }()
	head, r, err := w.begin(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	if err := w.syncAt(ctx, head, r.left); err != nil {
		return err
	}
	signs := make(chan sign)
	helpers.Go(func() { r.tell(ctx, signs) })
	helpers.Go(func() { w.s.beat(ctx, signs) })
	return w.listen(ctx, head, quick, signs)
}

// begin finds out how far the bucket has come, and begins to read from where the watch is.
func (w *watch) begin(ctx context.Context) (store.Rev, *reader, error) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	head, err := w.s.head(ctx)
	switch {
	case err != nil:
		return 0, nil, err
	case head < w.cursor:
		return 0, nil, fmt.Errorf("%w: %w", store.ErrUnavailable, errLost)
	case !w.Begun():
		w.cursor = head
	}
	w.lastHead, w.lastCursor = head, w.cursor
	r, err := w.s.read(ctx, w.cursor)
	return head, r, err
}

// syncAt says Synced when all is told up to head, where the bucket was when the reader
// began. left is how much that says there is to read: nothing, perhaps because its server
// is behind.
func (w *watch) syncAt(ctx context.Context, head store.Rev, left uint64) error {
	if w.Synced() || (w.cursor < head && left > 0) {
		return nil
	}
	isThere, err := w.s.isBetween(ctx, w.cursor, head)
	if err != nil || isThere {
		return err
	}
	w.moves(max(w.cursor, head))
	w.Sync()
	return nil
}

// tell sends what is read.
func (r *reader) tell(ctx context.Context, signs chan<- sign) {
	for {
		f, err := r.next(ctx)
		select {
		case signs <- sign{found: &f, left: r.left, err: err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// beat asks again and again for the newest revision.
func (s *Store) beat(ctx context.Context, signs chan<- sign) {
	for rewatch.Wait(ctx, ping) {
		asking, cancel := context.WithTimeout(ctx, silence)
		head, err := s.head(asking)
		cancel()
		select {
		case signs <- sign{head: head, err: err}:
		case <-ctx.Done():
		}
	}
}

var errSilent = errors.New("what was written does not arrive")

// listen tells of changes. The first Synced after a gap comes when the reader has come to
// where the bucket was, or to its end.
func (w *watch) listen(ctx context.Context, head store.Rev, quick <-chan *nats.Msg, signs <-chan sign) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-quick:
			w.hears(m)
		case is := <-signs:
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case is.err != nil:
				return is.err
			case is.found != nil:
				w.reads(*is.found)
				if err := w.syncAt(ctx, head, is.left); err != nil {
					return err
				}
			case w.standsStill(is.head):
				return unavailable(errSilent)
			}
		}
	}
}

// standsStill reports whether the reader has not moved since the last sign of life,
// though there was something to read.
func (w *watch) standsStill(head store.Rev) bool {
	stands := w.cursor < w.lastHead && w.cursor == w.lastCursor
	w.lastHead, w.lastCursor = head, w.cursor
	return stands
}

// hears tells of a change that was published again.
func (w *watch) hears(m *nats.Msg) {
	if m.Header.Get("Nats-Stream") != w.s.names.stream || len(w.ahead) >= early {
		return
	}
	sequence, err := strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil || store.Rev(sequence) <= w.cursor {
		return
	}
	f := w.s.found(m.Header.Get("Nats-Subject"), sequence, m.Data)
	if f.err == nil && f.rev > w.ahead[f.key] {
		w.ahead[f.key] = f.rev
		w.fn(store.Change{Kind: store.Changed, Entry: f.e})
	}
}

// reads tells of a record of the bucket, unless it was told.
func (w *watch) reads(f found) {
	told := w.ahead[f.key]
	w.cursor = max(w.cursor, f.rev)
	if told <= f.rev {
		delete(w.ahead, f.key)
	}
	if f.err == nil && told < f.rev {
		w.fn(store.Change{Kind: store.Changed, Entry: f.e})
	}
}

// moves moves the cursor to where there is nothing before it to be read.
func (w *watch) moves(to store.Rev) {
	w.cursor = to
	for key, rev := range w.ahead {
		if rev <= to {
			delete(w.ahead, key)
		}
	}
}
