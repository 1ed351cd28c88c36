package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// introduce says what is about to happen.
func introduce(out io.Writer, s settings, p plan, w *world) {
	printf := func(format string, values ...any) { _, _ = fmt.Fprintf(out, format, values...) }
	printf("%s callers, %s tenants, access tokens that live %v, for %v:\n\n",
		grouped(s.callers), grouped(s.tenants), s.lifetime, s.duration)
	for _, next := range p {
		printf("  from %5v  %-8s %s\n", round(next.from), next.name, describe(next, w.victim()))
	}
	if where := describeStore(s, w.resumed); where != "" {
		printf("\n%s\n", where)
	}
	printf("\n%6s  %-8s %8s %8s %15s %9s %10s   %s\n",
		"second", "phase", "calls/s", "p99 ms", "token requests", "renewals", "exchanges", "refused so far")
}

// describeStore says where the sessions are, and what came of those that were there;
// empty: in memory.
func describeStore(s settings, r resumed) string {
	switch {
	case !s.store.Lasts():
		return ""
	case s.state == "":
		return fmt.Sprintf("Sessions are kept in %v. Their authorization server ends with this run, so the next one\n"+
			"begins anew: -state FOLDER keeps it, too, and the next run goes on with the tokens.", s.store)
	case r == resumed{}:
		return fmt.Sprintf("Sessions are kept in %v, and the authorization server in %s:\nthe next run goes on with the tokens.", s.store, s.state)
	}
	return fmt.Sprintf("Sessions are kept in %v, and the authorization server in %s:\n%v.", s.store, s.state, r)
}

// describe says what a phase is about.
func describe(p phase, victim *tenant) string {
	switch {
	case p.revokes && victim == nil:
		return "as before (no tenant is of a kind that stays revoked)"
	case p.revokes:
		return "as before, and the gateway revokes " + victim.name
	case p.outage():
		return "the authorization server answers 503 at once"
	case p.faults.Latency > 0:
		return fmt.Sprintf("the authorization server takes up to %v for a token", p.faults.Latency)
	}
	return "the authorization server is in good health"
}

// progress prints a line each second.
type progress struct {
	out  io.Writer
	plan plan

	counts func() authserver.Counts

	last   time.Duration // until when, since the beginning, lines have been printed
	before totals        // what was counted by then
}

// watch prints until ctx is over, and then a line for what is left of the last second.
func (p *progress) watch(ctx context.Context, t *tally) {
	began := time.Now()
	for over := false; !over; {
		next := p.last.Round(time.Second) + time.Second
		over = !sleep(ctx, time.Until(began.Add(next)))
		if now := time.Since(began); now > p.last+100*time.Millisecond {
			p.print(now, t.now())
		}
	}
}

// print writes the line of the time since the last one.
func (p *progress) print(now time.Duration, counted totals) {
	waits := counted.waits.without(p.before.waits)
	asked := askedFor(p.counts())
	_, _ = fmt.Fprintf(p.out, "%6d  %-8s %8s %8.1f %15s %9s %10s   %s\n",
		p.last.Round(time.Second)/time.Second+1, p.plan.at(p.last).name,
		grouped(int(float64(waits.n)/(now-p.last).Seconds())), milliseconds(waits.percentile(99)),
		grouped(asked.requests), grouped(asked.renewals), grouped(asked.exchanges), refusals(counted.refused))
	p.last, p.before = now, counted
}

// refusals lists the causes that there have been.
func refusals(refused map[cause]int) string {
	var some []string
	for _, c := range causes {
		if refused[c] > 0 {
			some = append(some, fmt.Sprintf("%s %s", grouped(refused[c]), c))
		}
	}
	if len(some) == 0 {
		return "-"
	}
	return strings.Join(some, ", ")
}

// round is for people: tenths of a second.
func round(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// grouped writes a number with a comma before every three digits.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}
