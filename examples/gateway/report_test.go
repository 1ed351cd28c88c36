package main

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

func someReport() report {
	counted := newTally()
	now := time.Now()
	counted.setOutage(true)
	counted.add(call{kind: "static", began: now, ended: now.Add(1500 * time.Microsecond)})
	counted.add(call{kind: "exchange", began: now, ended: now.Add(time.Second), refused: unavailable})
	return newReport(counted.now(), authserver.Counts{Token: map[string]authserver.Tally{
		authserver.RefreshToken:      {Issued: 2, Failed: 3, MostAtOnce: 1},
		authserver.ClientCredentials: {Issued: 4, Denied: map[string]int{"invalid_client": 1}, MostAtOnce: 2},
		authserver.TokenExchange:     {Issued: 7, MostAtOnce: 3},
	}}, 20*time.Second)
}

func TestResultsAreOneJSONObject(t *testing.T) {
	var out strings.Builder
	someReport().writeJSON(&out)
	want := `{"requests":2,` +
		`"refused":{"overloaded":0,"revoked":0,"timeout":0,"unauthorized":0,"unavailable":1},` +
		`"token_requests":17,"renewals":6,"exchanges":7,"p50_ms":1.5,"p99_ms":1000,"longest_wait_ms":1000,` +
		`"most_at_once":2,"most_exchanges_at_once":3,"served_during_outage":1,"kinds":{` +
		`"exchange":{"requests":1,"refused":{"overloaded":0,"revoked":0,"timeout":0,"unauthorized":0,"unavailable":1},"p99_ms":1000,"served_during_outage":0},` +
		`"static":{"requests":1,"refused":{"overloaded":0,"revoked":0,"timeout":0,"unauthorized":0,"unavailable":0},"p99_ms":1.5,"served_during_outage":1}}}` + "\n"
	if got := out.String(); got != want {
		t.Errorf("JSON is\n%swant\n%s", got, want)
	}
}

func TestTwoRenewalsOrExchangesAtOnceAreABreach(t *testing.T) {
	if got := someReport().broken; len(got) != 2 || got[renewalsAtOnce] != 2 || got[exchangesAtOnce] != 3 {
		t.Errorf("breaches are %v", got)
	}
}

func TestSummaryNamesWhatWasBroken(t *testing.T) {
	var out strings.Builder
	someReport().summarize(&out)
	if !strings.Contains(out.String(), "BROKEN: 2 renewals at once for one session\n") {
		t.Errorf("summary is\n%s", out.String())
	}
}

func TestSummaryHasALineForEachKindThatWasThere(t *testing.T) {
	var out strings.Builder
	someReport().summarize(&out)
	for _, k := range tenantKinds {
		was := k.name == "static" || k.name == "exchange"
		if got := strings.Contains(out.String(), "\n"+k.name+" "); got != was {
			t.Errorf("%s: %v, want %v in\n%s", k.name, got, was, out.String())
		}
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1_002_003: "1,002,003"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestRefusalsListsWhatThereWas(t *testing.T) {
	if got, want := refusals(map[cause]int{timeout: 0}), "-"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := refusals(map[cause]int{revoked: 1, unavailable: 1234}), "1,234 unavailable, 1 revoked"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
