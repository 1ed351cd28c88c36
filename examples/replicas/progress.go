package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// introduce says what is about to happen.
func introduce(out io.Writer, s settings) {
	forgives := "ends a grant whose refresh token is used twice"
	if s.grace > 0 {
		forgives = fmt.Sprintf("forgives a second use of a refresh token for %v", s.grace)
	}
	_, _ = fmt.Fprintf(out, "%d workers share %d sessions in %v, for %v. Access tokens live %v;\n"+
		"the authorization server takes up to %v for one, and %s.\n\n%6s %8s %10s %15s %12s\n",
		workers, s.sessions, s.store, s.duration, s.lifetime, slowest, forgives,
		"second", "workers", "calls/s", "token requests", "most at once")
}

// tell prints what has just happened.
func (p *play) tell(format string, values ...any) {
	p.print("        "+format+"\n", values...)
}

func (p *play) print(format string, values ...any) {
	p.printing.Lock()
	defer p.printing.Unlock()
	_, _ = fmt.Fprintf(p.out, format, values...)
}

// watch prints a line each second, until ctx is over.
func (p *play) watch(ctx context.Context, began time.Time) {
	before := 0
	for second := 1; sleep(ctx, time.Until(began.Add(time.Duration(second)*time.Second))); second++ {
		calls, living := p.calls()
		requests, atOnce := 0, 0
		for _, page := range p.world.ledger.now() {
			requests += page.requests
			atOnce = max(atOnce, page.atOnce)
		}
		p.print("%6d %8d %10d %15d %12d\n", second, living, max(0, calls-before), requests, atOnce)
		before = calls
	}
}

// calls returns how many there have been, and how many workers there are.
func (p *play) calls() (calls, living int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range slices.Concat(p.living, p.fallen) {
		calls += w.counted().Calls
	}
	return calls, len(p.living)
}
