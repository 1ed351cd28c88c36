package natsstore

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// Keys lists keys in the order in which they were written last. A body that holds up
// the loop for minutes ends the list with an error. See [store.Lister].
func (s *Store) Keys(ctx context.Context, due time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		l := list{s: s, due: due, yield: yield}
		err := l.run(ctx)
		switch {
		case l.left:
		case ctx.Err() != nil:
			yield("", ctx.Err())
		case s.life.Err() != nil:
			yield("", store.ErrClosed)
		case err != nil:
			yield("", err)
		}
	}
}

// list is a loop over keys that is under way.
type list struct {
	s     *Store
	due   time.Time
	yield func(string, error) bool
	left  bool // the loop was left
}

// run lists what was there when it began: a key that is written meanwhile has moved
// behind that.
func (l *list) run(ctx context.Context) error {
	head, r, err := l.begin(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	last := store.Rev(0)
	for r.left > 0 && last < head {
		f, err := l.next(ctx, r)
		if err != nil || f.rev > head || ctx.Err() != nil {
			return err
		}
		isListed, unread := f.isListed(l.due)
		if (isListed || unread != nil) && !l.yield(f.key, unread) {
			l.left = true
			return nil
		}
		last = f.rev
	}
	return l.ends(ctx, last, head)
}

// ends looks whether the reader has come to the end of what there was, or its server is
// behind.
func (l *list) ends(ctx context.Context, last, head store.Rev) error {
	ctx, end, err := l.s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	isThere, err := l.s.isBetween(ctx, last, head)
	if isThere {
		return unavailable(errMissed)
	}
	return err
}

func (l *list) begin(ctx context.Context) (store.Rev, *reader, error) {
	ctx, end, err := l.s.begin(ctx)
	if err != nil {
		return 0, nil, err
	}
	defer end()
	head, err := l.s.head(ctx)
	if err != nil {
		return 0, nil, err
	}
	r, err := l.s.read(ctx, 0)
	return head, r, err
}

func (l *list) next(ctx context.Context, r *reader) (found, error) {
	ctx, end, err := l.s.begin(ctx)
	if err != nil {
		return found{}, err
	}
	defer end()
	return r.next(ctx)
}

// isListed reports whether Keys lists a key.
func (f found) isListed(due time.Time) (bool, error) {
	if f.err != nil || f.e.Gone {
		return false, f.err
	}
	isDue, err := record.Due(f.e.Value, due)
	if err != nil {
		return false, fmt.Errorf("%w: %w", store.ErrForeign, err)
	}
	return isDue, nil
}
