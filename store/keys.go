package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/record"
)

// Keys lists keys, the same ones always in the same order. See [Lister].
func (k *keeper) Keys(ctx context.Context, due time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range k.shards {
			if !k.shards[i].keys(ctx, due, yield) {
				return
			}
		}
	}
}

// keys yields the shard's keys, without the lock, and reports whether to go on.
func (s *shard) keys(ctx context.Context, due time.Time, yield func(string, error) bool) bool {
	live, err := s.live()
	if err != nil {
		yield("", err)
		return false
	}
	for _, e := range live {
		if ctx.Err() != nil {
			yield("", ctx.Err())
			return false
		}
		listed, err := e.due(due)
		if (listed || err != nil) && !yield(e.key, err) {
			return false
		}
	}
	return true
}

// live is a record that is no tombstone.
type live struct{ key, value string }

// live returns the shard's, in the order of their keys.
func (s *shard) live() ([]live, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	all := make([]live, 0, len(s.kept))
	for key, r := range s.kept {
		if !r.gone {
			all = append(all, live{key, r.value})
		}
	}
	slices.SortFunc(all, func(a, b live) int { return strings.Compare(a.key, b.key) })
	return all, nil
}

// due reports whether Keys lists the record.
func (l live) due(due time.Time) (bool, error) {
	listed, err := record.Due([]byte(l.value), due)
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	return listed, nil
}
