package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// report is what came of a run.
type report struct {
	result
	totals totals
	broken breaches
	took   time.Duration
}

// result is the report for programs.
type result struct {
	Requests int           `json:"requests"` // that callers sent to the gateway
	Refused  map[cause]int `json:"refused"`  // of them; unauthorized: tokens that the API refused

	TokenRequests int `json:"token_requests"` // that arrived at the authorization server
	Renewals      int `json:"renewals"`       // of them, those that it answered with a token

	P50         float64 `json:"p50_ms"` // how long callers waited, whatever they were told
	P99         float64 `json:"p99_ms"`
	LongestWait float64 `json:"longest_wait_ms"`

	MostAtOnce         int `json:"most_at_once"` // token requests for one session
	ServedDuringOutage int `json:"served_during_outage"`
}

func newReport(t totals, c authserver.Counts, took time.Duration) report {
	r := report{totals: t, broken: t.breaches, took: took, result: result{
		Requests:           t.requests,
		Refused:            t.refused,
		P50:                hundredths(t.waits.percentile(50)),
		P99:                hundredths(t.waits.percentile(99)),
		LongestWait:        hundredths(t.waits.longest),
		ServedDuringOutage: t.servedInOutage,
	}}
	r.TokenRequests, r.Renewals = tokenRequests(c)
	for _, tally := range c.Token {
		r.MostAtOnce = max(r.MostAtOnce, tally.MostAtOnce)
	}
	if r.MostAtOnce > 1 {
		r.broken[renewalsAtOnce] = r.MostAtOnce
	}
	return r
}

// tokenRequests returns how often the authorization server was asked for a token,
// and how often it gave one.
func tokenRequests(c authserver.Counts) (asked, issued int) {
	for _, tally := range c.Token {
		asked += tally.Issued + tally.Failed
		for _, denied := range tally.Denied {
			asked += denied
		}
		issued += tally.Issued
	}
	return asked, issued
}

func hundredths(d time.Duration) float64 { return math.Round(milliseconds(d)*100) / 100 }

func (r report) writeJSON(out io.Writer) {
	text, err := json.Marshal(r.result)
	if err != nil {
		panic("BUG: a result cannot be encoded: " + err.Error())
	}
	_, _ = fmt.Fprintf(out, "%s\n", text)
}

// remarks say what the causes mean.
var remarks = map[cause]string{
	unavailable:  "no valid token was left, and no new one could be had",
	revoked:      "their tenant was revoked",
	unauthorized: "the API refused a token",
	overloaded:   "too many callers waited",
	timeout:      fmt.Sprintf("no answer within %v", gatewayTimeout),
}

// summarize writes the report for people.
func (r report) summarize(out io.Writer) {
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(out, format+"\n", values...) }

	line("\n%s requests in %v", grouped(r.Requests), round(r.took))
	line("  %-14s %9s   %s of them during the outage", "served", grouped(r.totals.served), grouped(r.ServedDuringOutage))
	for _, c := range causes {
		line("  %-14s %9s   %s", c, grouped(r.Refused[c]), remarks[c])
	}
	line("\ncallers waited %.1f ms (p50), %.1f ms (p99), %.0f ms (longest)", r.P50, r.P99, r.LongestWait)
	line("%s token requests, of which %s brought a token; at most %d at once for one session\n",
		grouped(r.TokenRequests), grouped(r.Renewals), r.MostAtOnce)
	for _, broken := range r.broken.lines() {
		line("BROKEN: %s", broken)
	}
	if len(r.broken) == 0 {
		line("Every promise was kept.")
	}
}
