package main

import (
	"bytes"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
	"github.com/holdfast-go/holdfast/examples/internal/web"
)

// unsteady stands in front of services that know no faults: what befalls the
// authorization server befalls them, too, and they count as that does. It is safe for
// concurrent use.
type unsteady struct {
	next http.Handler

	mu       sync.Mutex // guards the fields below
	faults   authserver.Faults
	inFlight map[string]int // by path and body: those of one session are alike until it has its answer
	tally    authserver.Tally
}

func newUnsteady(next http.Handler) *unsteady {
	return &unsteady{next: next, inFlight: map[string]int{}, tally: authserver.Tally{Denied: map[string]int{}}}
}

// setFaults replaces the faults, of which Latency and Fail are heeded.
func (u *unsteady) setFaults(f authserver.Faults) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.faults = f
}

// counts returns a copy of the counts.
func (u *unsteady) counts() authserver.Tally {
	u.mu.Lock()
	defer u.mu.Unlock()
	t := u.tally
	t.Denied = maps.Clone(t.Denied)
	return t
}

// ServeHTTP implements http.Handler.
func (u *unsteady) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the client has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	faults, leave := u.enter(r.URL.Path + " " + string(body))
	defer leave()

	answer := web.NewAnswer(w)
	if rand.Float64() < faults.Fail {
		http.Error(answer, "out of order", http.StatusServiceUnavailable)
	} else {
		time.Sleep(rand.N(faults.Latency + 1))
		u.next.ServeHTTP(answer, r)
	}
	u.count(answer.Status)
}

// enter counts a request in until leave is called.
func (u *unsteady) enter(request string) (faults authserver.Faults, leave func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.inFlight[request]++
	u.tally.MostAtOnce = max(u.tally.MostAtOnce, u.inFlight[request])
	return u.faults, func() { u.leave(request) }
}

func (u *unsteady) leave(request string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.inFlight[request]--
	if u.inFlight[request] == 0 {
		delete(u.inFlight, request)
	}
}

func (u *unsteady) count(status int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case status >= http.StatusInternalServerError:
		u.tally.Failed++
	case status >= http.StatusBadRequest:
		u.tally.Denied[http.StatusText(status)]++
	default:
		u.tally.Issued++
	}
}
