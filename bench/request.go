package main

import (
	"context"
	"fmt"
	"net/http"
)

// What does it cost to put the token on a request?
//
// Two questions: what the line costs that sets the header, and what a transport adds
// that does it for every request of a client. The transports send to a resource
// without a network, which is the same for all, and its own cost is taken off.
func request() scenario {
	return scenario{
		name:     "request",
		question: "What does it cost to put the token on a request?",
		contests: requestContests,
	}
}

// authorizer is a keeper with a loop that puts the token of session 0 on a request,
// n times.
type authorizer interface {
	authorize(req *http.Request, n int) error
}

// transporter is a keeper whose library has a transport; it is for session 0.
type transporter interface {
	transport(base http.RoundTripper) (http.RoundTripper, error)
}

const (
	resourceOrigin = "https://api.example"
	resourceURL    = resourceOrigin + "/orders"
)

// resource is a resource server without a network.
type resource struct{}

// RoundTrip implements http.RoundTripper.
func (resource) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

// Do sends a request as http.Client does, for those who want no more than that.
func (r resource) Do(req *http.Request) (*http.Response, error) { return r.RoundTrip(req) }

func newRequest() *http.Request {
	req, err := http.NewRequest(http.MethodGet, resourceURL, http.NoBody)
	if err != nil {
		panic("BUG: a request cannot be made: " + err.Error())
	}
	return req
}

func requestContests(s settings) ([]contest, error) {
	if s.quick {
		return []contest{authorizing(s, 1), transporting(s, 1)}, nil
	}
	return []contest{
		authorizing(s, 1), authorizing(s, 1_000),
		transporting(s, 1), transporting(s, 1_000),
	}, nil
}

// authorizing sets a header. Who has no function for that gets it as his
// documentation does it by hand.
func authorizing(s settings, goroutines int) contest {
	l := newLineup("request", options{sessions: 1}, func(r rival) bool { return r.name != azcorePolicy().name })
	slot := newSlot(s, goroutines)
	entrants := l.entrants(func(_ context.Context, m *member) ([]reading, error) {
		return slot.measure(m.name, func(_, n int) error { return authorize(m.keeper, newRequest(), n) })
	})
	return contest{
		name:     fmt.Sprintf("header %d", goroutines),
		title:    fmt.Sprintf("set the header, %s", plural(goroutines, "goroutine")),
		columns:  hotColumns,
		entrants: append(entrants, slot.entrant(headerAssignment, assignHeader)),
		open:     l.open,
		close:    l.close,
	}
}

func authorize(k keeper, req *http.Request, n int) error {
	if a, ok := k.(authorizer); ok {
		return a.authorize(req, n)
	}
	ctx := req.Context()
	for range n {
		t, err := k.token(ctx, 0)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+t)
	}
	return nil
}

const headerAssignment = "a bare header assignment"

// assignHeader gives each request a slice of its own, as everybody must: what one
// caller does to his must not reach the others.
func assignHeader(_, n int) error {
	req, value := newRequest(), "Bearer "+padding
	for range n {
		req.Header["Authorization"] = []string{value}
	}
	return nil
}

// transporting sends requests through a transport.
func transporting(s settings, goroutines int) contest {
	l := newLineup("request", options{sessions: 1}, nil)
	slot := newSlot(s, goroutines)
	entrants := l.entrants(func(_ context.Context, m *member) ([]reading, error) {
		return slot.added(m)
	})
	for i := range entrants {
		if !hasTransport(l.members[i].rival) {
			entrants[i].cannot = noTransport
		}
	}
	return contest{
		name:     fmt.Sprintf("transport %d", goroutines),
		title:    fmt.Sprintf("what a transport adds to a request, %s", plural(goroutines, "goroutine")),
		columns:  hotColumns,
		entrants: entrants,
		open:     l.open,
		close:    l.close,
	}
}

// hasTransport opens a keeper to see what it is.
func hasTransport(r rival) bool {
	k, err := r.open(newEndpoint(), options{sessions: 1})
	if err != nil {
		return false
	}
	_, ok := k.(transporter)
	return k.close() == nil && ok
}

// added measures a transport, and in the same breath its base alone.
func (s *slot) added(m *member) ([]reading, error) {
	t, err := m.keeper.(transporter).transport(resource{})
	if err != nil {
		return nil, err
	}
	with, err := s.measure(m.name, func(_, n int) error { return send(t, n) })
	if err != nil {
		return nil, err
	}
	without, err := s.measure("base", func(_, n int) error { return send(resource{}, n) })
	if err != nil {
		return nil, err
	}
	return readings(with[0].value-without[0].value, with[1].value-without[1].value), nil
}

func send(t http.RoundTripper, n int) error {
	req := newRequest()
	for range n {
		resp, err := t.RoundTrip(req)
		if err != nil {
			return err
		}
		if err := resp.Body.Close(); err != nil {
			return err
		}
	}
	return nil
}
