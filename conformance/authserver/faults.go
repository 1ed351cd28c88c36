package authserver

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// All is the share of a fault that strikes every request.
const All = 1.0

// Faults is what goes wrong at an endpoint. A share is the probability that one
// request is struck, from 0 to All. A request is struck by one fault at most; if
// the shares come to more than All together, the fault listed first goes first.
// The zero value is a server in good health.
type Faults struct {
	// Latency is the longest wait before a request is served, uniformly at
	// random. It is served even if its client has left meanwhile, as by a
	// server with a queue. If zero, at once.
	Latency time.Duration

	Silence      float64 // never answered, until the client leaves or the server is closed
	DropRequests float64 // the connection is cut before the request is served
	DropAnswers  float64 // the request is served, then the connection is cut

	Fail   float64 // answered at once with Status, and not served
	Status int     // default: 503

	Busy       float64       // answered at once with 429, and not served
	RetryAfter time.Duration // what a 429 asks for, rounded up to seconds; zero: it does not say
	RetryDate  bool          // says so as an HTTP date

	// Times is how many requests are struck before the endpoint recovers.
	// If zero, it does not.
	Times int
}

// SetFaults replaces the faults of the token endpoint, for requests that have
// not arrived yet.
func (s *Server) SetFaults(f Faults) { s.token.dice.load(f) }

// SetRevokeFaults does the same for the revocation endpoint.
func (s *Server) SetRevokeFaults(f Faults) { s.revoke.dice.load(f) }

// A fault is what strikes one request.
type fault int

const (
	healthy fault = iota
	silence
	dropRequest
	dropAnswer
	fail
	busy
)

// dice decide which request is struck.
type dice struct {
	mu     sync.Mutex // guards everything below
	faults Faults
	struck int
	rand   *rand.Rand
}

func newDice(seed, endpoint uint64) *dice {
	return &dice{rand: rand.New(rand.NewPCG(seed, endpoint))}
}

func (d *dice) load(f Faults) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults, d.struck = f, 0
}

// roll returns what happens to the next request, the faults that say how, and
// how long it waits. It draws the same two numbers whatever the faults are, so
// that changing one does not change what else is struck.
func (d *dice) roll() (fault, Faults, time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	share, wait := d.rand.Float64(), d.rand.Float64()
	latency := time.Duration(wait * float64(d.faults.Latency))
	if d.faults.Times > 0 && d.struck >= d.faults.Times {
		return healthy, d.faults, latency
	}
	struck := d.faults.pick(share)
	if struck != healthy {
		d.struck++
	}
	return struck, d.faults, latency
}

func (f Faults) pick(share float64) fault {
	for _, may := range []struct {
		share float64
		fault fault
	}{
		{f.Silence, silence},
		{f.DropRequests, dropRequest},
		{f.DropAnswers, dropAnswer},
		{f.Fail, fail},
		{f.Busy, busy},
	} {
		if share < may.share {
			return may.fault
		}
		share -= may.share
	}
	return healthy
}

func (f Faults) status() int { return orDefault(f.Status, http.StatusServiceUnavailable) }

// retryAfter is the value of the header; empty: there is none.
func (f Faults) retryAfter(now time.Time) string {
	if f.RetryAfter <= 0 {
		return ""
	}
	seconds := (f.RetryAfter + time.Second - 1).Truncate(time.Second)
	if f.RetryDate {
		return now.Add(seconds).UTC().Format(http.TimeFormat)
	}
	return strconv.Itoa(int(seconds / time.Second))
}
