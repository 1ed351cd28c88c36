package authserver

import (
	"maps"
	"sync"
)

// Counts is what a server has seen since it was made.
type Counts struct {
	Token map[string]Tally // token requests, by grant_type as it was sent

	// Uses counts how often a refresh token of a family arrived at go-oidc,
	// by GrantID. Families that have expired are forgotten.
	Uses map[string]int

	Forgiven    int // uses of a spent refresh token within Grace
	Reuses      int // uses of a spent refresh token that revoked its family
	Revoked     int // families revoked, by reuse or by request
	Revocations int // revocation requests that were granted, for unknown tokens too
}

// A Tally counts the token requests of one grant type. Issued, Denied and Failed
// make up all that have been decided.
type Tally struct {
	Issued int
	Denied map[string]int // by error code
	Failed int            // struck by a fault and not served, or an internal error
	Lost   int            // served, but the answer was dropped; they count above, too

	// MostAtOnce is the largest number of requests that were in flight at one
	// moment for one grant or, where there is none yet, one subject of one client.
	MostAtOnce int
}

// Counts returns a copy of all counters. A request is counted before its
// answer can be seen.
func (s *Server) Counts() Counts {
	c := s.counts.copy()
	s.store.lock()
	defer s.store.mu.Unlock()
	c.Uses = maps.Clone(s.store.uses)
	c.Forgiven, c.Reuses, c.Revoked = s.store.forgiven, s.store.reuses, s.store.revoked
	return c
}

// An outcome is what became of a request; if it was served, its attempt says
// how that ended.
type outcome int

const (
	served outcome = iota
	lost
	failed
)

// counters are the counts that the endpoints keep.
type counters struct {
	mu          sync.Mutex // guards everything below
	tallies     map[string]Tally
	inFlight    map[string]int // by grant type and what the requests are about
	revocations int
}

// enter counts a request in until leave is called.
func (c *counters) enter(grantType, about string) (leave func()) {
	if about == "" {
		return func() {}
	}
	key := grantType + " " + about
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inFlight == nil {
		c.inFlight = map[string]int{}
	}
	c.inFlight[key]++
	c.tally(grantType, func(t *Tally) { t.MostAtOnce = max(t.MostAtOnce, c.inFlight[key]) })
	return func() { c.leave(key) }
}

func (c *counters) leave(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inFlight[key]--
	if c.inFlight[key] == 0 {
		delete(c.inFlight, key)
	}
}

// tally changes one tally. The caller holds mu.
func (c *counters) tally(grantType string, change func(*Tally)) {
	if c.tallies == nil {
		c.tallies = map[string]Tally{}
	}
	t := c.tallies[grantType]
	change(&t)
	c.tallies[grantType] = t
}

// token counts a token request.
func (c *counters) token(a *attempt, how outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tally(a.grantType(), func(t *Tally) {
		if how == lost {
			t.Lost++
		}
		switch {
		case how == failed || a.internal():
			t.Failed++
		case a.code == "":
			t.Issued++
		default:
			t.deny(a.code)
		}
	})
}

func (t *Tally) deny(code string) {
	if t.Denied == nil {
		t.Denied = map[string]int{}
	}
	t.Denied[code]++
}

// revocation counts a revocation request.
func (c *counters) revocation(a *attempt, how outcome) {
	if how == failed || a.code != "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revocations++
}

func (c *counters) copy() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := Counts{Token: map[string]Tally{}, Revocations: c.revocations}
	for grantType, t := range c.tallies {
		t.Denied = maps.Clone(t.Denied)
		all.Token[grantType] = t
	}
	return all
}
