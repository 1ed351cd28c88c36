package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// result is the report for programs. Sessions that were revoked are in none of the counts:
// who revokes a session while another worker renews it uses its refresh token once more, to
// end what that has brought.
type result struct {
	// Of the sessions that were not lost in flight; equal where nothing was forgiven.
	Renewals      int `json:"renewals"`       // that the store has in the end
	TokenRequests int `json:"token_requests"` // that came to the authorization server
	Generations   int `json:"generations"`    // that it has answered with a new pair

	Reused       int `json:"reused"`         // those of which the server denied a refresh token that was used twice
	Lost         int `json:"lost"`           // sessions whose human has to log in again, and should not have to
	LostInFlight int `json:"lost_in_flight"` // those whose pair was sent to the worker that was killed
	MostAtOnce   int `json:"most_at_once"`   // requests under way for one session at one moment

	LateAfterRevoke float64 `json:"late_after_revoke_ms_max"` // a worker has begun to give out a token of a session that another had revoked
	LongestWait     float64 `json:"longest_wait_ms"`          // of a caller
}

// report is what came of a run.
type report struct {
	result
	story    story
	forgiven int
	broken   []string
}

func newReport(s story, pages map[string]page, c authserver.Counts) report {
	r := report{story: s, forgiven: c.Forgiven, broken: slices.Clone(s.troubles)}
	for key, e := range s.ends {
		r.add(e, pages[key], s.revoked[key])
	}
	r.LongestWait = milliseconds(s.longest)
	r.LateAfterRevoke = max(0, milliseconds(s.latest()))
	r.judge()
	return r
}

// add counts how a session has ended.
func (r *report) add(e end, p page, isRevoked bool) {
	if isRevoked {
		if e.Verdict != wasRevoked {
			r.breaks("a session that was revoked is %s", e.Verdict)
		}
		return
	}
	r.MostAtOnce = max(r.MostAtOnce, p.atOnce)
	switch {
	case e.Verdict == unknown && p.wasSentTo(r.story.killed) && p.pairs == int(e.Generation):
		r.LostInFlight++
		return
	case e.Verdict != alive:
		r.Lost++
		r.breaks("a session is %s: %s", e.Verdict, e.Error)
	}
	r.Renewals += int(e.Generation) - 1
	r.TokenRequests += p.requests
	r.Generations += p.pairs
	if p.requests > p.pairs {
		r.Reused++
	}
}

// latest is that of the others who were the last to notice a revocation; zero: nothing
// was revoked.
func (s story) latest() (after time.Duration) {
	first := true
	for _, l := range s.late {
		if !l.by && (first || l.after > after) {
			first, after = false, l.after
		}
	}
	return after
}

// wasSentTo reports whether the newest pair was sent to this worker.
func (p page) wasSentTo(worker string) bool { return worker != "" && p.last == worker }

// judge looks for broken promises.
func (r *report) judge() {
	s := r.story.settings
	if r.Reused > 0 {
		r.breaks("a refresh token of %d sessions was used twice", r.Reused)
	}
	if r.MostAtOnce > 1 {
		r.breaks("%d renewals of one session were under way at once", r.MostAtOnce)
	}
	if r.TokenRequests != r.Generations {
		r.breaks("%d token requests brought %d generations", r.TokenRequests, r.Generations)
	}
	if lost := r.Generations - r.Renewals; lost > r.forgiven {
		r.breaks("%d generations are not in the store, of which %d were forgiven", lost, r.forgiven)
	}
	if s.grace > 0 && r.LostInFlight > 0 {
		r.breaks("%d sessions were lost in flight, though the server forgives", r.LostInFlight)
	}
	for _, l := range r.story.late {
		if l.by && l.after > 0 {
			r.breaks("a token was given out %v after its revocation, by the worker that had revoked it", l.after)
		}
	}
	if late := r.LateAfterRevoke; late > milliseconds(s.lifetime) {
		r.breaks("a token was given out %.0f ms after its revocation, which is longer than it lives", late)
	}
}

func (r *report) breaks(format string, values ...any) {
	r.broken = append(r.broken, fmt.Sprintf(format, values...))
}

// err returns nil if every promise was kept.
func (r *report) err() error {
	if len(r.broken) == 0 {
		return nil
	}
	return errors.New("the run broke a promise: " + strings.Join(r.broken, "; "))
}

func (r *report) writeJSON(out io.Writer) {
	text, err := json.Marshal(r.result)
	if err != nil {
		panic("BUG: a result cannot be encoded: " + err.Error())
	}
	_, _ = fmt.Fprintf(out, "%s\n", text)
}

// summarize writes the report for people.
func (r *report) summarize(out io.Writer) {
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(out, format+"\n", values...) }
	line("\n%d calls; the longest took %.0f ms", r.story.calls, r.LongestWait)
	line("%d renewals of sessions that live on, by %d token requests, of which the server answered %d with a new pair;",
		r.Renewals, r.TokenRequests, r.Generations)
	line("for one session at most %d at once; a refresh token of %d sessions was used twice, and %d such uses were forgiven", r.MostAtOnce, r.Reused, r.forgiven)
	line("%d sessions lost, and %d whose renewal was under way in the worker that was killed", r.Lost, r.LostInFlight)
	line("%d sessions revoked on the way; the last call that another worker gave a token of one began %s Revoke returned\n",
		len(r.story.revoked), before(r.story.latest()))
	for _, broken := range r.broken {
		line("BROKEN: %s", broken)
	}
	if len(r.broken) == 0 {
		line("Every promise was kept.")
	}
}

// before says how long after something it was, or before it.
func before(after time.Duration) string {
	if after < 0 {
		return fmt.Sprintf("%.1f ms before", milliseconds(-after))
	}
	return fmt.Sprintf("%.1f ms after", milliseconds(after))
}

// milliseconds has two digits behind the point.
func milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(10*time.Microsecond)) / 100
}
