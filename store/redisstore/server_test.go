package redisstore

import (
	"context"
	"crypto/rand"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/holdfast-go/holdfast/store"
)

// address is where the tests expect a Redis that has no password.
const address = "127.0.0.1:6379"

// server returns a client of the real server, and skips the test if there is none.
func server(t *testing.T) *redis.Client {
	t.Helper()
	c := redis.NewClient(settings(&redis.Options{Addr: address}))
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Ping(t.Context()).Err(); err != nil {
		if os.Getenv("HOLDFAST_NEED_SERVERS") != "" {
			t.Fatalf("HOLDFAST_NEED_SERVERS is set, and no Redis answers at %s: %v", address, err)
		}
		t.Skipf("no Redis answers at %s: what Redis itself does is left out", address)
	}
	return c
}

// place returns a prefix of the test's own, which is empty, and swept when it ends.
func place(t *testing.T, c *redis.Client) string {
	t.Helper()
	prefix := "holdfast-test-" + rand.Text()
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for keys := c.Scan(ctx, 0, "{"+prefix+"}:*", 1000).Iterator(); keys.Next(ctx); {
			c.Del(ctx, keys.Val())
		}
	})
	return prefix
}

// opens opens a store that is there until the end of the test.
func opens(t *testing.T, prefix string) *Store {
	t.Helper()
	s, err := Open(t.Context(), "redis://"+address, Options{Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// swaps writes a record, which must succeed.
func swaps(t *testing.T, s *Store, key string, prev store.Rev, gone bool) store.Rev {
	t.Helper()
	rev, err := s.Swap(t.Context(), key, prev, []byte("value"), gone, store.OpID{1, byte(prev), byte(prev >> 8)})
	if err != nil {
		t.Fatal(err)
	}
	return rev
}
