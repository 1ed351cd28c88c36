package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/examples/internal/stores"
)

// settings are the flags.
type settings struct {
	duration  time.Duration
	callers   int
	tenants   int
	lifetime  time.Duration // of an access token
	pause     time.Duration // of a caller, on average
	faults    bool
	kinds     []tenantKind
	where     string       // what -store was given; it may hold a password
	store     stores.Place // what that is
	namespace string       // of the sessions in it
	state     string       // the folder of the world; empty: it ends with the run
	json      bool
	verbose   bool
}

// parse reads the flags. It tells w what is wrong with them, or what they are.
func parse(args []string, w io.Writer) (settings, error) {
	s := settings{kinds: tenantKinds, namespace: "holdfast_gateway"}
	flags := s.flags()
	err := flags.Parse(args)
	if err == nil {
		err = s.check(flags.Args())
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintln(w, "go run ./examples/gateway [flags]")
		flags.SetOutput(w)
		flags.PrintDefaults()
	case err != nil:
		_, _ = fmt.Fprintf(w, "gateway: %v (-h lists the flags)\n", err)
	}
	return s, err
}

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.DurationVar(&s.duration, "duration", 20*time.Second, "how long the run takes; what happens in it scales along")
	flags.IntVar(&s.callers, "callers", 2000, "how many callers there are")
	flags.IntVar(&s.tenants, "tenants", 100, "how many tenants they belong to")
	flags.DurationVar(&s.lifetime, "lifetime", 4*time.Second, "how long an access token lives, in whole seconds")
	flags.DurationVar(&s.pause, "pause", time.Second, "how long a caller rests between requests, on average")
	flags.BoolVar(&s.faults, "faults", true, "let the authorization server fail, and revoke a tenant; false: a calm run")
	flags.BoolVar(&s.json, "json", false, "print the results as one JSON object on the last line")
	flags.BoolVar(&s.verbose, "v", false, "log what happens to the sessions to standard error")
	flags.Func("kinds", "the `kinds` of sessions that tenants have, in turn (default "+kindNames(s.kinds)+")", s.setKinds)
	flags.StringVar(&s.where, "store", "memory", "`where` sessions are kept: "+stores.Usage())
	flags.StringVar(&s.state, "state", "", "the `folder` that keeps the demo's authorization server, too, so that the next run goes on")
	return flags
}

func (s *settings) setKinds(list string) (err error) {
	s.kinds, err = findKinds(strings.Split(list, ","))
	return err
}

// leastLifetime leaves half of it for the margin (see openManager), of which a
// second is lost to fractions.
const leastLifetime = 3 * time.Second

func (s *settings) check(rest []string) (err error) {
	if s.store, err = stores.Parse(s.where); err != nil {
		return fmt.Errorf("-store: %w", err)
	}
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is no flag", rest[0])
	case s.duration < time.Second:
		return errors.New("-duration must be a second or more")
	case s.callers < 1:
		return errors.New("-callers must be 1 or more")
	case s.tenants < 1:
		return errors.New("-tenants must be 1 or more")
	case s.lifetime < leastLifetime || s.lifetime%time.Second != 0:
		return fmt.Errorf("-lifetime must be in whole seconds and at least %v", leastLifetime)
	case s.pause < 0:
		return errors.New("-pause must not be negative")
	case s.state != "" && !s.store.Lasts():
		return errors.New("-state keeps the authorization server for sessions that are kept, too; give a -store other than memory")
	}
	return nil
}
