package sessions_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// Exchanges that were sent before one of them has learned what time it is at the server are
// denied too, and say nothing of what was learned.
func TestWrongClockIsCorrectedForExchangesSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		server := strict{code: "invalid_client", ahead: time.Hour}
		n := &notary{judge: func(i int, form url.Values) *http.Response {
			mu.Lock()
			answer := server.judge(i, form)
			mu.Unlock()
			time.Sleep(time.Second) // of the bubble
			return answer
		}}
		e := n.endpoint(sessions.PrivateKeyJWT(clientBy(t, "p256", "ES256")))
		s := begin(t, sessions.Config{}, sessions.Static(e, messages.Token{Access: "developer"}))
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				if _, err := s.Exchange(t.Context(), read(fmt.Sprint("scope", i))); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := server.did(); got != "400 400 400 400 200 200 200 200" {
			t.Errorf("the server answered %s", got)
		}
		if _, err := s.Exchange(t.Context(), read("another")); err != nil || server.did() != "200" {
			t.Errorf("the correction is not remembered: %v", err)
		}
	})
}

// An exchange has no assertion of the grant in it that could be out of time.
func TestDeniedExchangeIsNotTheClocksFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notary{judge: func(_ int, form url.Values) *http.Response {
			if form.Has("subject_token") {
				return dated(http.StatusBadRequest, `{"error":"invalid_scope"}`, time.Now().Add(10*time.Second))
			}
			return nil
		}}
		s := begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), aliceBy(t, "p256", "ES256")))
		expectToken(t, s, "t-1")
		if _, err := s.Exchange(t.Context(), read("x")); !errors.Is(err, sessions.ErrInvalid) {
			t.Error(err)
		}
		n.expectRequests(t, 2)
	})
}
