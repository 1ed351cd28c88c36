package simcore

import (
	"slices"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// flaws break a promise where certain things have happened, and only there.
var flaws = []struct {
	name            string
	forge           func(*look)
	events, strikes int           // that are needed
	within          time.Duration // of which the last event is
}{
	{"an exchange after a Reject is answered twice", func(l *look) {
		if len(l.barredPairs) > 0 && answersTo[messages.Exchange](l) {
			answersAgain(l)
		}
	}, 3, 0, time.Second},
	{"a Refresh after a crash is answered twice", func(l *look) {
		if l.by.life == 2 && l.by.world.server.rotations > 0 && answersTo[messages.Refresh](l) {
			answersAgain(l)
		}
	}, 2, 1, time.Hour},
	{"a renewal that was not answered is answered twice", func(l *look) {
		if m := l.mints; m.n > 1 && answersTo[messages.Refresh](l) {
			answersAgain(l)
		}
	}, 3, 2, 15 * time.Minute},
}

// answersTo reports whether the step answers an ask of this kind.
func answersTo[A messages.Ask](l *look) bool {
	return slices.ContainsFunc(l.effects, func(e machine.Effect) bool {
		a, answer := e.(machine.Answer)
		if !answer || l.who(a.Caller) == nil {
			return false
		}
		_, is := l.who(a.Caller).ask.(A)
		return is
	})
}

// answersAgain has the step give its answers twice.
func answersAgain(l *look) {
	for _, e := range l.effects {
		if a, answer := e.(machine.Answer); answer {
			l.effects = append(l.effects[:len(l.effects):len(l.effects)], a)
		}
	}
}

// flawed is the first storm in which a flaw shows.
func flawed(t *testing.T, w *World) *Script {
	t.Helper()
	s := new(Script)
	for seed := range uint64(300) {
		Storm(seed, All(), s)
		s.Lasts = 5 * time.Hour
		if w.Play(s) != nil {
			return s
		}
	}
	t.Fatal("the flaw never shows")
	return nil
}

func TestShrinkLeavesTheFewEventsThatBreakThePromise(t *testing.T) {
	for _, f := range flaws {
		t.Run(f.name, func(t *testing.T) {
			w := NewWorld()
			w.forge = f.forge
			s := flawed(t, w)
			got := w.shrink(s, Shrinking{})
			v, story := w.tell(got.Script)
			t.Logf("%d plays: %v\n%v\n%v", got.Plays, got.Violation, got.Script, story)
			if v == nil || v.Monitor != "answered once" || *v != *got.Violation {
				t.Errorf("the small script breaks %v", v)
			}
			if n := len(got.Script.Events); n > f.events {
				t.Errorf("%d events are left, want %d", n, f.events)
			}
			if e := got.Script.Events[len(got.Script.Events)-1]; e.Aim != NoAim || e.Offset != 0 || e.N != 0 || e.At > f.within {
				t.Errorf("the last event is %+v", e)
			}
			if s := got.Script; s.Lasts != 0 || s.Terms.Processes != 1 || len(s.Terms.Kinds) != 1 || s.Terms.Rate != 0 {
				t.Errorf("it lasts for %v at least, in %+v", s.Lasts, s.Terms)
			}
			if n := len(got.Script.Strikes); n > f.strikes || got.Script.Weather != (Weather{}) {
				t.Errorf("%d faults strike, want %d; and %v", n, f.strikes, got.Script.Weather)
			}
		})
	}
}

func TestShrinkThatMustEndSpellsTheWeatherOutAllTheSame(t *testing.T) {
	w := NewWorld()
	w.forge = flaws[2].forge
	s := flawed(t, w)
	for name, b := range map[string]Shrinking{
		"after 10 plays": {Plays: 10},
		"at once":        {Until: func() bool { return true }},
	} {
		got := w.shrink(s, b)
		if n := len(got.Script.Events); n < 20 || got.Plays > 510 {
			t.Errorf("%s: %d events are left, %d plays", name, n, got.Plays)
		}
		if n := len(got.Script.Strikes); got.Script.Weather != (Weather{}) || n < 1 || n > 4 {
			t.Errorf("%s: %d faults strike, and %v", name, n, got.Script.Weather)
		}
	}
}

func TestShrinkKeepsThePromiseThatWasBroken(t *testing.T) {
	w := NewWorld()
	w.forge = func(l *look) {
		if few := len(w.script.Events) < 100; few || answersTo[messages.Refresh](l) {
			w.breaks(map[bool]string{true: "another", false: "one"}[few], "%d events", len(w.script.Events))
		}
	}
	if got := w.shrink(flawed(t, w), Shrinking{Plays: 200}); got.Violation.Monitor != "one" || len(got.Script.Events) < 100 {
		t.Errorf("%v with %d events", got.Violation, len(got.Script.Events))
	}
}

func TestScriptThatBreaksNothingStaysAsItIs(t *testing.T) {
	s := new(Script)
	Calm(1, Weather{}, s)
	if got := Shrink(s, Shrinking{}); got.Violation != nil || got.Script != s || got.Plays != 0 {
		t.Errorf("%d plays: %v", got.Plays, got.Violation)
	}
}
