package store

import (
	"context"
	"fmt"

	"github.com/holdfast-go/holdfast/internal/local"
)

// keeper is the memory behind Memory and SharedMemory: maps under mutexes that are
// held for one operation on one of them, and a feed that wakes the watchers.
type keeper struct {
	shards [64]shard
	feed   *local.Feed
}

// Load returns the record of key. See [Store].
func (k *keeper) Load(ctx context.Context, key string, min Rev) (Entry, error) {
	if ctx.Err() != nil {
		return Entry{}, ended(ctx, ErrUnavailable)
	}
	r, err := k.shard(key).load(key)
	switch {
	case err != nil:
		return Entry{}, err
	case r.rev < min:
		return Entry{}, fmt.Errorf("%w: revision %d is the newest", ErrUnavailable, r.rev)
	case r.rev == 0:
		return Entry{}, ErrNotFound
	}
	return r.entry(key), nil
}

// Swap writes the record of key. See [Store].
func (k *keeper) Swap(
	ctx context.Context, key string, prev Rev, value []byte, gone bool, op OpID,
) (Rev, error) {
	if ctx.Err() != nil {
		return 0, ended(ctx, ErrUnavailable)
	}
	next := kept{value: string(value), op: op, gone: gone}
	rev, err := k.shard(key).swap(key, prev, next)
	if err == nil {
		k.feed.Changed(key)
	}
	return rev, err
}

// Watch reports changes. See [Store].
func (k *keeper) Watch(ctx context.Context, fn func(Change)) error {
	return k.feed.Watch(ctx, func() { fn(Change{Kind: Synced}) }, func(key string) {
		if r, err := k.shard(key).load(key); err == nil {
			fn(Change{Kind: Changed, Entry: r.entry(key)})
		}
	})
}

// Close frees the records and ends every Watch. See [Store].
func (k *keeper) Close() error {
	for i := range k.shards {
		k.shards[i].close()
	}
	k.feed.Close()
	return nil
}

// shard returns the shard of key. The hash (FNV-1a) is not seeded, so that Keys has
// one order and a simulation can be replayed; keys that somebody chose to fall
// together share a mutex, and no more.
func (k *keeper) shard(key string) *shard {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return &k.shards[h%uint32(len(k.shards))]
}
