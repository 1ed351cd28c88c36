package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are what was asked for.
type options struct {
	only     string
	judges   []string
	workers  int
	markdown string // a file; empty: none
	json     bool
	out, log io.Writer
}

func run(args []string, out, log io.Writer) int {
	o, err := optionsOf(args, out, log)
	if err != nil {
		return 2
	}
	all, err := o.mutants()
	if err == nil && o.only == "" {
		err = o.acquit()
	}
	var reports []report
	if err == nil {
		reports = o.judge(all)
		err = o.tell(reports)
	}
	if err != nil {
		_, _ = fmt.Fprintln(log, "mutants:", err)
		return 2
	}
	return exitOf(reports)
}

// exitOf is 2 if a mutant could not be judged, 1 if one was missed.
func exitOf(reports []report) int {
	code := 0
	for _, r := range reports {
		switch {
		case r.Error != "":
			return 2
		case len(r.Missed) > 0:
			code = 1
		}
	}
	return code
}

func optionsOf(args []string, out, log io.Writer) (options, error) {
	o := options{out: out, log: log}
	f := flag.NewFlagSet("mutants", flag.ContinueOnError)
	f.SetOutput(log)
	f.StringVar(&o.only, "only", "", "plant these `mutants`, with commas between them; empty: all")
	who := f.String("judges", strings.Join(judgeNames, ","), "ask these judges")
	f.IntVar(&o.workers, "workers", 2, "how many mutants are judged side by side")
	f.StringVar(&o.markdown, "markdown", "", "write the table to this `file`, too")
	f.BoolVar(&o.json, "json", false, "print a line of JSON for each mutant, and one at last")
	err := f.Parse(args)
	o.judges = strings.Split(*who, ",")
	for _, name := range o.judges {
		if err == nil && judges[name] == nil {
			err = fmt.Errorf("unknown judge %q; there are: %s", name, strings.Join(judgeNames, ", "))
			_, _ = fmt.Fprintln(log, "mutants:", err)
		}
	}
	return o, err
}

// mutants are those that are asked for.
func (o *options) mutants() ([]mutant, error) {
	all, err := readAll(planted)
	if err != nil || o.only == "" {
		return all, err
	}
	var some []mutant
	for name := range strings.SplitSeq(o.only, ",") {
		i := slices.IndexFunc(all, func(m mutant) bool { return m.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no mutant %q; the folder %s has them", name, planted)
		}
		some = append(some, all[i])
	}
	return some, nil
}

// acquit has the judges look at the code as it is.
func (o *options) acquit() error {
	r, err := o.examine(&mutant{name: "the code as it is", layer: "machine"})
	if err != nil {
		return err
	}
	for _, v := range r.Verdicts {
		if v.Caught {
			return fmt.Errorf("nothing is planted, and the %s finds: %s (%s)", v.Judge, v.What, v.Where)
		}
	}
	return nil
}

// judge has the judges look at mutants, some side by side.
func (o *options) judge(all []mutant) []report {
	reports := make([]report, len(all))
	next := make(chan int)
	var workers sync.WaitGroup
	for range max(1, o.workers) {
		workers.Go(func() {
			for i := range next {
				r, err := o.examine(&all[i])
				if err != nil {
					r.Error = err.Error()
				}
				reports[i] = r
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	workers.Wait()
	return reports
}

// patience is for how long one judge may look at one mutant before something has gone wrong.
const patience = 10 * time.Minute

// examine plants one mutant and asks the judges about it.
func (o *options) examine(m *mutant) (report, error) {
	r := reportOf(m)
	folder, err := os.MkdirTemp("", "mutant")
	if err != nil {
		return r, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	root, err := filepath.Abs(".")
	if err != nil {
		return r, err
	}
	p, err := newPlant(m, root, folder)
	if err != nil {
		return r, err
	}
	for _, name := range o.judges {
		if !sees(name, m.layer) {
			continue
		}
		v, err := within(patience, func(ctx context.Context) (verdict, error) { return judges[name](ctx, p) })
		if err != nil {
			return r, fmt.Errorf("%s: %w", name, err)
		}
		v.Judge = name
		r.Verdicts = append(r.Verdicts, v)
		_, _ = fmt.Fprintf(o.log, "%s: %s: %s\n", m.name, name, v.text())
	}
	r.judge(m, o.judges)
	return r, nil
}

// within gives f a context that ends after d.
func within[T any](d time.Duration, f func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer clockutil.System().AfterFunc(d, cancel).Stop()
	return f(ctx)
}

// tell prints the reports.
func (o *options) tell(reports []report) error {
	caught := 0
	for _, r := range reports {
		if r.Caught {
			caught++
		}
		if !o.json {
			continue
		}
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(o.out, "%s\n", line)
	}
	if o.markdown != "" {
		if err := os.WriteFile(o.markdown, []byte(page(reports)), 0o644); err != nil {
			return err
		}
	}
	if o.json {
		_, _ = fmt.Fprintf(o.out, "{\"mutants\":%d,\"caught\":%d}\n", len(reports), caught)
		return nil
	}
	table(o.out, reports)
	_, _ = fmt.Fprintf(o.out, "%d mutants, %d caught\n", len(reports), caught)
	return nil
}
