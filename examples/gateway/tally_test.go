package main

import (
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

func TestCallsAreCounted(t *testing.T) {
	counted := newTally()
	counted.setOutage(true)
	now := time.Now()
	for _, why := range []cause{"", "", unavailable, failed} {
		counted.add(call{tenant: "a", began: now, ended: now.Add(time.Millisecond), refused: why, err: errIf(why == failed)})
	}
	got := counted.now()
	if got.requests != 4 || got.served != 2 || got.servedInOutage != 2 || got.refused[unavailable] != 1 || got.waits.n != 4 {
		t.Errorf("totals are %+v", got)
	}
	if got.breaches[hasFailed] != 1 || got.failure == nil {
		t.Errorf("breaches are %v, the failure %v", got.breaches, got.failure)
	}
}

func TestEveryCauseIsThereFromTheBeginning(t *testing.T) {
	for _, why := range causes {
		if _, ok := newTally().now().refused[why]; !ok {
			t.Errorf("%s is missing", why)
		}
	}
}

func TestTokenOfARevokedTenantIsNoBadToken(t *testing.T) {
	for _, test := range []struct {
		why     error
		revoked bool
		want    int
	}{
		{authserver.ErrRevoked, true, 0},
		{authserver.ErrRevoked, false, 1},
		{authserver.ErrExpired, true, 1},
		{authserver.ErrExpired, false, 1},
		{errOtherTenant, true, 1},
	} {
		counted := newTally()
		if test.revoked {
			counted.revoking("a")
		}
		counted.tokenRefused("a", "static", test.why)
		if got := counted.now(); got.refused[unauthorized] != test.want || got.of("static").refused[unauthorized] != test.want || got.breaches[badToken] != test.want {
			t.Errorf("%v, revoked %v: %d unauthorized, breaches %v", test.why, test.revoked, got.refused[unauthorized], got.breaches)
		}
	}
}

func TestUnconfirmedRevocationIsABreach(t *testing.T) {
	counted := newTally()
	counted.revoked("a", errors.New("no answer"))
	if got := counted.now(); got.breaches[notConfirmed] != 1 || got.failure == nil {
		t.Errorf("breaches are %v", got.breaches)
	}
}

func errIf(yes bool) error {
	if yes {
		return errors.New("it failed")
	}
	return nil
}
