package authserver_test

import (
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

func TestReuseRevokesTheWholeFamily(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	second := w.renew(pair.Refresh)
	third := w.renew(second.refresh)
	bystander := w.login("bob")

	w.expectDenied("reuse", w.renew(pair.Refresh), "invalid_grant")

	w.expectDenied("the unspent refresh token", w.renew(third.refresh), "invalid_grant")
	w.expectVerdict("the first access token", pair.Access, authserver.ErrRevoked)
	w.expectVerdict("the second access token", second.access, authserver.ErrRevoked)
	w.expectVerdict("the third access token", third.access, authserver.ErrRevoked)
	w.expectVerdict("another family", bystander.Access, nil)
	w.expectIssued("another family", w.renew(bystander.Refresh))
}

func TestOneOfTwoSimultaneousRefreshesWins(t *testing.T) {
	w := open(t, authserver.Config{})
	for round := range 200 {
		pair := w.login("alice")
		answers := w.race(pair.Refresh, 2)
		winners := 0
		for _, a := range answers {
			if a.access != "" {
				winners++
				w.expectVerdict("the winner's access token", a.access, authserver.ErrRevoked)
			} else {
				w.expectDenied("the loser", a, "invalid_grant")
			}
		}
		if winners != 1 {
			t.Fatalf("round %d: %d winners, want 1", round, winners)
		}
	}
	if got := w.Counts(); got.Reuses != 200 || got.Revoked != 200 {
		t.Errorf("%d reuses, %d families revoked, want 200 of each", got.Reuses, got.Revoked)
	}
}

func (w *world) race(refresh string, n int) []answer {
	answers := make([]answer, n)
	start := make(chan struct{})
	var racers sync.WaitGroup
	for i := range n {
		racers.Go(func() {
			<-start
			a, err := w.try(w.t.Context(), authserver.TokenPath,
				"grant_type", authserver.RefreshToken, "refresh_token", refresh)
			if err != nil {
				w.t.Errorf("racer %d: %v", i, err)
			}
			answers[i] = a
		})
	}
	close(start)
	racers.Wait()
	return answers
}

func TestGraceAnswersASpentRefreshTokenWithANewPair(t *testing.T) {
	w := open(t, authserver.Config{Grace: 10 * time.Second})
	pair := w.login("alice")
	lost := w.renew(pair.Refresh)
	w.pass(10*time.Second - time.Nanosecond)
	again := w.renew(pair.Refresh)
	w.expectIssued("within grace", again)
	if again.refresh == lost.refresh || again.access == lost.access {
		t.Error("grace answered with the same pair")
	}
	w.pass(time.Minute)
	w.expectIssued("the pair of the first use", w.renew(lost.refresh))
	w.expectIssued("the pair of the second use", w.renew(again.refresh))
	if got := w.Counts(); got.Forgiven != 1 || got.Reuses != 0 {
		t.Errorf("%d forgiven, %d reuses, want 1 and 0", got.Forgiven, got.Reuses)
	}
}

func TestGraceEndsWithAReuse(t *testing.T) {
	w := open(t, authserver.Config{Grace: 10 * time.Second})
	pair := w.login("alice")
	second := w.renew(pair.Refresh)
	w.pass(6 * time.Second)
	w.expectIssued("within grace", w.renew(pair.Refresh))
	w.pass(4 * time.Second) // the second use has not prolonged it
	w.expectDenied("after grace", w.renew(pair.Refresh), "invalid_grant")
	w.expectVerdict("the family", second.access, authserver.ErrRevoked)
}

func TestGraceLetsBothOfTwoSimultaneousRefreshesWin(t *testing.T) {
	w := open(t, authserver.Config{Grace: time.Second})
	for _, a := range w.race(w.login("alice").Refresh, 2) {
		w.expectIssued("a racer", a)
		w.expectVerdict("a racer", a.access, nil)
	}
}

func TestRenewalRevokesOlderAccessTokens(t *testing.T) {
	w := open(t, authserver.Config{RenewalRevokes: true})
	pair := w.login("alice")
	second := w.renew(pair.Refresh)
	w.expectVerdict("the older access token", pair.Access, authserver.ErrRevoked)
	w.expectVerdict("the newer access token", second.access, nil)
}

func TestAccessTokenExpiresWithItsWholeSecond(t *testing.T) {
	w := open(t, authserver.Config{Lifetime: 3 * time.Second}) // the clock shows .250
	pair := w.login("alice")
	w.pass(2750*time.Millisecond - time.Nanosecond)
	w.expectVerdict("just before", pair.Access, nil)
	w.pass(time.Nanosecond)
	w.expectVerdict("at the moment", pair.Access, authserver.ErrExpired)
}

func TestRefreshTokenExpires(t *testing.T) {
	w := open(t, authserver.Config{Lifetime: time.Minute, RefreshLifetime: 5 * time.Second})
	pair := w.login("alice")
	w.pass(4 * time.Second)
	second := w.renew(pair.Refresh)
	w.expectIssued("in time", second)
	w.pass(5 * time.Second)
	w.expectDenied("too late", w.renew(second.refresh), "invalid_grant")
	w.expectVerdict("the access token, which lives longer", second.access, nil)
}

func TestRevokingAnyTokenEndsItsFamily(t *testing.T) {
	w := open(t, authserver.Config{})
	for name, pick := range map[string]func(first authserver.Pair, second answer) string{
		"refresh token":       func(_ authserver.Pair, second answer) string { return second.refresh },
		"spent refresh token": func(first authserver.Pair, _ answer) string { return first.Refresh },
		"access token":        func(_ authserver.Pair, second answer) string { return second.access },
		"older access token":  func(first authserver.Pair, _ answer) string { return first.Access },
	} {
		first := w.login("alice")
		second := w.renew(first.Refresh)
		if a := w.revoke(pick(first, second)); a.status != 200 {
			t.Errorf("%s: status %d, want 200", name, a.status)
		}
		w.expectVerdict(name+": first access token", first.Access, authserver.ErrRevoked)
		w.expectVerdict(name+": second access token", second.access, authserver.ErrRevoked)
		w.expectDenied(name, w.renew(second.refresh), "invalid_grant")
	}
	if got := w.Counts(); got.Revocations != 4 || got.Revoked != 4 || got.Reuses != 0 {
		t.Errorf("%d revocations, %d revoked, %d reuses, want 4, 4, 0", got.Revocations, got.Revoked, got.Reuses)
	}
}

func TestRevokingAnUnknownTokenIsGranted(t *testing.T) {
	w := open(t, authserver.Config{})
	if a := w.revoke("nonsense"); a.status != 200 {
		t.Errorf("status %d, want 200", a.status)
	}
}

func TestVerifyRefusesWhatTheServerHasNotIssued(t *testing.T) {
	w, other := open(t, authserver.Config{}), open(t, authserver.Config{})
	w.expectVerdict("nonsense", "nonsense", authserver.ErrUnknown)
	w.expectVerdict("another server's", other.login("alice").Access, authserver.ErrUnknown)
	pair := w.login("alice")
	w.expectVerdict("a refresh token", pair.Refresh, authserver.ErrUnknown)
	w.expectVerdict("a forged signature", pair.Access[:len(pair.Access)-8]+"AAAAAAAA", authserver.ErrUnknown)
}
