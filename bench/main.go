// Command bench measures holdfast beside what one would pick instead.
//
//	go run ./bench                        all of it, in less than an hour
//	go run ./bench -quick                 all of it, small, in less than a minute
//	go run ./bench -scenario hot -rounds 9
//	go run ./bench -json rounds.json -markdown tables.md -plot plots -check
//
// A scenario (scenario.go lists them, each has a file with the question that it answers)
// has contests. In a contest the entrants do the same work in the same process, in
// alternating rounds (contest.go). They are the rivals (rival_*.go), each used as its documentation
// says, and limits: the least that anybody could do. All get their tokens from the
// same kind of token endpoint (endpoint.go), most of the time one without a network.
//
// A figure is the median of its rounds, between the lowest and the highest of them. "≥ "
// before a figure: the round was cut short, and it would have become more. A rival that
// cannot take part in a scenario is listed with the reason.
//
// Machines are noisy, and no two are alike: take ratios of figures of one run, not the
// figures. Not measured are the network, TLS, what a library does before main, and any
// machine but the one it runs on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	if len(os.Args) == 3 && os.Args[1] == childCommand {
		exitOn(runChild(ctx, os.Args[2], os.Stdout))
		return
	}
	s, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2) // parse has said why
	}
	exitOn(run(ctx, s, os.Stdout, os.Stderr))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures what s asks for, and tells out of it.
func run(ctx context.Context, s settings, out, errOut io.Writer) error {
	r := report{began: time.Now(), host: describeHost(), versions: versions(), settings: s}
	r.introduce(out)
	p := newProgress(errOut)
	for _, one := range s.chosen() {
		all, err := one.play(ctx, s, p)
		if err != nil {
			return err
		}
		p.clear()
		r.add(one, all)
		printScenario(out, one, all)
	}
	r.took = time.Since(r.began)
	_, _ = fmt.Fprintf(out, "\nAll that took %v.\n", r.took.Round(time.Second))
	return errors.Join(r.write(), r.judge(out))
}
