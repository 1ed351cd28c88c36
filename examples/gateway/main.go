// Command gateway shows holdfast at work: thousands of callers, through token
// expiry and through a slow and a failing authorization server.
//
//	go run ./examples/gateway
//	go run ./examples/gateway -kinds exchange,jwt-bearer
//	go run ./examples/gateway -store bolt:sessions.db -state world
//
// It starts its servers on loopback and calls the gateway:
//
//	callers ─▶ gateway ─▶ API          verifies every token
//	              │
//	              ╰─▶ authorization server, and fakes of Spatium's and Caspio's services
//
// The gateway embeds holdfast, with one session a tenant, and sends each request on
// to the API with the token of its tenant: gateway.go is the part to copy,
// kinds.go says how its sessions are made. The rest of this folder is the world
// around it: the servers (world.go, services.go), what is kept of them (home.go) and gone on
// with (resume.go), what befalls them (phases.go), the callers
// (callers.go), and the count of what came of it (tally.go, promises.go,
// report.go).
//
// Every number that is printed was counted in this run. The program exits with 1
// if the run broke a promise of promises.go or could not begin, with 2 for wrong flags. Ctrl-C ends
// a run early, with its summary; a second one ends the program at once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

func main() {
	s, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2) // parse has said why
	}
	// Both ends of thousands of connections are in this process. Measured on a busy
	// machine, a request then takes 0.1 s from the gateway to the API instead of 0.5 s
	// with the default of 100 (p99), for some 450 MiB.
	debug.SetGCPercent(400)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

// run plays a world until its time is over or ctx is, and reports on it.
func run(ctx context.Context, s settings, out io.Writer) error {
	t := newTally()
	w, err := openWorld(s, t)
	if err != nil {
		return err
	}
	plan := planOf(s)
	introduce(out, s, plan, w)

	began := time.Now()
	play(ctx, s, plan, w, t, out)
	took := time.Since(began)

	closing := w.close() // before counting: a renewal may be under way
	r := newReport(t.now(), w.services.counts(), took)
	r.summarize(out)
	if s.json {
		r.writeJSON(out)
	}
	return errors.Join(r.broken.err(r.totals.failure), closing)
}

// play returns when the run is over and everybody has come home.
func play(ctx context.Context, s settings, plan plan, w *world, t *tally, out io.Writer) {
	ctx, cancel := context.WithTimeout(ctx, s.duration)
	defer cancel()
	var all sync.WaitGroup
	for i := range s.callers {
		c := newCaller(w.gateway.URL, w.tenants[i%len(w.tenants)], s.pause, t)
		all.Go(func() { c.run(ctx) })
	}
	all.Go(func() { plan.play(ctx, w, t) })
	all.Go(func() { (&progress{out: out, plan: plan, counts: w.services.counts}).watch(ctx, t) })
	all.Wait()
}
