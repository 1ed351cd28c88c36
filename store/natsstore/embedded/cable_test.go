package embedded_test

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
)

// cable is a way to a server that can be cut: what is sent is then held, in both
// directions, and nobody is told.
type cable struct {
	server   string
	listener net.Listener
	ends     sync.WaitGroup

	mu   sync.Mutex    // guards the fields below
	open chan struct{} // closed: what is sent passes
	held func([]byte)  // is told of what does not pass; nil: nobody is
}

func newCable(t *testing.T, s *embedded.Server) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{server: strings.TrimPrefix(s.URL(), "nats://"), listener: l, open: make(chan struct{})}
	close(c.open)
	c.ends.Go(c.accept)
	t.Cleanup(func() {
		_ = l.Close()
		c.ends.Wait()
	})
	return c
}

func (c *cable) url() string { return "nats://" + c.listener.Addr().String() }

func (c *cable) accept() {
	for {
		near, err := c.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", c.server)
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
		c.holds(buffer[:n])
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// holds returns when the cable is whole.
func (c *cable) holds(b []byte) {
	c.mu.Lock()
	open, held := c.open, c.held
	c.mu.Unlock()
	select {
	case <-open:
		return
	default:
	}
	if held != nil {
		held(b)
	}
	<-open
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
