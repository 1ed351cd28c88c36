package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// site is an HTTP server on the loopback interface.
type site struct {
	url     *url.URL
	server  http.Server
	running sync.WaitGroup
}

// listen returns one on a free port.
func listen(h http.Handler) (*site, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return serve(l, h), nil
}

// serve returns one that has l, and closes it.
func serve(l net.Listener, h http.Handler) *site {
	s := &site{
		url:    &url.URL{Scheme: "http", Host: l.Addr().String()},
		server: http.Server{Handler: h, ReadHeaderTimeout: time.Minute},
	}
	s.running.Go(func() { _ = s.server.Serve(l) }) // it returns when the server is closed
	return s
}

// close lets requests under way end, and returns when they have or ctx is over.
func (s *site) close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		_ = s.server.Close()
	}
	s.running.Wait()
	return err
}
