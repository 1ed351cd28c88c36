package authserver_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

func TestCountsAddUp(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	w.ask(authserver.ClientCredentials)
	w.ask(authserver.ClientCredentials, "client_id", "nobody")
	second := w.renew(pair.Refresh)
	w.SetFaults(authserver.Faults{DropAnswers: authserver.All, Times: 1})
	w.tryToRenew(t.Context(), second.refresh)
	w.SetFaults(authserver.Faults{Fail: authserver.All, Times: 1})
	w.renew(second.refresh)
	w.renew(second.refresh)
	w.renew("nonsense")
	w.revoke(pair.Refresh)
	w.ask("nonsense")

	want := authserver.Counts{
		Token: map[string]authserver.Tally{
			authserver.ClientCredentials: {Issued: 1, Denied: map[string]int{"invalid_client": 1}, MostAtOnce: 1},
			authserver.RefreshToken: {
				Issued: 2, Denied: map[string]int{"invalid_grant": 2}, Failed: 1, Lost: 1, MostAtOnce: 1,
			},
			"nonsense": {Denied: map[string]int{"unsupported_grant_type": 1}},
		},
		Uses:        map[string]int{pair.GrantID: 3},
		Reuses:      1,
		Revoked:     1,
		Revocations: 1,
	}
	if diff := cmp.Diff(want, w.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestMostAtOnceCountsOneSubjectOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := openInBubble(t, authserver.Config{})
		w.SetFaults(authserver.Faults{Latency: time.Second})
		for _, subject := range []string{"1", "1", "1", "2", "2"} {
			go func() {
				_, _ = w.try(t.Context(), authserver.TokenPath,
					"grant_type", authserver.ClientCredentials, "box_subject_id", subject)
			}()
		}
		synctest.Wait()
		time.Sleep(time.Second)
		synctest.Wait()
		w.ask(authserver.ClientCredentials, "box_subject_id", "3")
		got := w.Counts().Token[authserver.ClientCredentials]
		if diff := cmp.Diff(authserver.Tally{Issued: 6, MostAtOnce: 3}, got); diff != "" {
			t.Errorf("tally (-want +got):\n%s", diff)
		}
	})
}

func TestNoVerbPrintsASecret(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		got := fmt.Sprintf(verb+verb, pair, authserver.DefaultClient())
		for _, secret := range []string{pair.Access, pair.Refresh, authserver.DefaultClient().Secret} {
			if strings.Contains(got, secret) {
				t.Errorf("%s prints a secret", verb)
			}
		}
	}
}
