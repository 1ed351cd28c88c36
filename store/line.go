package store

import (
	"context"
	"fmt"
	"sync"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
)

// line is one key of an adapted store: what is known of it, and the queue of those
// who want to call its classic store.
type line struct {
	key   string
	store *adapted

	// turn is full while a call runs. Who filled it owns the fields down to mu.
	turn              chan struct{}
	classic           Classic // nil: not opened yet
	read              bool    // the classic store has been read
	last              Rev     // the highest revision ever given
	grant, generation uint64  // of the newest token ever seen
	pair              pair    // the token last read or written
	open              *write  // a write whose outcome is not known; nil: none

	mu    sync.Mutex // guards entry; who writes it has the turn as well
	entry Entry      // Rev 0: there is no record
}

func (l *line) load(ctx context.Context, min Rev) (Entry, error) {
	if err := l.look(ctx); err != nil {
		return Entry{}, err
	}
	e, ok := l.current()
	switch {
	case !ok:
		return Entry{}, ErrNotFound
	case e.Rev < min:
		return Entry{}, fmt.Errorf("%w: revision %d is the newest", ErrUnavailable, e.Rev)
	}
	return e, nil
}

func (l *line) swap(ctx context.Context, w *write) (Entry, error) {
	if !l.read {
		if err := l.look(ctx); err != nil {
			return Entry{}, err
		}
	}
	switch {
	case w.entry.Op != OpID{} && w.entry.Op == l.entry.Op:
		return Entry{Rev: l.entry.Rev}, nil
	case w.prev != l.entry.Rev:
		return Entry{}, ErrConflict
	case ctx.Err() != nil: // the caller has left: better not begin
		return Entry{}, ended(ctx, ErrUnavailable)
	}
	l.open = w
	err := guard(ErrUnknown, func() error {
		if w.token.IsZero() {
			return l.classic.Clear(ctx)
		}
		return l.classic.Write(ctx, w.token)
	})
	if err != nil {
		return Entry{}, err
	}
	l.land(w)
	return Entry{Rev: l.last}, nil
}

// land makes w the record.
func (l *line) land(w *write) {
	if w.record.Newer(l.grant, l.generation) {
		l.grant, l.generation = w.record.Grant, w.record.Generation
	}
	if !w.token.IsZero() {
		l.pair = pairOf(w.token)
	}
	l.open = nil
	l.set(w.entry)
}

// set gives e the next revision.
func (l *line) set(e Entry) {
	l.last++
	e.Key, e.Rev = l.key, l.last
	l.mu.Lock()
	l.entry = e
	l.mu.Unlock()
	l.store.feed.Changed(l.key)
}

func (l *line) record() messages.Record {
	r, err := record.Decode(l.entry.Value)
	if err != nil {
		panic("BUG: a record of our own cannot be read: " + err.Error())
	}
	return r
}

// current returns a copy of the record, and whether there is one.
func (l *line) current() (Entry, bool) {
	l.mu.Lock()
	e := l.entry
	l.mu.Unlock()
	e.Value = append([]byte(nil), e.Value...)
	return e, e.Rev != 0
}
