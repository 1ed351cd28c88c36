package main

import (
	"fmt"
	"os"
	"time"

	"github.com/holdfast-go/holdfast/internal/simcore"
)

// history is a script that was played, and what happens in it.
type history struct {
	script *simcore.Script
	story  *simcore.Story
}

// replay plays the script that was given.
var replay = scenario{name: "script", play: func(o options) report { return alone(o, o.script) }}

// alone plays one script, and tells what happens.
func alone(o options, s *simcore.Script) report {
	started := now()
	sum, story := simcore.Tell(s)
	r := of(sum, now().Sub(started))
	for _, v := range r.found {
		v.Seed = o.seed // of no account where a script was given
	}
	r.tell(o, s, story)
	if r.Violations > 0 && o.shrink {
		r.breaks(o, s)
	}
	return r
}

// tell tells a history.
func (r *report) tell(o options, s *simcore.Script, story *simcore.Story) {
	r.told = &history{s, story}
	_, _ = fmt.Fprintf(o.log, "%v\n%v", s, story)
}

// shrinkFor is how long a script is made smaller at most.
const shrinkFor = 10 * time.Second

// breaks makes a script small that breaks a promise, if that is wanted, and tells what
// happens.
func (r *report) breaks(o options, s *simcore.Script) {
	if !o.shrink {
		_, story := simcore.Tell(s)
		r.tell(o, s, story)
		return
	}
	started := now()
	small := simcore.Shrink(s, simcore.Shrinking{Until: func() bool { return now().Sub(started) >= shrinkFor }})
	if small.Violation == nil {
		r.notes = append(r.notes, "the promise is kept when the script is played once more")
		return
	}
	if small.Script.About == "" {
		small.Script.About = small.Violation.Monitor + ": " + small.Violation.Text
	}
	_, story := simcore.Tell(small.Script)
	r.tell(o, small.Script, story)
	events := len(small.Script.Events)
	r.Shrunk = &events
	r.notes = append(r.notes, fmt.Sprintf("shrunk from %d events to %d, and %d strikes, in %.1f s: %d candidates were played",
		len(s.Events), events, len(small.Script.Strikes), now().Sub(started).Seconds(), small.Plays))
}

// read reads a script from a file.
func read(file string) (*simcore.Script, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("read the script: %w", err)
	}
	s, err := simcore.ReadScript(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s is no script: %w", file, err)
	}
	return s, nil
}

// write writes the files that were asked for of a history; nil: none was told.
func (o options) write(h *history) error {
	for _, f := range []struct {
		name string
		text func() string
	}{
		{o.mermaid, func() string { return h.story.Mermaid() }},
		{o.save, func() string { return h.script.String() + "\n" }},
	} {
		switch {
		case f.name == "":
		case h == nil:
			_, _ = fmt.Fprintf(o.log, "no history was told, and %s is not written\n", f.name)
		default:
			if err := os.WriteFile(f.name, []byte(f.text()), 0o600); err != nil {
				return fmt.Errorf("write what was told: %w", err)
			}
		}
	}
	return nil
}
