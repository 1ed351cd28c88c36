package store

import (
	"context"
	"sync"

	"github.com/holdfast-go/holdfast/internal/local"
	"github.com/holdfast-go/holdfast/messages"
)

// Classic is a token store as other kits have it: it keeps the token of one
// session, and no more than goes into a TokenInfo (see messages.ParseTokenInfo).
//
// Its methods are called one at a time, each in a goroutine of its own. One that
// ignores its context and blocks keeps that goroutine until it returns, and the
// session waits for it, each call within its own context.
type Classic interface {
	// Read returns the token kept, with Access and Refresh as they were written, and
	// the zero Token if there is none.
	Read(ctx context.Context) (messages.Token, error)

	// Write keeps a token in place of the one before. After an error the token may
	// have been kept or not; the same token is then written again.
	Write(ctx context.Context, t messages.Token) error

	// Clear forgets the token. To clear what is empty is no error.
	Clear(ctx context.Context) error
}

// Adapt makes a Store of classic stores. open returns that of a key; it is called
// before the first use of the key, for several keys at once, and again later if it
// returned nil or panicked, for which Load and Swap answer ErrUnavailable.
//
// The store belongs to one Manager ([Exclusive]) and is not Shared: a classic store
// cannot compare and swap. Nor is it Durable, whatever is behind it: of a record it
// keeps what fits in a TokenInfo, and a claim does not; so none is asked for, and a
// renewal is not protected against a crash between the server's answer and Write.
//
//   - A record that is alive and has a token is written, before that token is given
//     out. All others are cleared: dead, revoking, revoked.
//   - Load reads the classic store each time. If Access or Refresh differ from what
//     was last written or read, somebody else has put a token there: it is a new
//     revision, of a higher generation, with the zero Identity, which says that the
//     identity is not known. Otherwise Load returns the record as it was swapped in.
//   - A tombstone yields only to a token that was issued after it. So a revoked
//     token that comes back into the classic store stays revoked.
//   - A token that somebody else has removed is ErrNotFound, whatever min, and the
//     next write has prev 0.
//   - Revisions, tombstones, dead records and whatever else does not fit in a
//     TokenInfo live in the memory of this process until Close. A Watch tells what
//     was written here, and what a Load has found.
//   - An error of Read is ErrUnavailable, one of Write or Clear ErrUnknown; so is a
//     panic, which is recovered. Neither's text is repeated, for it may quote the
//     token: errors.Is and errors.As find the error itself.
//   - A Load or Swap ends with its context, also when the classic store does not. A
//     write that was left behind may then land later, and is recognised when it is
//     sent again.
//   - Close does not wait for calls of a classic store.
func Adapt(open func(key string) Classic) Store {
	return &adapted{classic: open, feed: local.NewFeed(ErrClosed), lines: map[string]*line{}}
}

// adapted is the Store of Adapt.
type adapted struct {
	owner
	classic func(key string) Classic
	feed    *local.Feed

	mu    sync.Mutex // guards lines
	lines map[string]*line
}

var (
	_ Store     = (*adapted)(nil)
	_ Exclusive = (*adapted)(nil)
)

func (a *adapted) Load(ctx context.Context, key string, min Rev) (Entry, error) {
	return a.line(key).run(ctx, ErrUnavailable, func(l *line) (Entry, error) {
		return l.load(ctx, min)
	})
}

func (a *adapted) Swap(
	ctx context.Context, key string, prev Rev, value []byte, gone bool, op OpID,
) (Rev, error) {
	w, err := newWrite(prev, value, gone, op)
	if err != nil {
		return 0, err
	}
	e, err := a.line(key).run(ctx, ErrUnknown, func(l *line) (Entry, error) {
		return l.swap(ctx, w)
	})
	return e.Rev, err
}

func (a *adapted) Watch(ctx context.Context, fn func(Change)) error {
	return a.feed.Watch(ctx, func() { fn(Change{Kind: Synced}) }, func(key string) {
		if e, ok := a.line(key).current(); ok {
			fn(Change{Kind: Changed, Entry: e})
		}
	})
}

func (*adapted) Caps() Caps { return Caps{Tombstones: Forever} }

func (a *adapted) Close() error {
	a.feed.Close()
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.lines)
	return nil
}

func (a *adapted) line(key string) *line {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lines[key]
	if l == nil {
		l = &line{key: key, store: a, turn: make(chan struct{}, 1)}
		if !a.feed.Closed() {
			a.lines[key] = l
		}
	}
	return l
}
