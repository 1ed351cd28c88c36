package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/internal/wire"
)

func own(t *testing.T) *wire.Client {
	c := wire.New(nil, 0)
	t.Cleanup(c.Close)
	return c
}

type dial func(ctx context.Context, network, address string) (net.Conn, error)

func fails(err error) dial {
	return func(context.Context, string, string) (net.Conn, error) { return nil, err }
}

func dialing(t *testing.T, d dial) *wire.Client {
	transport := &http.Transport{DialContext: d, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return wire.New(&http.Client{Transport: transport}, 0)
}

// deserted is a URL where nobody listens.
func deserted(t *testing.T) string {
	l := listen(t)
	_ = l.Close()
	return "http://" + l.Addr().String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// listens reads one request, does last and closes the connection.
func listens(t *testing.T, last func(*net.TCPConn)) string {
	l := listen(t)
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
		}
		last(c.(*net.TCPConn))
	}()
	return "http://" + l.Addr().String()
}

// tells answers one request with raw, then hangs up.
func tells(t *testing.T, raw string) string {
	return listens(t, func(c *net.TCPConn) { _, _ = io.WriteString(c, raw) })
}

// silent says raw, then nothing more, but keeps the connection.
func silent(raw string) dial {
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			defer func() { _ = there.Close() }()
			r := bufio.NewReader(there)
			if req, err := http.ReadRequest(r); err == nil {
				_, _ = io.Copy(io.Discard, req.Body)
			}
			_, _ = io.WriteString(there, raw)
			_, _ = io.Copy(io.Discard, r)
		}()
		return here, nil
	}
}

// inVirtualTime asks with a deadline of ten seconds, none of which pass.
func inVirtualTime(t *testing.T, ask asking, patience time.Duration, d dial) (err error) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		transport := &http.Transport{DialContext: d}
		defer transport.CloseIdleConnections()
		err = ask(ctx, wire.New(&http.Client{Transport: transport, Timeout: patience}, 0), "http://localhost/oauth2/token")
	})
	return err
}
