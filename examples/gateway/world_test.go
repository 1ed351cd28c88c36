package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
	"github.com/holdfast-go/holdfast/examples/internal/web"
	"github.com/holdfast-go/holdfast/sessions"
)

// small is a whole run, small enough for a test.
func small() settings {
	return settings{
		duration: 4 * time.Second,
		callers:  60,
		tenants:  len(tenantKinds),
		lifetime: leastLifetime,
		pause:    40 * time.Millisecond,
		faults:   true,
		kinds:    tenantKinds,
		json:     true,
	}
}

func TestSmallWorldKeepsItsPromises(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), small(), &out); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var got result
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &got); err != nil {
		t.Fatalf("the last line is no result: %v\n%s", err, out.String())
	}
	if got.Requests < 200 || got.Renewals < 12 || got.Refused[revoked] == 0 || got.ServedDuringOutage == 0 || got.MostAtOnce != 1 ||
		got.Exchanges == 0 || got.MostExchangesAtOnce != 1 || len(got.Kinds) != len(tenantKinds) {
		t.Errorf("the result is hollow: %+v", got)
	}
}

func TestRunThatIsInterruptedEndsCleanly(t *testing.T) {
	s := small()
	s.duration = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var out strings.Builder
	if err := run(ctx, s, &out); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "Every promise was kept.") {
		t.Errorf("there is no summary:\n%s", out.String())
	}
}

func TestTokenThatTheAPIRefusesIsSeen(t *testing.T) {
	counted := newTally()
	w := smallWorld(t, counted)
	w.refuseTokens(t, counted)
	got := newCaller(w.gateway.URL, w.tenants[0], 0, counted).call()
	if got.refused != unauthorized || counted.now().breaches[badToken] == 0 {
		t.Errorf("the caller is told %q, breaches are %v", got.refused, counted.now().breaches)
	}
}

func TestRevocationThatNobodyAskedForIsSeen(t *testing.T) {
	counted := newTally()
	w := smallWorld(t, counted)
	if err := w.tenants[0].session.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	counted.add(newCaller(w.gateway.URL, w.tenants[0], 0, counted).call())
	if got := counted.now().breaches; got[notRevoked] != 1 {
		t.Errorf("breaches are %v", got)
	}
}

func TestRefusedTokenOfARevokedTenantIsRevoked(t *testing.T) {
	counted := newTally()
	w := smallWorld(t, counted)
	resp := &http.Response{StatusCode: http.StatusUnauthorized}
	if err := inspect(w.tenants[0].session, resp); !errors.Is(err, errTokenRefused) {
		t.Errorf("before: %v", err)
	}
	if err := w.tenants[0].session.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := inspect(w.tenants[0].session, resp); !errors.Is(err, sessions.ErrRevoked) {
		t.Errorf("after: %v", err)
	}
}

// smallWorld is closed with the test.
func smallWorld(t *testing.T, counted *tally) *world {
	t.Helper()
	w, err := openWorld(small(), counted)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// refuseTokens puts an API behind the gateway that takes every token for one that
// has run out.
func (w *world) refuseTokens(t *testing.T, counted *tally) {
	t.Helper()
	ctx := context.Background() // that of the test is over when the cleanup begins
	refuses := func(_, _ string) (string, error) { return "", authserver.ErrExpired }
	hostile, err := web.Listen(&api{verify: refuses, refused: w.tellOf(counted)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hostile.Close(ctx) })
	if err := w.gateway.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if w.gateway, err = web.Listen(newGateway(hostile.URL, w.tenants)); err != nil {
		t.Fatal(err)
	}
}
