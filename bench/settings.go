package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// settings are the flags.
type settings struct {
	only   []string // scenarios; nil: all
	rounds int
	quick  bool
	check  bool

	// URLs of the servers of the scenario stores; empty: on this machine, without a password.
	redis, postgres string

	// Files and a folder to write; empty: none.
	json, markdown, summary, plot string
}

// parse reads the flags. It tells w what is wrong with them, or what they are.
func parse(args []string, w io.Writer) (settings, error) {
	var s settings
	flags := s.flags()
	err := flags.Parse(args)
	if err == nil {
		err = s.verify(flags.Args())
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintln(w, "go run ./bench [flags]")
		flags.SetOutput(w)
		flags.PrintDefaults()
	case err != nil:
		_, _ = fmt.Fprintf(w, "bench: %v (-h lists the flags)\n", err)
	}
	return s, err
}

const (
	usualRounds = 5
	quickRounds = 3
)

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("scenario", "run only these `scenarios`, separated by commas (default all: "+strings.Join(scenarioNames(), ",")+")", s.setScenarios)
	flags.IntVar(&s.rounds, "rounds", 0, fmt.Sprintf("how many `rounds` each contest has (default %d, with -quick and for long ones %d, for both 1)", usualRounds, quickRounds))
	flags.BoolVar(&s.quick, "quick", false, "all in less than a minute: fewer sessions and callers, shorter rounds")
	flags.BoolVar(&s.check, "check", false, "put each figure beside its goal, and exit with 1 if one is missed")
	flags.StringVar(&s.redis, "redis", "", "the `URL` of a Redis to keep records in (default "+s.redisURL()+")")
	flags.StringVar(&s.postgres, "postgres", "", "the `URL` of a PostgreSQL that lets its user make schemas (default "+s.postgresURL()+")")
	flags.StringVar(&s.json, "json", "", "write all rounds of all figures to this `file`")
	flags.StringVar(&s.markdown, "markdown", "", "write the tables to this `file`, as Markdown")
	flags.StringVar(&s.summary, "summary", "", "put the most important figures into this `file`, between two comments that it has")
	flags.StringVar(&s.plot, "plot", "", "draw the figures into this `folder`, as SVG and PNG")
	return flags
}

func (s *settings) setScenarios(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(scenarioNames(), name) {
			return fmt.Errorf("there is no scenario %q", name)
		}
		s.only = append(s.only, name)
	}
	return nil
}

func (s *settings) verify(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is no flag", rest[0])
	case s.rounds < 0:
		return errors.New("-rounds must be 1 or more")
	}
	return nil
}

// roundsOf returns how many rounds the contests of a scenario have.
func (s settings) roundsOf(one scenario) int {
	switch {
	case s.rounds > 0:
		return s.rounds
	case s.quick && one.longRounds:
		return 1
	case s.quick, one.longRounds:
		return quickRounds
	}
	return usualRounds
}

// scaled is a size of the usual run, and of the quick one.
func (s settings) scaled(usual, quick int) int {
	if s.quick {
		return quick
	}
	return usual
}
