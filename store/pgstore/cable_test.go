package pgstore_test

import (
	"net"
	"sync"
	"testing"
)

// cable is the network between one store and the server. Cut, it delivers nothing, in
// neither direction and on no new connection, and ends nothing; what was sent meanwhile
// arrives when it is mended.
type cable struct {
	t       *testing.T
	listens net.Listener
	all     sync.WaitGroup

	sent     func([]byte) // is told of what the store sends, when it is let through; nil: nobody is
	answered func([]byte) // of what the server answers, before it is; nil: nobody is

	mu    sync.Mutex // guards the fields below
	moved *sync.Cond // when they have changed
	isCut bool
	over  bool
	ends  []net.Conn
}

func newCable(t *testing.T) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{t: t, listens: l}
	c.moved = sync.NewCond(&c.mu)
	return c
}

// carries begins to carry, and returns where.
func (c *cable) carries() (address string) {
	c.all.Go(func() {
		for {
			near, err := c.listens.Accept()
			if err != nil {
				return
			}
			c.all.Go(func() { c.joins(near) })
		}
	})
	return c.listens.Addr().String()
}

func (c *cable) joins(near net.Conn) {
	far, err := net.Dial("tcp", address)
	if err != nil {
		_ = near.Close()
		return
	}
	c.mu.Lock()
	c.ends = append(c.ends, near, far)
	over := c.over
	c.mu.Unlock()
	if over {
		_, _ = near.Close(), far.Close()
		return
	}
	c.all.Go(func() { c.carry(near, far, c.answered, nil) })
	c.carry(far, near, nil, c.sent)
}

// carry carries what comes from one end to the other.
func (c *cable) carry(to, from net.Conn, comes, passes func([]byte)) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if comes != nil {
			comes(buf[:n])
		}
		if !c.waits() {
			return
		}
		if passes != nil {
			passes(buf[:n])
		}
		if _, failed := to.Write(buf[:n]); err != nil || failed != nil {
			return
		}
	}
}

// waits returns when the cable is whole, and false if it is over.
func (c *cable) waits() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.isCut && !c.over {
		c.moved.Wait()
	}
	return !c.over
}

func (c *cable) cut(isCut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = isCut
	c.moved.Broadcast()
}

// close ends everything, and waits for it.
func (c *cable) close() {
	c.mu.Lock()
	c.over = true
	c.moved.Broadcast()
	ends := c.ends
	c.mu.Unlock()
	_ = c.listens.Close()
	for _, end := range ends {
		_ = end.Close()
	}
	c.all.Wait()
}

func (c *cable) isSilent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isCut
}
