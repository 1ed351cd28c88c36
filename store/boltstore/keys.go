package boltstore

import (
	"context"
	"fmt"
	"iter"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// page is how many rows Keys reads in one transaction. None is open while the loop's
// body runs, which may write.
const page = 256

// listed is what Keys says of one row.
type listed struct {
	key string
	err error
}

// Keys lists keys in their order. See [store.Lister].
func (s *Store) Keys(ctx context.Context, due time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for last, more := []byte(nil), true; more; {
			var found []listed
			var err error
			found, last, err = s.page(last, due)
			if err != nil {
				yield("", err)
				return
			}
			for _, l := range found {
				if ctx.Err() != nil {
					yield("", ctx.Err())
					return
				}
				if !yield(l.key, l.err) {
					return
				}
			}
			more = last != nil
		}
	}
}

// page lists what is to be listed of the next rows behind last; nil: the first. It
// returns the last row that it has read; nil: there are no more.
func (s *Store) page(last []byte, due time.Time) (found []listed, end []byte, err error) {
	viewed := s.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(sessions).Cursor()
		key, row := c.First()
		if last != nil {
			if key, row = c.Seek(last); string(key) == string(last) {
				key, row = c.Next()
			}
		}
		for n := 0; key != nil && n < page; n++ {
			if isListed, err := lists(string(key), row, due); isListed || err != nil {
				found = append(found, listed{string(key), err})
			}
			end = append([]byte(nil), key...)
			key, row = c.Next()
		}
		if key == nil {
			end = nil
		}
		return nil
	})
	if viewed != nil {
		return nil, nil, closedOr(viewed)
	}
	return found, end, nil
}

// lists reports whether Keys lists a row.
func lists(key string, row []byte, due time.Time) (bool, error) {
	e, err := entryOf(key, row)
	if err != nil || e.Gone {
		return false, err
	}
	isDue, err := record.Due(e.Value, due)
	if err != nil {
		return false, fmt.Errorf("%w: %w", store.ErrForeign, err)
	}
	return isDue, nil
}
