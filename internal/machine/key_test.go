package machine

import (
	"reflect"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// TestCloneAndKey steps a clone beside the session in random histories: alike,
// they stay alike, and what happens to the clone does not happen to the session.
func TestCloneAndKey(t *testing.T) {
	for seed := range promiseVolume() / 500 {
		w := newPromiseWorld(seed, &promiseTally{})
		w.twins = true
		w.play()
		if w.broken != "" {
			t.Fatalf("history %d: %s", seed, w.broken)
		}
	}
}

// checkTwin steps two clones before the session is stepped: one as the session
// will be, and one on another way.
func (w *promiseWorld) checkTwin(p *promiseProc, ev Event) (Session, []Effect) {
	now := w.now()
	before := p.session.Key(now)
	rested := p.session.Clone().Rest()
	twin, effects := rested.Session("key", &p.settings, &w.plan.rules).Step(now, ev)
	stray := p.session.Clone()
	for i, other := range []Event{
		Ask{Caller: Caller(len(p.callers) + 1), Ask: messages.Refresh{}},
		Leave{Caller: Caller(len(p.callers))},
		Ask{Caller: Caller(len(p.callers) + 2), Ask: messages.Revoke{}},
		Close{},
	} {
		stray, _ = stray.Step(now.Add(time.Duration(i)*time.Second), other)
	}
	if after := p.session.Key(now); after != before {
		w.breaks("clone: what happens to it happens to the session\n%s\n%s", before, after)
	}
	return twin, effects
}

// compareTwin compares the session with the clone that went the same way.
func (w *promiseWorld) compareTwin(p *promiseProc, effects []Effect, twin Session, its []Effect) {
	if a, b := p.session.Key(w.now()), twin.Key(w.now()); a != b {
		w.breaks("key: two that went the same way differ\n%s\n%s", a, b)
	}
	if !reflect.DeepEqual(effects, its) {
		w.breaks("step: the same event has other effects")
	}
}

func TestKeyCountsFromNow(t *testing.T) {
	settings := (&Settings{Name: "p", Owner: "p.1"}).WithDefaults()
	ask := Ask{Caller: 1, Ask: messages.Get{}}
	early, _ := New("key", &settings, &Rules{}).Step(promiseEpoch, ask)
	late, _ := New("key", &settings, &Rules{}).Step(promiseEpoch.Add(time.Hour), ask)
	if a, b := early.Key(promiseEpoch), late.Key(promiseEpoch.Add(time.Hour)); a != b {
		t.Errorf("the same session an hour later has another key:\n%s\n%s", a, b)
	}
	if a, b := early.Key(promiseEpoch), early.Key(promiseEpoch.Add(time.Second)); a == b {
		t.Error("a session that has waited a second has the same key")
	}
}
