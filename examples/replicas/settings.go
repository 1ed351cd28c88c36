package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/holdfast-go/holdfast/examples/internal/stores"
)

// settings are the flags.
type settings struct {
	duration time.Duration
	sessions int
	lifetime time.Duration // of an access token
	grace    time.Duration // of a spent refresh token; zero: none
	where    string        // what -store was given; it may hold a password
	store    stores.Place  // what that is
	json     bool
}

// embedded is what -store says where the server is to be in this process.
const embeddedNATS = "nats:"

// parse reads the flags. It tells w what is wrong with them, or what they are.
func parse(args []string, w io.Writer) (settings, error) {
	var s settings
	flags := s.flags()
	err := flags.Parse(args)
	if err == nil {
		err = s.check(flags.Args())
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintln(w, "go run ./examples/replicas [flags]")
		flags.SetOutput(w)
		flags.PrintDefaults()
	case err != nil:
		_, _ = fmt.Fprintf(w, "replicas: %v (-h lists the flags)\n", err)
	}
	return s, err
}

func (s *settings) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("replicas", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.DurationVar(&s.duration, "duration", 30*time.Second, "how long the run takes; what happens in it scales along")
	flags.IntVar(&s.sessions, "sessions", 100, "how many sessions the workers share")
	flags.DurationVar(&s.lifetime, "lifetime", 6*time.Second, "how long an access token lives, in whole seconds")
	flags.DurationVar(&s.grace, "grace", 0, "how long the server accepts a refresh token again that has been used; 0: never")
	flags.StringVar(&s.where, "store", embeddedNATS, "`where` the workers keep sessions: nats: (embedded), nats://…, postgres://… or redis://…")
	flags.BoolVar(&s.json, "json", false, "print the results as one JSON object on the last line")
	return flags
}

// The least that a run makes sense with: a claim takes five seconds, or a third of the
// grace if that is less.
const (
	leastDuration = 3 * time.Second
	leastLifetime = 5 * time.Second
	leastGrace    = 10 * time.Second
	leastSessions = 2 * revocations
)

func (s *settings) check(rest []string) (err error) {
	if s.store, err = stores.Parse(s.where); err != nil {
		return fmt.Errorf("-store: %w", err)
	}
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is no flag", rest[0])
	case s.where != embeddedNATS && !s.store.Shared():
		return fmt.Errorf("-store: the workers are several processes, and %v is for one; give nats:, nats://…, postgres://… or redis://…", s.store)
	case s.duration < leastDuration:
		return fmt.Errorf("-duration must be %v or more", leastDuration)
	case s.sessions < leastSessions:
		return fmt.Errorf("-sessions must be %d or more", leastSessions)
	case s.lifetime < leastLifetime || s.lifetime%time.Second != 0:
		return fmt.Errorf("-lifetime must be in whole seconds and at least %v", leastLifetime)
	case s.grace != 0 && s.grace < leastGrace:
		return fmt.Errorf("-grace must be 0 or at least %v", leastGrace)
	}
	return nil
}
