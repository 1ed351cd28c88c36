package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestCallsAreJudged(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	at := func(second int) time.Time { return noon.Add(time.Duration(second) * time.Second) }
	e := events{
		outageBegan: at(8), outageEnded: at(13),
		revokedAt: map[string]time.Time{"gone": at(15), "going": {}},
	}
	for _, test := range []struct {
		name string
		call call
		want breach
	}{
		{"served", call{tenant: "a"}, ""},
		{"served while it is being revoked", call{tenant: "going", began: at(16)}, ""},
		{"served, begun before it was revoked", call{tenant: "gone", began: at(14)}, ""},
		{"served after it was revoked", call{tenant: "gone", began: at(16)}, servedTooLate},
		{"revoked", call{tenant: "gone", refused: revoked}, ""},
		{"revoked meanwhile", call{tenant: "going", refused: revoked}, ""},
		{"another revoked", call{tenant: "a", refused: revoked}, notRevoked},
		{"unavailable before", call{refused: unavailable, ended: at(7)}, notInOutage},
		{"unavailable in the outage", call{refused: unavailable, ended: at(8)}, ""},
		{"unavailable shortly after it", call{refused: unavailable, ended: at(15)}, ""},
		{"unavailable long after it", call{refused: unavailable, ended: at(16)}, notInOutage},
		{"unavailable with a token", call{refused: unavailable, ended: at(9), hadToken: true}, tokenAtHand},
		{"overloaded", call{refused: overloaded}, isOverloaded},
		{"timed out", call{refused: timeout}, hasTimedOut},
		{"login required", call{refused: loginRequired}, hasFailed},
		{"failed", call{refused: failed}, hasFailed},
		{"a refusal nobody knows", call{refused: "tired"}, hasFailed},
	} {
		if got := e.judge(test.call); got != test.want {
			t.Errorf("%s: breach is %q, want %q", test.name, got, test.want)
		}
	}
}

func TestOutageThatGoesOnHasNoEnd(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	var e events
	e.setOutage(false, noon)
	if e.inOutage(noon.Add(time.Second), recovery) {
		t.Error("there is an outage before it began")
	}
	e.setOutage(true, noon.Add(time.Minute))
	if !e.inOutage(noon.Add(time.Hour), 0) {
		t.Error("the outage has ended by itself")
	}
	e.setOutage(false, noon.Add(2*time.Minute))
	e.setOutage(false, noon.Add(3*time.Minute))
	if e.inOutage(noon.Add(2*time.Minute+3*time.Second), recovery) {
		t.Error("the outage has not ended")
	}
}

func TestBrokenPromisesAreNamed(t *testing.T) {
	if err := (breaches{}).err(nil); err != nil {
		t.Errorf("no breach is %v", err)
	}
	err := breaches{hasTimedOut: 1200, badToken: 1}.err(errors.New("what it was"))
	for _, want := range []string{"1,200 call(s) timed out", "1 token(s) that the API refused", "what it was"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}
