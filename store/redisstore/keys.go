package redisstore

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/store"
)

// page is how many keys of the log are read at once.
const page = 256

// logged is a key of the log, and its row; not present: it has none any more, or it is
// none of a session's.
type logged struct {
	key, row string
	present  bool
}

// head returns the newest revision of the prefix.
func (s *Store) head(ctx context.Context) (store.Rev, error) {
	got, err := ask(ctx, s, func(ctx context.Context) ([]any, error) {
		return s.client.HMGet(ctx, s.house, "format", counter).Result()
	})
	if err != nil {
		return 0, failed(err)
	}
	rev, ok := got[1].(string)
	if got[0] != format || !ok {
		return 0, s.lost()
	}
	n, err := strconv.ParseUint(rev, 10, 64)
	if err != nil {
		return 0, s.lost()
	}
	return store.Rev(n), nil
}

// between returns the next keys whose newest record was written after last and not after
// head, with their rows, and the last revision that it has read; 0: there are no more.
func (s *Store) between(ctx context.Context, last, head store.Rev) (rows []logged, end store.Rev, err error) {
	keys, err := ask(ctx, s, func(ctx context.Context) ([]redis.Z, error) {
		return s.client.ZRangeByScoreWithScores(ctx, s.log, &redis.ZRangeBy{
			Min:   "(" + strconv.FormatUint(uint64(last), 10),
			Max:   strconv.FormatUint(uint64(head), 10),
			Count: page,
		}).Result()
	})
	if err != nil || len(keys) == 0 {
		return nil, 0, orNil(err)
	}
	var at []string
	for _, z := range keys {
		rows = append(rows, logged{key: z.Member.(string)})
		at = append(at, s.session(z.Member.(string)))
	}
	found, err := ask(ctx, s, func(ctx context.Context) ([]any, error) { return s.client.MGet(ctx, at...).Result() })
	if err != nil {
		return nil, 0, failed(err)
	}
	for i := range rows {
		rows[i].row, rows[i].present = found[i].(string)
	}
	return rows, store.Rev(keys[len(keys)-1].Score), nil
}

func orNil(err error) error {
	if err == nil {
		return nil
	}
	return failed(err)
}

// Keys lists keys in the order in which they were written last. See [store.Lister].
func (s *Store) Keys(ctx context.Context, due time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		head, err := s.head(ctx)
		for last := store.Rev(0); err == nil; {
			var rows []logged
			if rows, last, err = s.between(ctx, last, head); last == 0 {
				break
			}
			for _, r := range rows {
				isListed, unread := r.isListed(due)
				if !isListed && unread == nil {
					continue
				}
				if err = ctx.Err(); err != nil {
					break
				}
				if !yield(r.key, unread) {
					return
				}
			}
		}
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		if err != nil {
			yield("", err)
		}
	}
}

// isListed reports whether Keys lists a key.
func (l logged) isListed(due time.Time) (bool, error) {
	if !l.present {
		return false, nil
	}
	e, err := entryOf(l.key, l.row)
	if err != nil || e.Gone {
		return false, err
	}
	isDue, err := record.Due(e.Value, due)
	if err != nil {
		return false, fmt.Errorf("%w: %w", store.ErrForeign, err)
	}
	return isDue, nil
}
