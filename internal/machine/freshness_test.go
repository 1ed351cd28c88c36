package machine

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
)

func TestMarginWindowAndClaimFollowTheLifetime(t *testing.T) {
	type moments struct{ Margin, Window, Claim time.Duration }
	settings := Settings{}.WithDefaults()
	for _, test := range []struct {
		life time.Duration
		want moments
	}{
		{24 * time.Hour, moments{3 * time.Minute, 10 * time.Minute, 20 * time.Second}},
		{time.Hour, moments{3 * time.Minute, 10 * time.Minute, 20 * time.Second}},
		{30 * time.Minute, moments{3 * time.Minute, 10 * time.Minute, 20 * time.Second}},
		{20 * time.Minute, moments{2 * time.Minute, 400 * time.Second, 20 * time.Second}},
		{5 * time.Minute, moments{30 * time.Second, 100 * time.Second, 20 * time.Second}},
		{time.Minute, moments{6 * time.Second, 20 * time.Second, 10 * time.Second}},
		{30 * time.Second, moments{3 * time.Second, 10 * time.Second, 5 * time.Second}},
		{12 * time.Second, moments{1250 * time.Millisecond, 4 * time.Second, 5 * time.Second}},
		{3 * time.Second, moments{1250 * time.Millisecond, time.Second, 5 * time.Second}},
		{2 * time.Second, moments{time.Second, 2 * time.Second / 3, 5 * time.Second}},
		{time.Second, moments{500 * time.Millisecond, time.Second / 3, 5 * time.Second}},
		{0, moments{0, 0, 5 * time.Second}},
	} {
		got := moments{settings.margin(test.life), settings.window(test.life), settings.claimFor(test.life, 0)}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("a token that lives for %s (-want +got):\n%s", test.life, diff)
		}
	}
}

func TestClaimIsAtMostAThirdOfTheGrace(t *testing.T) {
	settings := Settings{}.WithDefaults()
	if got := settings.claimFor(time.Hour, 30*time.Second); got != 10*time.Second {
		t.Errorf("the claim lasts %s", got)
	}
}

func TestGivenMarginAndWindowNeverLeaveTheLifetime(t *testing.T) {
	settings := Settings{Margin: time.Hour, Window: time.Hour}.WithDefaults()
	if got := settings.margin(time.Minute); got != 30*time.Second {
		t.Errorf("margin is %s", got)
	}
	if got := settings.window(time.Minute); got != 30*time.Second {
		t.Errorf("window is %s", got)
	}
}

// The last renewer goes first: its jitter is in the first half of the window,
// that of others in the third quarter.
func TestJitterIsFixedForASessionAndAGeneration(t *testing.T) {
	place := func(key, renewer string, generation uint64) time.Time {
		settings := Settings{Name: "A"}.WithDefaults()
		s := step{Session: New(key, &settings, &credentials), now: noon}
		return s.place(token("tok", "", noon, time.Hour), 1, generation, renewer).staleAt
	}
	from := noon.Add(47 * time.Minute)
	seen := map[time.Time]bool{}
	for generation := range uint64(100) {
		own, other := place("key", "A", generation), place("key", "B", generation)
		if !own.Equal(place("key", "A", generation)) {
			t.Error("the jitter of one generation changes")
		}
		if own.Before(from) || !own.Before(from.Add(5*time.Minute)) {
			t.Errorf("own pair stale at %s", clock(own))
		}
		if other.Before(from.Add(5*time.Minute)) || !other.Before(from.Add(450*time.Second)) {
			t.Errorf("another's pair stale at %s", clock(other))
		}
		seen[own] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d moments for 100 generations", len(seen))
	}
	if place("key", "A", 1).Equal(place("yek", "A", 1)) {
		t.Error("two sessions have one jitter")
	}
}

func TestCoolDownArithmetic(t *testing.T) {
	settings := Settings{}.WithDefaults()
	for _, test := range []struct {
		n    int
		f    messages.Failure
		want time.Duration
	}{
		{1, messages.Failure{}, time.Second},
		{2, messages.Failure{}, 2 * time.Second},
		{5, messages.Failure{}, 16 * time.Second},
		{6, messages.Failure{}, 30 * time.Second},
		{1000, messages.Failure{}, 30 * time.Second},
		{1, messages.Failure{Verdict: messages.Doubtful}, time.Second},
		{1, messages.Failure{Verdict: messages.Hopeless}, 5 * time.Minute},
		{1, messages.Failure{Verdict: messages.GrantDenied}, 5 * time.Minute},
		{3, messages.Failure{RetryAfter: 7 * time.Second}, 7 * time.Second},
		{3, messages.Failure{RetryAfter: time.Hour}, 5 * time.Minute},
		{1, messages.Failure{Verdict: messages.Hopeless, RetryAfter: time.Second}, time.Second},
	} {
		if got := settings.coolDown(test.n, test.f); got != test.want {
			t.Errorf("after %d failures, the last %v: %s, want %s", test.n, test.f, got, test.want)
		}
	}
}

// A wall clock that is set back must not make a token that callers have found
// stale fresh again.
func TestMomentsOfAGivenTokenGoByTheMonotonicClock(t *testing.T) {
	now := time.Now()
	settings := Settings{}.WithDefaults()
	given := token("tok0", "ref0", now.Round(0), time.Hour)
	s := New("k", &settings, &Rules{OneTime: true, Human: true, Given: given})
	s, _ = s.Step(now, Ask{Caller: 1, Ask: messages.Get{}})
	s, _ = s.Step(now, Done{Leaf: s.Leaf(), Outcome: NotFound{}})
	_, effects := s.Step(now, Done{Leaf: s.Leaf(), Outcome: Written{Rev: 1}})
	for _, e := range effects {
		if p, ok := e.(Publish); ok {
			if !strings.Contains(p.StaleAt.String(), " m=") || !strings.Contains(p.Until.String(), " m=") {
				t.Errorf("the moments %v and %v have no monotonic reading", p.StaleAt, p.Until)
			}
			return
		}
	}
	t.Errorf("nothing was published: %v", effects)
}
