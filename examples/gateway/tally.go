package main

import (
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// tally counts what becomes of the calls. It is safe for concurrent use.
type tally struct {
	mu     sync.Mutex // guards everything below
	totals totals
	events events
}

// totals are the counts so far.
type totals struct {
	requests       int
	served         int
	servedInOutage int
	refused        map[cause]int
	waits          histogram // of all calls, served or refused
	breaches       breaches
	failure        error // the first of its kind: what failed, and nobody had foreseen it
}

// causes are why a call may be refused, and still be accounted for.
var causes = []cause{unavailable, revoked, unauthorized, overloaded, timeout}

func newTally() *tally {
	t := &tally{events: events{revokedAt: map[string]time.Time{}}}
	t.totals.refused = map[cause]int{}
	t.totals.breaches = breaches{}
	for _, c := range causes {
		t.totals.refused[c] = 0
	}
	return t
}

// add counts a call that is over.
func (t *tally) add(c call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.totals.requests++
	t.totals.waits.add(c.ended.Sub(c.began))
	t.totals.sort(c, t.events.inOutage(c.ended, 0))
	if b := t.events.judge(c); b != "" {
		t.totals.breaches[b]++
	}
	if t.totals.failure == nil {
		t.totals.failure = c.err
	}
}

// sort counts a call under what it was told. An unauthorized one has been counted by
// tokenRefused.
func (t *totals) sort(c call, inOutage bool) {
	switch {
	case c.refused != "" && c.refused != unauthorized:
		t.refused[c.refused]++
	case c.refused == "" && inOutage:
		t.servedInOutage++
		t.served++
	case c.refused == "":
		t.served++
	}
}

// tokenRefused is told by the API. It counts every refused token, and so also one
// that holdfast has replaced before the caller could see that.
func (t *tally) tokenRefused(tenant string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if errors.Is(err, authserver.ErrRevoked) && t.events.isRevoked(tenant) {
		return // under way when its tenant was revoked; its caller is told so
	}
	t.totals.refused[unauthorized]++
	t.totals.breaches[badToken]++
}

func (t *tally) setOutage(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events.setOutage(on, time.Now())
}

// revoking says that the revocation of a tenant begins.
func (t *tally) revoking(tenant string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events.revokedAt[tenant] = time.Time{}
}

// revoked says that it has ended, and how.
func (t *tally) revoked(tenant string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events.revokedAt[tenant] = time.Now()
	if err != nil {
		t.totals.breaches[notConfirmed]++
		t.totals.failure = err
	}
}

// now returns the totals as they are.
func (t *tally) now() totals {
	t.mu.Lock()
	defer t.mu.Unlock()
	copied := t.totals
	copied.refused = maps.Clone(copied.refused)
	copied.breaches = maps.Clone(copied.breaches)
	return copied
}
