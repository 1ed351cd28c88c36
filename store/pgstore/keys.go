package pgstore

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// pageSize is how many rows Keys reads at once. No connection is taken while the loop's
// body runs.
const pageSize = 256

const pageSQL = `
SELECT key, value FROM {sessions}
WHERE key > $1::bytea AND NOT gone ORDER BY key LIMIT $2::integer`

// Keys lists keys in the order of their bytes. See [store.Lister].
func (s *Store) Keys(ctx context.Context, due time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		last := []byte{}
		for {
			found, err := s.page(ctx, last)
			if err != nil {
				yield("", endedOr(ctx, err))
				return
			}
			for _, r := range found {
				if ctx.Err() != nil {
					yield("", ctx.Err())
					return
				}
				if listed, err := lists(r, due); (listed || err != nil) && !yield(string(r.key), err) {
					return
				}
				last = r.key
			}
			if len(found) < pageSize {
				return
			}
		}
	}
}

// endedOr prefers the error of the context.
func endedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// page returns the next rows behind last.
func (s *Store) page(ctx context.Context, last []byte) ([]row, error) {
	c, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.end()
	rows, err := c.conn.Query(c.ctx, s.sql.page, last, pageSize)
	if err != nil {
		return nil, unavailable(err)
	}
	found, err := pgx.CollectRows(rows, func(from pgx.CollectableRow) (r row, err error) {
		return r, from.Scan(&r.key, &r.value)
	})
	return found, unavailable(err)
}

// lists reports whether Keys lists a row.
func lists(r row, due time.Time) (bool, error) {
	isDue, err := record.Due(r.value, due)
	if err != nil {
		return false, fmt.Errorf("%w: %w", store.ErrForeign, err)
	}
	return isDue, nil
}
