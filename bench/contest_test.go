package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// diary notes in which order a contest does what.
type diary struct{ lines []string }

func (d *diary) hook(name string) func(context.Context) error {
	return func(context.Context) error {
		d.lines = append(d.lines, name)
		return nil
	}
}

func (d *diary) entrant(name string, values ...float64) entrant {
	n := 0
	return entrant{name: name, play: func(context.Context) ([]reading, error) {
		d.lines = append(d.lines, name)
		n++
		return readings(values[n-1]), nil
	}}
}

func quiet(int, string) {}

func TestEachRoundBeginsWithAnother(t *testing.T) {
	var d diary
	c := contest{
		columns:  []column{{name: "time"}},
		entrants: []entrant{d.entrant("a", 1, 2, 3), {name: "b", cannot: "it is too slow"}, d.entrant("c", 4, 5, 6)},
		open:     d.hook("open"), before: d.hook("before"), after: d.hook("after"), close: d.hook("close"),
	}
	o, err := c.run(t.Context(), "test", 3, quiet)
	if err != nil {
		t.Fatal(err)
	}
	want := "open before a c after before c a after before c a after close"
	if diff := cmp.Diff(want, strings.Join(d.lines, " ")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got, ok := o.figure("c", "time")
	if diff := cmp.Diff(rounds(4, 5, 6), got, cmp.AllowUnexported(reading{})); diff != "" || !ok {
		t.Errorf("all rounds are kept: -want +got:\n%s", diff)
	}
	if _, ok := o.figure("b", "time"); ok {
		t.Error("who cannot has a figure")
	}
}

func TestAnEntrantThatFailsEndsTheRun(t *testing.T) {
	var d diary
	c := contest{
		title:    "a test",
		entrants: []entrant{{name: "a", play: func(context.Context) ([]reading, error) { return nil, errors.New("no token") }}},
		close:    d.hook("close"),
	}
	_, err := c.run(t.Context(), "hot", 1, quiet)
	if err == nil || err.Error() != "hot, a test: a: no token" {
		t.Errorf("%v", err)
	}
	if len(d.lines) != 1 {
		t.Error("the contest was not closed")
	}
}

func TestEveryRivalTakesPartOrSaysWhyNot(t *testing.T) {
	known := map[string]bool{}
	for _, name := range scenarioNames() {
		known[name] = true
	}
	for _, r := range rivals() {
		for name, reason := range r.cannot {
			if !known[name] || reason == "" {
				t.Errorf("%s cannot do %q, because %q", r.name, name, reason)
			}
		}
		k, err := r.open(newEndpoint(), options{sessions: 2})
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		if _, ok := k.(looper); !ok && r.cannot["hot"] == "" {
			t.Errorf("%s has no loops, and no reason", r.name)
		}
		if err := k.close(); err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
	}
}

// Whoever handed out something else than the endpoint's tokens, or kept none, would be
// measured doing another work.
func TestEveryRivalKeepsOneTokenASession(t *testing.T) {
	for _, r := range rivals() {
		t.Run(r.name, func(t *testing.T) {
			m := &member{rival: r, options: options{sessions: 3}}
			if err := m.open(t.Context(), time.Hour); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = m.close() }()
			seen := map[string]bool{}
			for i := range 6 {
				token, err := m.keeper.token(t.Context(), i%3)
				if err != nil || len(token) != tokenLength {
					t.Fatalf("session %d: a token of %d bytes, %v", i%3, len(token), err)
				}
				seen[token] = true
			}
			if len(seen) != 3 {
				t.Errorf("%d tokens for 3 sessions", len(seen))
			}
			if n := m.endpoint.requests.Load(); n != 0 {
				t.Errorf("%d requests for tokens that were there", n)
			}
			checkLoops(t, m)
		})
	}
}

func checkLoops(t *testing.T, m *member) {
	t.Helper()
	l, ok := m.keeper.(looper)
	if !ok {
		return
	}
	if err := errors.Join(l.spin(3), l.walk([]int{2, 0, 1}), l.seek([]string{keyOf(1), keyOf(2)})); err != nil {
		t.Error(err)
	}
	if n := m.endpoint.requests.Load(); n != 0 {
		t.Errorf("%d requests in the loops", n)
	}
}

func TestRenewalsReachTheEndpoint(t *testing.T) {
	for _, r := range rivals() {
		if r.cannot["renewals"] != "" {
			continue
		}
		m := &member{rival: r, options: options{sessions: 1}}
		if err := m.openRenewing(t.Context()); err != nil {
			t.Fatal(r.name, err)
		}
		for range 3 {
			if err := renew(t.Context(), m.keeper, 0); err != nil {
				t.Fatal(r.name, err)
			}
		}
		if n := m.endpoint.tokens.Load(); n != 3 {
			t.Errorf("%s: 3 renewals brought %d tokens", r.name, n)
		}
		if err := m.close(); err != nil {
			t.Error(r.name, err)
		}
	}
}

func TestAroundGoesRoundFromAnyPlace(t *testing.T) {
	var got []int
	err := around([]int{0, 1, 2, 3}, 6, 7, func(some []int) error {
		got = append(got, some...)
		return nil
	})
	if want := "[2 3 0 1 2 3 0]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("%v, %v, want %s", got, err, want)
	}
}
