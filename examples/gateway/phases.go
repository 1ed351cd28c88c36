package main

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// phase is a part of the run, until the next one begins.
type phase struct {
	name    string
	from    time.Duration     // since the beginning of the run
	faults  authserver.Faults // of the token endpoint
	revokes bool              // it begins with the revocation of a tenant
}

// outage reports whether the authorization server refuses everything.
func (p phase) outage() bool { return p.faults.Fail > 0 }

// plan is what happens in a run, in its order.
type plan []phase

// slowest is the longest that a slow authorization server takes for a token.
const slowest = time.Second

// planOf scales with the duration:
//
//	calm      from the beginning   the authorization server is in good health
//	slow      10 %                 it takes up to a second for each token
//	outage    40 %                 it answers 503 at once
//	slow      65 %                 as before
//	revoked   75 %                 as before, and the gateway revokes a tenant
func planOf(s settings) plan {
	if !s.faults {
		return plan{{name: "calm"}}
	}
	percent := func(n time.Duration) time.Duration { return s.duration * n / 100 }
	slow := authserver.Faults{Latency: slowest}
	return plan{
		{name: "calm"},
		{name: "slow", from: percent(10), faults: slow},
		{name: "outage", from: percent(40), faults: authserver.Faults{Fail: authserver.All}},
		{name: "slow", from: percent(65), faults: slow},
		{name: "revoked", from: percent(75), faults: slow, revokes: true},
	}
}

// at returns the phase of a moment of the run.
func (p plan) at(elapsed time.Duration) phase {
	now := p[0]
	for _, next := range p {
		if next.from <= elapsed {
			now = next
		}
	}
	return now
}

// play lets each phase begin in its time, until ctx is over.
func (p plan) play(ctx context.Context, w *world, t *tally) {
	began := time.Now()
	for _, next := range p {
		if !sleep(ctx, time.Until(began.Add(next.from))) {
			return
		}
		t.setOutage(next.outage())
		w.services.setFaults(next.faults)
		if victim := w.victim(); next.revokes && victim != nil {
			revoke(victim, t)
		}
	}
}

// revoke ends a tenant's session while his callers go on.
func revoke(victim *tenant, t *tally) {
	ctx, cancel := context.WithTimeout(context.Background(), gatewayTimeout)
	defer cancel()
	t.revoking(victim.name)
	t.revoked(victim.name, victim.session.Revoke(ctx))
}
