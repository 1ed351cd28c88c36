// Command replicas shows several processes that share sessions: three workers over one
// store, each of which may renew, a refresh token that can be used once, and a worker
// that is killed in the middle of a renewal.
//
//	go run ./examples/replicas
//	go run ./examples/replicas -duration 60s -json
//	go run ./examples/replicas -grace 30s
//
// It starts an authorization server and an embedded NATS on loopback, and itself three
// times more:
//
//	worker 1 ─╮
//	worker 2 ─┼─▶ the store        who renews, and the newest tokens
//	worker 3 ─┴─▶ authorization server, which ends a grant whose refresh token is used twice
//
// Each worker has all sessions, and callers who ask for their tokens all the time:
// worker.go is the part to copy. A third into the run one is killed with SIGKILL while the
// authorization server has a request of it, and a fourth is started in its place, with
// the tokens that the first ones were started with. On the way sessions are revoked by
// one worker or another, and it is measured until when the others gave their tokens
// out. The rest of this folder is the world around the workers: what befalls them
// (play.go), how they are spoken to (worker_process.go, talk.go), and the counts (ledger.go,
// report.go).
//
// What nobody can save is the session whose request was under way in the worker that was
// killed: the server has rotated its refresh token, and the answer died with the
// worker. It is counted apart (lost in flight). Where the server forgives a second use for
// a while (-grace), it is not lost either.
//
// Every number that is printed was counted in this run. The program exits with 1
// if the run broke a promise of report.go or could not begin, with 2 for wrong flags. Ctrl-C
// ends a run early, with its summary; a second one ends the program at once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if os.Getenv(workerEnv) != "" {
		os.Exit(work(os.Stdin, os.Stdout))
	}
	s, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2) // parse has said why
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "replicas:", err)
		os.Exit(1)
	}
}

// run plays the run until its time is over or ctx is, and reports on it.
func run(ctx context.Context, s settings, out io.Writer) error {
	w, err := openWorld(ctx, s)
	if err != nil {
		return err
	}
	introduce(out, s)
	p := &play{settings: s, world: w, out: out}
	failure := p.run(ctx)
	closing := w.close()
	r := newReport(p.story, w.ledger.now(), w.auth.Counts())
	r.summarize(out)
	if s.json {
		r.writeJSON(out)
	}
	return errors.Join(failure, closing, r.err())
}
