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
	counts
	kinds    map[string]*counts // the same for each kind of tenant
	breaches breaches
	failure  error // the first of its kind: what failed, and nobody had foreseen it
}

// counts are of calls, all or some.
type counts struct {
	requests       int
	served         int
	servedInOutage int
	refused        map[cause]int
	waits          histogram // of all calls, served or refused
}

// causes are why a call may be refused, and still be accounted for.
var causes = []cause{unavailable, revoked, unauthorized, overloaded, timeout}

func newTally() *tally {
	return &tally{
		events: events{revokedAt: map[string]time.Time{}},
		totals: totals{counts: *newCounts(), kinds: map[string]*counts{}, breaches: breaches{}},
	}
}

func newCounts() *counts {
	c := &counts{refused: map[cause]int{}}
	for _, why := range causes {
		c.refused[why] = 0
	}
	return c
}

// add counts a call that is over.
func (t *tally) add(c call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	inOutage := t.events.inOutage(c.ended, 0)
	t.totals.add(c, inOutage)
	t.totals.of(c.kind).add(c, inOutage)
	if b := t.events.judge(c); b != "" {
		t.totals.breaches[b]++
	}
	if t.totals.failure == nil {
		t.totals.failure = c.err
	}
}

// of returns the counts of a kind.
func (t *totals) of(kind string) *counts {
	if t.kinds[kind] == nil {
		t.kinds[kind] = newCounts()
	}
	return t.kinds[kind]
}

// add counts a call, and sorts it under what it was told. An unauthorized one has been
// counted by tokenRefused.
func (n *counts) add(c call, inOutage bool) {
	n.requests++
	n.waits.add(c.ended.Sub(c.began))
	switch {
	case c.refused != "" && c.refused != unauthorized:
		n.refused[c.refused]++
	case c.refused == "" && inOutage:
		n.servedInOutage++
		n.served++
	case c.refused == "":
		n.served++
	}
}

func (n *counts) clone() *counts {
	copied := *n
	copied.refused = maps.Clone(n.refused)
	return &copied
}

// tokenRefused is told by the API. It counts every refused token, and so also one
// that holdfast has replaced before the caller could see that.
func (t *tally) tokenRefused(tenant, kind string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if errors.Is(err, authserver.ErrRevoked) && t.events.isRevoked(tenant) {
		return // under way when its tenant was revoked; its caller is told so
	}
	t.totals.refused[unauthorized]++
	t.totals.of(kind).refused[unauthorized]++
	t.totals.breaches[badToken]++
}

func (t *tally) setOutage(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events.setOutage(on, time.Now())
}

// revokedBefore says that a tenant was revoked in an earlier run.
func (t *tally) revokedBefore(tenant string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events.revokedAt[tenant] = time.Now()
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
	copied.counts = *t.totals.clone()
	copied.breaches = maps.Clone(copied.breaches)
	copied.kinds = map[string]*counts{}
	for name, n := range t.totals.kinds {
		copied.kinds[name] = n.clone()
	}
	return copied
}
