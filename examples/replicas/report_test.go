package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// good is a run in which every promise was kept, though a worker was killed.
func good() (s story, pages map[string]page, c authserver.Counts) {
	s = story{
		settings: settings{lifetime: 6 * time.Second},
		killed:   "two",
		revoked:  map[string]bool{"revoked": true},
		late:     []lateness{{after: -3 * time.Millisecond}, {after: 12345 * time.Microsecond}, {by: true, after: -20 * time.Millisecond}},
		ends: map[string]end{
			"a":       {Generation: 4, Verdict: alive},
			"b":       {Generation: 2, Verdict: alive},
			"flight":  {Generation: 3, Verdict: unknown},
			"revoked": {Generation: 3, Verdict: wasRevoked},
		},
		longest: 20 * time.Second,
	}
	pages = map[string]page{
		"a":       {requests: 3, pairs: 3, atOnce: 1, last: "one"},
		"b":       {requests: 1, pairs: 1, atOnce: 1, last: "two"},
		"flight":  {requests: 4, pairs: 3, atOnce: 1, last: "two"}, // the third was not saved, the fourth was a reuse
		"revoked": {requests: 3, pairs: 2, atOnce: 2, last: "one"},
	}
	return s, pages, authserver.Counts{Reuses: 2}
}

func TestResultsAreOneJSONObject(t *testing.T) {
	r := newReport(good())
	if err := r.err(); err != nil {
		t.Error(err)
	}
	var out strings.Builder
	r.writeJSON(&out)
	want := `{"renewals":4,"token_requests":4,"generations":4,"reused":0,"lost":0,"lost_in_flight":1,"most_at_once":1,` +
		`"late_after_revoke_ms_max":12.35,"longest_wait_ms":20000}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

func TestWhatAServerForgivesBreaksNothing(t *testing.T) {
	s, pages, _ := good()
	s.settings.grace = 30 * time.Second
	s.ends["flight"] = end{Generation: 4, Verdict: alive} // the third pair was lost, and the second one spent once more
	pages["flight"] = page{requests: 4, pairs: 4, atOnce: 1, last: "three"}
	r := newReport(s, pages, authserver.Counts{Forgiven: 1})
	if r.err() != nil || r.LostInFlight != 0 || r.Generations != 8 || r.TokenRequests != 8 || r.Renewals != 7 {
		t.Errorf("%+v, %v", r.result, r.err())
	}
}

func TestBrokenPromisesAreNamed(t *testing.T) {
	for name, test := range map[string]struct {
		breaks func(s *story, pages map[string]page, c *authserver.Counts)
		words  string
	}{
		"a dead session": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.ends["a"] = end{Generation: 4, Verdict: dead, Error: "login required"}
		}, "a session is dead: login required"},
		"an unknown outcome of a worker that lives": {func(_ *story, pages map[string]page, _ *authserver.Counts) {
			pages["flight"] = page{requests: 4, pairs: 3, atOnce: 1, last: "one"}
		}, "a session is outcome unknown"},
		"an unknown outcome of a pair that was saved": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.ends["flight"] = end{Generation: 4, Verdict: unknown}
		}, "a session is outcome unknown"},
		"one that could not be had": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.ends["b"] = end{Generation: 2, Verdict: unavailable, Error: "no answer"}
		}, "a session is unavailable: no answer"},
		"a revoked one that lives": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.ends["revoked"] = end{Generation: 3, Verdict: alive}
		}, "a session that was revoked is alive"},
		"one that nobody revoked": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.ends["a"] = end{Generation: 4, Verdict: wasRevoked}
		}, "a session is revoked"},
		"a reuse": {func(_ *story, pages map[string]page, _ *authserver.Counts) {
			pages["a"] = page{requests: 4, pairs: 3, atOnce: 1}
		}, "a refresh token of 1 sessions was used twice"},
		"two at once": {func(_ *story, pages map[string]page, _ *authserver.Counts) {
			pages["b"] = page{requests: 1, pairs: 1, atOnce: 2}
		}, "2 renewals of one session were under way at once"},
		"a request in vain": {func(_ *story, pages map[string]page, _ *authserver.Counts) {
			pages["a"] = page{requests: 4, pairs: 3, atOnce: 1}
		}, "5 token requests brought 4 generations"},
		"a pair that was not saved": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.ends["a"] = end{Generation: 3, Verdict: alive}
		}, "1 generations are not in the store"},
		"a loss with a grace": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.settings.grace = time.Minute
		}, "1 sessions were lost in flight, though the server forgives"},
		"late after a revocation": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.late = append(s.late, lateness{after: 7 * time.Second})
		}, "7000 ms after its revocation"},
		"the worker itself": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.late = append(s.late, lateness{by: true, after: time.Millisecond})
		}, "the worker that had revoked it"},
		"a worker that failed": {func(s *story, _ map[string]page, _ *authserver.Counts) {
			s.troubles = append(s.troubles, "one: out of memory")
		}, "one: out of memory"},
	} {
		s, pages, c := good()
		test.breaks(&s, pages, &c)
		r := newReport(s, pages, c)
		if err := r.err(); err == nil || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%s: error is %v, want %q", name, err, test.words)
		}
		var said strings.Builder
		if r.summarize(&said); !strings.Contains(said.String(), "BROKEN: ") {
			t.Errorf("%s: the summary is\n%s", name, said.String())
		}
	}
}

func TestTheWorseOfTwoVerdictsCounts(t *testing.T) {
	for _, test := range []struct{ a, b, want end }{
		{end{}, end{Generation: 3, Verdict: alive}, end{Generation: 3, Verdict: alive}},
		{end{Generation: 4, Verdict: alive}, end{Generation: 3, Verdict: dead, Error: "why"}, end{Generation: 4, Verdict: dead, Error: "why"}},
		{end{Generation: 3, Verdict: wasRevoked}, end{Generation: 3, Verdict: alive}, end{Generation: 3, Verdict: wasRevoked}},
		{end{Generation: 3, Verdict: unknown}, end{Generation: 3, Verdict: unavailable}, end{Generation: 3, Verdict: unknown}},
	} {
		if diff := cmp.Diff(test.want, worse(test.a, test.b)); diff != "" {
			t.Errorf("%v and %v (-want +got):\n%s", test.a, test.b, diff)
		}
	}
}

func TestWhoIsNeverLateIsEarly(t *testing.T) {
	s, pages, c := good()
	s.late = []lateness{{after: -3 * time.Millisecond}, {after: -2500 * time.Microsecond}, {by: true, after: -time.Millisecond}}
	r := newReport(s, pages, c)
	var said strings.Builder
	r.summarize(&said)
	if r.LateAfterRevoke != 0 || !strings.Contains(said.String(), "2.5 ms before Revoke returned") {
		t.Errorf("late by %v:\n%s", r.LateAfterRevoke, said.String())
	}
}

func TestVerdictsKnowTheErrors(t *testing.T) {
	if got := verdictOf(errors.New("no answer")); got != unavailable {
		t.Errorf("it is %s", got)
	}
}
