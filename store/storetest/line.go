package storetest

import (
	"net"
	"sync"
	"testing"
)

// Line is a way to a server over TCP that can be cut, for the Cut of a [Place]: what is
// sent is then held, in both directions, and nobody is told. What was held arrives when the
// line is mended. Its methods are safe for concurrent use.
type Line struct {
	server   string
	listener net.Listener
	ends     sync.WaitGroup
	over     chan struct{} // closed: the test has ended

	mu   sync.Mutex    // guards the fields below
	open chan struct{} // closed: what is sent passes
	held func([]byte)  // is told of what does not; nil: nobody is
	sent func([]byte)  // is told of what passes to the server; nil: nobody is
}

// NewLine returns a line to the server at host:port, which is there until the test and
// all connections over it have ended.
func NewLine(t *testing.T, server string) *Line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	line := &Line{server: server, listener: l, over: make(chan struct{}), open: make(chan struct{})}
	close(line.open)
	line.ends.Go(line.accept)
	t.Cleanup(func() {
		line.Close()
		close(line.over)
		line.ends.Wait()
	})
	return line
}

// Address is where to connect instead of the server, as host:port.
func (l *Line) Address() string { return l.listener.Addr().String() }

// Close takes no more connections. Those that there are go on.
func (l *Line) Close() { _ = l.listener.Close() }

// Cut cuts the line, until mend is called.
func (l *Line) Cut() (mend func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	open := make(chan struct{})
	l.open = open
	return sync.OnceFunc(func() { close(open) })
}

// OnHeld has f be told of what is sent from now on while the line is cut. It must return
// soon, and keep nothing of what it is told.
func (l *Line) OnHeld(f func([]byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = f
}

// OnSent has f be told of what is sent to the server from now on, when the line is whole and
// before it is delivered; f may cut the line, which holds what comes behind. It must return
// soon, and keep nothing of what it is told.
func (l *Line) OnSent(f func([]byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent = f
}

// IsCut reports whether it is.
func (l *Line) IsCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.open:
		return false
	default:
		return true
	}
}

func (l *Line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.server)
		if err != nil {
			_ = near.Close()
			continue
		}
		l.ends.Go(func() { l.carry(near, far, l.tells) })
		l.ends.Go(func() { l.carry(far, near, func([]byte) {}) })
	}
}

// carry carries bytes until one end is closed, and closes the other. It says what passes.
func (l *Line) carry(from, to net.Conn, passes func([]byte)) {
	defer func() { _, _ = from.Close(), to.Close() }()
	for buffer := make([]byte, 1<<14); ; {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		l.holds(buffer[:n])
		passes(buffer[:n])
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// holds returns when the line is whole.
func (l *Line) holds(b []byte) {
	l.mu.Lock()
	open, held := l.open, l.held
	l.mu.Unlock()
	select {
	case <-open:
		return
	default:
	}
	if held != nil {
		held(b)
	}
	select {
	case <-open:
	case <-l.over: // and nobody has mended it
	}
}

// tells tells of what passes to the server.
func (l *Line) tells(b []byte) {
	l.mu.Lock()
	sent := l.sent
	l.mu.Unlock()
	if sent != nil {
		sent(b)
	}
}
