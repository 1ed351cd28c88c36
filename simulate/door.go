package simulate

import (
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/messages"
)

// guest is somebody who asks a session and has no answer yet.
type guest struct {
	label string
	end   context.CancelCauseFunc
}

// Visit lets callers into the house one by one, and out of it one by one: what they do before and
// after is then in one order as well, and no two of them go on at one instant.
func (l *life) Visit(ctx context.Context, v actor.Visit, do func(context.Context) *messages.Reply) *messages.Reply {
	s := l.sim
	if err := s.refuses(ctx); err != nil {
		return &messages.Reply{Err: err}
	}
	if v.What == "close" && l.isDead() { // what is left of it here
		return do(ctx)
	}
	what := wants(s, v)
	if v.Ask == nil { // whoever opens the same key is as good as another
		if l.isDead() || s.windingDown.Load() {
			s.endsHere()
		}
		s.loop.waits(l.name+" "+what, l, nil)
		return l.unlessDead(ctx, do)
	}
	who := s.visitor(ctx)
	if err := who.goesOn(); err != nil {
		return &messages.Reply{Err: err}
	}
	label := who.name + " " + what + " " + l.name
	s.loop.waits(label, l, who.unnamed())
	label = s.once(label) // from here on callers who are alike have numbers
	s.note(who.name, what)
	call := s.begins(Call{Caller: who.name, Process: l.process.name, Session: v.Key, Ask: asks(v.Ask), At: clock.Now()})
	inner, leave := l.lets(ctx, label)
	r := l.unlessDead(inner, do)
	leave()
	s.loop.waits("out "+label, l, nil)
	s.ends(call, r)
	s.note(who.name, l.told(v, r))
	if err := who.goesOn(); err != nil {
		return &messages.Reply{Err: err}
	}
	return r
}

func (l *life) unlessDead(ctx context.Context, do func(context.Context) *messages.Reply) *messages.Reply {
	if l.isDead() {
		return &messages.Reply{Err: ErrCrashed}
	}
	return do(ctx)
}

// told is what somebody has been answered.
func (l *life) told(v actor.Visit, r *messages.Reply) string {
	switch {
	case r.Err != nil:
		return v.Key + ": " + r.Err.Error()
	case r.Token.Access != "":
		return v.Key + ": " + l.sim.tokenName(r.Token.Access)
	}
	return v.Key + ": done"
}

// lets lets somebody in. The context that he waits under ends when his own does, by a turn of
// its own, or with the process.
func (l *life) lets(ctx context.Context, label string) (inner context.Context, leave func()) {
	if ctx.Err() != nil {
		return ctx, func() {}
	}
	s := l.sim
	inner, end := context.WithCancelCause(context.WithoutCancel(ctx))
	g := &guest{label: label, end: end}
	l.mu.Lock()
	l.guests = append(l.guests, g)
	l.mu.Unlock()
	unhook := context.AfterFunc(ctx, func() {
		s.loop.bring(errand{label: "leaves " + label, by: l, what: func() { end(context.Cause(ctx)) }, frees: true})
	})
	return inner, func() {
		unhook()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.guests = slices.DeleteFunc(l.guests, func(o *guest) bool { return o == g })
	}
}

// ErrStranger is the answer to a goroutine that is none of the run's: it was started outside, or what it
// calls was kept from another run. That also fails the run.
var ErrStranger = errors.New("simulate: the caller does not belong to the run")

// refuses returns ErrStranger to a goroutine that is none of the run's. The run could not wait for it, nor it
// for the run.
func (s *Sim) refuses(ctx context.Context) error {
	who := callerOf(ctx)
	if !outside() && !s.over.Load() && (who == nil || who.sim == s) {
		return nil
	}
	said := place() + " does not belong to the run: its goroutine was started before Run, or what it calls was kept from another run. " +
		"Start goroutines with Sim.Go, and make sessions, processes and servers anew, in the function that Run plays"
	_, bubble := self()
	if other, ok := runs.Load(bubble); ok {
		other.(*Sim).Errorf("%s", said)
	}
	s.Errorf("%s", said)
	return ErrStranger
}

// demands ends a goroutine that is none of the run's.
func (s *Sim) demands() {
	if s.refuses(context.Background()) != nil {
		runtime.Goexit()
	}
}

// runs has the Sim of each bubble in which one plays.
var runs sync.Map

// outside reports whether this goroutine is in no bubble. The time of bubbles has no monotonic part.
func outside() bool { return ticks(time.Now()) }

// ticks reports whether a reading has a monotonic part.
func ticks(now time.Time) bool { return now != now.Round(0) }

// visitor is who has this context, or else whoever stands where this was called from.
func (s *Sim) visitor(ctx context.Context) *caller {
	if c := callerOf(ctx); c != nil {
		return c
	}
	return &caller{sim: s, name: place()}
}

// unnamed returns the caller if he has no name of his own, and nil else.
func (c *caller) unnamed() *caller {
	if c.ctx != nil {
		return nil
	}
	return c
}

// place returns the line of code outside of this module's own packages that this
// goroutine is at.
func place() string {
	var stack [32]uintptr
	frames := runtime.CallersFrames(stack[:runtime.Callers(3, stack[:])])
	for {
		f, more := frames.Next()
		if !within(f.Function) && !library(f.File) {
			return fmt.Sprintf("%s:%d", path.Base(f.File), f.Line)
		}
		if !more {
			return "a goroutine"
		}
	}
}

// within reports whether a function is of a package that calls come through.
func within(function string) bool {
	return slices.ContainsFunc(through, func(pkg string) bool { return strings.HasPrefix(function, pkg) })
}

var through = []string{
	"github.com/holdfast-go/holdfast/actor.", "github.com/holdfast-go/holdfast/sessions.", "github.com/holdfast-go/holdfast/simulate.",
	"golang.org/x/oauth2.",
}

// wants is what a visit is for, in the trace.
func wants(s *Sim, v actor.Visit) string {
	switch a := v.Ask.(type) {
	case nil:
		return v.What + " " + v.Key
	case messages.Exchange:
		return fmt.Sprintf("exchange %s %v %s %s", v.Key, a.Scopes, a.Resource, a.Audience)
	case messages.Reject:
		return "reject " + v.Key + " " + s.tokenName(a.Token)
	case messages.Get, messages.Refresh, messages.Revoke, messages.Establish:
		return asks(a) + " " + v.Key
	}
	panic("BUG: unknown ask")
}

// asks is the name of an ask.
func asks(a messages.Ask) string {
	switch a.(type) {
	case messages.Get:
		return "get"
	case messages.Refresh:
		return "refresh"
	case messages.Exchange:
		return "exchange"
	case messages.Revoke:
		return "revoke"
	case messages.Establish:
		return "establish"
	case messages.Reject:
		return "reject"
	}
	panic("BUG: unknown ask")
}
