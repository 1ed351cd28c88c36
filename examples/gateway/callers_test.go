package main

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/sessions"
)

func TestOnlyATokenThatStaysIsTheSame(t *testing.T) {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	held := sessions.Status{State: "Fresh", Generation: 3, Expiry: noon}
	for _, test := range []struct {
		name  string
		after sessions.Status
		want  bool
	}{
		{"as it was", held, true},
		{"stale meanwhile", sessions.Status{State: "Stale", Generation: 3, Expiry: noon}, true},
		{"run out", sessions.Status{State: "Cooling", Generation: 3, Expiry: noon}, false},
		{"renewed", sessions.Status{State: "Fresh", Generation: 4, Expiry: noon.Add(time.Second)}, false},
		{"of another grant", sessions.Status{State: "Fresh", Generation: 3, Expiry: noon.Add(time.Second)}, false},
	} {
		if got := sameToken(held, test.after); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
