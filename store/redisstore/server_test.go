package redisstore

import (
	"context"
	"crypto/rand"
	"net"
	"os"
	"sync"
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
		if os.Getenv("HOLDFAST_NEED_SERVERS") == "1" {
			t.Fatalf("HOLDFAST_NEED_SERVERS is 1, and no Redis answers at %s: %v", address, err)
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

// cable is a way to the server that can be cut: what is sent is then held, in both
// directions, and nobody is told.
type cable struct {
	listener net.Listener
	ends     sync.WaitGroup

	mu   sync.Mutex    // guards the field below
	open chan struct{} // closed: what is sent passes
}

func newCable(t *testing.T) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{listener: l, open: make(chan struct{})}
	close(c.open)
	c.ends.Go(c.accept)
	t.Cleanup(func() {
		_ = l.Close()
		c.ends.Wait()
	})
	return c
}

func (c *cable) address() string { return c.listener.Addr().String() }

func (c *cable) accept() {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", address)
		if err != nil {
			_ = near.Close()
			continue
		}
		c.ends.Go(func() { c.carry(near, far) })
		c.ends.Go(func() { c.carry(far, near) })
	}
}

// carry carries bytes until one end is closed, and closes the other.
func (c *cable) carry(from, to net.Conn) {
	defer func() { _, _ = from.Close(), to.Close() }()
	for buffer := make([]byte, 1<<14); ; {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		c.mu.Lock()
		open := c.open
		c.mu.Unlock()
		<-open
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// cut cuts the cable, until mend is called.
func (c *cable) cut() (mend func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	open := make(chan struct{})
	c.open = open
	return sync.OnceFunc(func() { close(open) })
}

// isCut reports whether it is.
func (c *cable) isCut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.open:
		return false
	default:
		return true
	}
}
