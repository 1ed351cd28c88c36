package authserver

import (
	"context"
	"net/http"
	"time"
)

// An endpoint is one of go-oidc's with faults in front and a count behind. What
// becomes of a request is counted before its client can see it.
type endpoint struct {
	server *Server
	next   http.Handler
	dice   *dice
	count  func(*attempt, outcome)
}

func newEndpoint(s *Server, next http.Handler, number uint64, count func(*attempt, outcome)) *endpoint {
	return &endpoint{server: s, next: next, dice: newDice(s.cfg.Seed, number), count: count}
}

// ServeHTTP lets one request meet its fault.
func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := newAttempt(r)
	r = r.WithContext(a.in(r.Context()))
	defer e.server.counts.enter(a.grantType(), a.about(e.server.store))()

	switch struck, faults, latency := e.dice.roll(); struck {
	case healthy:
		e.wait(latency)
		e.next.ServeHTTP(w, r)
		e.count(a, served)
	case dropAnswer:
		e.wait(latency)
		e.next.ServeHTTP(nowhere{}, r)
		e.count(a, lost)
		cut()
	case silence:
		e.count(a, failed)
		e.silence(r.Context())
		cut()
	case dropRequest:
		e.count(a, failed)
		cut()
	case fail:
		e.count(a, failed)
		http.Error(w, http.StatusText(faults.status()), faults.status())
	case busy:
		e.count(a, failed)
		if after := faults.retryAfter(e.server.now()); after != "" {
			w.Header().Set("Retry-After", after)
		}
		http.Error(w, "slow down", http.StatusTooManyRequests)
	}
}

func (e *endpoint) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-e.server.closing:
		cut()
	}
}

func (e *endpoint) silence(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-e.server.closing:
	}
}

// cut ends the connection without another byte.
func cut() { panic(http.ErrAbortHandler) }

// nowhere takes an answer that nobody will see.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}
