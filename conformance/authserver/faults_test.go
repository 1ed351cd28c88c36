package authserver_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// tryToRenew expects no answer.
func (w *world) tryToRenew(ctx context.Context, refresh string) {
	w.t.Helper()
	a, err := w.try(ctx, authserver.TokenPath, "grant_type", authserver.RefreshToken, "refresh_token", refresh)
	if !errors.Is(err, errNoAnswer) {
		w.t.Fatalf("status %d, %v, want no answer", a.status, err)
	}
}

func TestFailAnswersAtOnceAndServesNothing(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	for share, status := range []int{0, http.StatusBadGateway} {
		w.SetFaults(authserver.Faults{Fail: authserver.All, Status: status})
		want := []int{http.StatusServiceUnavailable, http.StatusBadGateway}[share]
		if a := w.renew(pair.Refresh); a.status != want {
			t.Errorf("status %d, want %d", a.status, want)
		}
	}
	w.SetFaults(authserver.Faults{})
	w.expectIssued("the refresh token is unspent", w.renew(pair.Refresh))
}

func TestBusySaysWhenToComeBack(t *testing.T) {
	w := open(t, authserver.Config{})
	for _, c := range []struct {
		faults authserver.Faults
		want   string
	}{
		{authserver.Faults{}, ""},
		{authserver.Faults{RetryAfter: 2 * time.Second}, "2"},
		{authserver.Faults{RetryAfter: 1001 * time.Millisecond}, "2"},
		{authserver.Faults{RetryAfter: time.Minute, RetryDate: true}, "Sat, 17 May 2031 12:01:00 GMT"},
	} {
		c.faults.Busy = authserver.All
		w.SetFaults(c.faults)
		a := w.ask(authserver.ClientCredentials)
		if a.status != http.StatusTooManyRequests || a.retryAfter != c.want {
			t.Errorf("status %d, Retry-After %q, want 429, %q", a.status, a.retryAfter, c.want)
		}
	}
}

func TestDroppedRequestIsNotServed(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	w.SetFaults(authserver.Faults{DropRequests: authserver.All, Times: 1})
	w.tryToRenew(t.Context(), pair.Refresh)
	w.expectIssued("the second try", w.renew(pair.Refresh))
}

func TestDroppedAnswerHasSpentTheRefreshToken(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	w.SetFaults(authserver.Faults{DropAnswers: authserver.All, Times: 1})
	w.tryToRenew(t.Context(), pair.Refresh)
	w.expectDenied("the second try", w.renew(pair.Refresh), "invalid_grant")
	w.expectVerdict("the family", pair.Access, authserver.ErrRevoked)
}

func TestSilenceLastsUntilTheClientLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := openInBubble(t, authserver.Config{})
		pair := w.login("alice")
		w.SetFaults(authserver.Faults{Silence: authserver.All, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		began := time.Now()
		w.tryToRenew(ctx, pair.Refresh)
		if took := time.Since(began); took != 24*time.Hour {
			t.Errorf("the silence lasted %v", took)
		}
		synctest.Wait()
		w.expectIssued("the second try", w.renew(pair.Refresh))
		if got := w.Counts().Token[authserver.RefreshToken]; got.MostAtOnce != 1 {
			t.Error("the server kept silent for a client that had left")
		}
	})
}

func TestCloseWaitsForWhatIsBeingServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stuck chan struct{}
		w := openInBubble(t, authserver.Config{Now: func() time.Time {
			if stuck != nil {
				<-stuck
			}
			return time.Now()
		}})
		stuck = make(chan struct{})
		go func() {
			_, _ = w.try(t.Context(), authserver.TokenPath, "grant_type", authserver.ClientCredentials)
		}()
		synctest.Wait()
		closed := false
		go func() {
			_ = w.Close()
			closed = true
		}()
		synctest.Wait()
		if closed {
			t.Error("Close returned while a request was being served")
		}
		close(stuck)
		synctest.Wait()
		if !closed {
			t.Error("Close did not return when it was over")
		}
	})
}

func TestCloseEndsWaitingInAHandlerThatIsNotListening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, err := authserver.New(authserver.Config{})
		if err != nil {
			t.Fatal(err)
		}
		for _, faults := range []authserver.Faults{{Silence: authserver.All}, {Latency: time.Hour}} {
			srv.SetFaults(faults)
			go func() {
				defer func() {
					if got, _ := recover().(error); !errors.Is(got, http.ErrAbortHandler) {
						t.Errorf("the handler ended with %v, want http.ErrAbortHandler", got)
					}
				}()
				req := httptest.NewRequest(http.MethodPost, srv.URL()+authserver.TokenPath, nil)
				srv.Handler().ServeHTTP(httptest.NewRecorder(), req)
			}()
			synctest.Wait()
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseEndsSilenceLatencyAndEveryGoroutine(t *testing.T) {
	// A bubble fails the test if one of its goroutines is left.
	synctest.Test(t, func(t *testing.T) {
		for _, faults := range []authserver.Faults{{Silence: authserver.All}, {Latency: 24 * time.Hour}, {}} {
			w := openInBubble(t, authserver.Config{})
			pair := w.login("alice")
			w.ask(authserver.ClientCredentials) // leaves an idle connection
			w.SetFaults(faults)
			go func() {
				_, _ = w.try(t.Context(), authserver.TokenPath,
					"grant_type", authserver.RefreshToken, "refresh_token", pair.Refresh)
			}()
			synctest.Wait()
			began := time.Now()
			if err := w.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took != 0 {
				t.Errorf("Close took %v", took)
			}
		}
	})
}

func TestLatencyIsUniformUpToItsMaximum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := openInBubble(t, authserver.Config{Lifetime: 24 * time.Hour})
		w.SetFaults(authserver.Faults{Latency: time.Second})
		var least, most, sum time.Duration = time.Hour, 0, 0
		for range 400 {
			began := time.Now()
			w.expectIssued("a slow request", w.ask(authserver.ClientCredentials))
			took := time.Since(began)
			least, most, sum = min(least, took), max(most, took), sum+took
		}
		mean := sum / 400
		if least > 50*time.Millisecond || most < 950*time.Millisecond || most > time.Second {
			t.Errorf("from %v to %v, want from 0 to 1s", least, most)
		}
		if mean < 450*time.Millisecond || mean > 550*time.Millisecond {
			t.Errorf("mean %v, want about 500ms", mean)
		}
	})
}

func TestSlowRequestIsServedThoughItsClientHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := openInBubble(t, authserver.Config{})
		pair := w.login("alice")
		w.SetFaults(authserver.Faults{Latency: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		w.tryToRenew(ctx, pair.Refresh)
		if got := w.Counts().Token[authserver.RefreshToken].Issued; got != 0 {
			t.Fatalf("%d issued before the latency is over", got)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := w.Counts().Token[authserver.RefreshToken].Issued; got != 1 {
			t.Errorf("%d issued, want 1", got)
		}
	})
}

func TestRevokeFaultsAreTheirOwn(t *testing.T) {
	w := open(t, authserver.Config{})
	pair := w.login("alice")
	w.SetRevokeFaults(authserver.Faults{Fail: authserver.All, Times: 1})
	w.expectIssued("a refresh", w.renew(pair.Refresh))
	if a := w.revoke(pair.Refresh); a.status != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", a.status)
	}
	w.expectVerdict("after a failed revocation", pair.Access, nil)
	w.revoke(pair.Refresh)
	w.expectVerdict("after a revocation", pair.Access, authserver.ErrRevoked)
}

// strikes shows what became of 64 requests: fine, failed or busy.
func strikes(t *testing.T, seed uint64, faults authserver.Faults) (pattern string) {
	t.Helper()
	w := open(t, authserver.Config{Seed: seed})
	w.SetFaults(faults)
	for range 64 {
		switch w.ask(authserver.ClientCredentials).status {
		case http.StatusOK:
			pattern += "."
		case http.StatusServiceUnavailable:
			pattern += "F"
		case http.StatusTooManyRequests:
			pattern += "B"
		}
	}
	return pattern
}

func TestSameSeedStrikesTheSameRequests(t *testing.T) {
	some := authserver.Faults{Fail: 0.25, Busy: 0.25}
	seven := strikes(t, 7, some)
	if again := strikes(t, 7, some); seven != again {
		t.Errorf("seed 7 gave\n%s and\n%s", seven, again)
	}
	if eight := strikes(t, 8, some); seven == eight {
		t.Errorf("seeds 7 and 8 both gave\n%s", seven)
	}
}

func TestSharesOfFaultsAreAddedUp(t *testing.T) {
	got := strikes(t, 1, authserver.Faults{Fail: 0.5, Busy: 0.5})
	if f, b := strings.Count(got, "F"), strings.Count(got, "B"); f+b != 64 || f < 20 || b < 20 {
		t.Errorf("%d failed, %d busy of 64, want about half of each", f, b)
	}
}
