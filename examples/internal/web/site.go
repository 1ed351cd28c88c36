// Package web has what the servers of the examples share.
package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Site is an HTTP server on the loopback interface.
type Site struct {
	URL     *url.URL
	server  http.Server
	running sync.WaitGroup
}

// Listen returns one on a free port. It must be closed.
func Listen(h http.Handler) (*Site, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return Serve(l, h), nil
}

// Serve returns one that has l, and closes it.
func Serve(l net.Listener, h http.Handler) *Site {
	s := &Site{
		URL:    &url.URL{Scheme: "http", Host: l.Addr().String()},
		server: http.Server{Handler: h, ReadHeaderTimeout: time.Minute},
	}
	s.running.Go(func() { _ = s.server.Serve(l) }) // it returns when the server is closed
	return s
}

// Close lets requests under way end, and returns when they have or ctx is over.
func (s *Site) Close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		_ = s.server.Close()
	}
	s.running.Wait()
	return err
}

// Answer remembers how a request was answered. Make it with NewAnswer.
type Answer struct {
	http.ResponseWriter
	Status int
}

// NewAnswer returns one that passes all on to w.
func NewAnswer(w http.ResponseWriter) *Answer {
	return &Answer{ResponseWriter: w, Status: http.StatusOK}
}

// WriteHeader implements http.ResponseWriter.
func (a *Answer) WriteHeader(status int) {
	a.Status = status
	a.ResponseWriter.WriteHeader(status)
}
