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

	TokenRequests int `json:"token_requests"` // that arrived at the authorization server and the fakes
	Renewals      int `json:"renewals"`       // of them, those that were answered with a session's token
	Exchanges     int `json:"exchanges"`      // of them, those that were answered with one in exchange

	P50         float64 `json:"p50_ms"` // how long callers waited, whatever they were told
	P99         float64 `json:"p99_ms"`
	LongestWait float64 `json:"longest_wait_ms"`

	MostAtOnce          int `json:"most_at_once"` // token requests for one session, exchanges left out
	MostExchangesAtOnce int `json:"most_exchanges_at_once"`
	ServedDuringOutage  int `json:"served_during_outage"`

	Kinds map[string]kindResult `json:"kinds"` // what became of the callers of each
}

// kindResult is what became of the callers whose tenants are of one kind.
type kindResult struct {
	Requests           int           `json:"requests"`
	Refused            map[cause]int `json:"refused"`
	P99                float64       `json:"p99_ms"`
	ServedDuringOutage int           `json:"served_during_outage"`
}

func newReport(t totals, c authserver.Counts, took time.Duration) report {
	asked := askedFor(c)
	r := report{totals: t, broken: t.breaches, took: took, result: result{
		Requests:            t.requests,
		Refused:             t.refused,
		TokenRequests:       asked.requests,
		Renewals:            asked.renewals,
		Exchanges:           asked.exchanges,
		P50:                 hundredths(t.waits.percentile(50)),
		P99:                 hundredths(t.waits.percentile(99)),
		LongestWait:         hundredths(t.waits.longest),
		MostAtOnce:          asked.atOnce,
		MostExchangesAtOnce: asked.exchangesAtOnce,
		ServedDuringOutage:  t.servedInOutage,
		Kinds:               map[string]kindResult{},
	}}
	for name, k := range t.kinds {
		r.Kinds[name] = kindResult{
			Requests:           k.requests,
			Refused:            k.refused,
			P99:                hundredths(k.waits.percentile(99)),
			ServedDuringOutage: k.servedInOutage,
		}
	}
	if r.MostAtOnce > 1 {
		r.broken[renewalsAtOnce] = r.MostAtOnce
	}
	if r.MostExchangesAtOnce > 1 {
		r.broken[exchangesAtOnce] = r.MostExchangesAtOnce
	}
	return r
}

// asked is what the services were asked for.
type asked struct {
	requests                int // for tokens
	renewals, exchanges     int // of them, those that brought one
	atOnce, exchangesAtOnce int // the most for one session
}

// askedFor tells exchanges from renewals: the promise of one at once is about
// each of the two, as an exchange does not wait for a renewal that is behind a
// valid token.
func askedFor(c authserver.Counts) asked {
	var a asked
	for grant, tally := range c.Token {
		a.requests += tally.Issued + tally.Failed
		for _, denied := range tally.Denied {
			a.requests += denied
		}
		if grant == authserver.TokenExchange {
			a.exchanges, a.exchangesAtOnce = tally.Issued, tally.MostAtOnce
			continue
		}
		a.renewals += tally.Issued
		a.atOnce = max(a.atOnce, tally.MostAtOnce)
	}
	return a
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

	line("\n%-18s %9s %9s %13s %13s %9s %8s", "kind", "requests", "served", "in the outage", "unavailable", "revoked", "p99 ms")
	for _, k := range tenantKinds {
		if n, ok := r.totals.kinds[k.name]; ok {
			line("%-18s %9s %9s %13s %13s %9s %8.1f", k.name, grouped(n.requests), grouped(n.served), grouped(n.servedInOutage),
				grouped(n.refused[unavailable]), grouped(n.refused[revoked]), milliseconds(n.waits.percentile(99)))
		}
	}
	line("\n%s requests in %v", grouped(r.Requests), round(r.took))
	line("  %-14s %9s   %s of them during the outage", "served", grouped(r.totals.served), grouped(r.ServedDuringOutage))
	for _, c := range causes {
		line("  %-14s %9s   %s", c, grouped(r.Refused[c]), remarks[c])
	}
	line("\ncallers waited %.1f ms (p50), %.1f ms (p99), %.0f ms (longest)", r.P50, r.P99, r.LongestWait)
	line("%s token requests, of which %s brought a session its token and %s one in exchange for it;",
		grouped(r.TokenRequests), grouped(r.Renewals), grouped(r.Exchanges))
	line("for one session at most %d at once, exchanges apart, and of those at most %d\n", r.MostAtOnce, r.MostExchangesAtOnce)
	for _, broken := range r.broken.lines() {
		line("BROKEN: %s", broken)
	}
	if len(r.broken) == 0 {
		line("Every promise was kept.")
	}
}
