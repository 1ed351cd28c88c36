package sessions_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/holdfast-go/holdfast/sessions"
)

func TestTokenSourceServesTheTransportOfOAuth2(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s := &desk{}, &shop{}
		session := sessionOf(t, sessions.Anonymous(d.endpoint()))
		client := &http.Client{Transport: &oauth2.Transport{Source: session.TokenSource(t.Context()), Base: s}}
		for range 2 {
			if err := fetch(t, client, "https://api.example/"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Hour)
		}
		s.wants(t, "GET https://api.example/ Bearer at-1", "GET https://api.example/ Bearer at-2")
	})
}

func TestTokenSourceKeepsTheRefreshTokenToItself(t *testing.T) {
	d := &desk{}
	session := sessionOf(t, sessions.Persistent(d.endpoint(), lapsed()))
	got, err := session.TokenSource(t.Context()).Token()
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessToken != "at-1" || got.RefreshToken != "" || got.Type() != "Bearer" {
		t.Errorf("token %q of type %s, refresh token %q", got.AccessToken, got.Type(), got.RefreshToken)
	}
}

func TestReuseTokenSourceLetsGoOfATokenBeforeTheSessionDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		session := sessionOf(t, sessions.Anonymous(d.endpoint()))
		source := oauth2.ReuseTokenSource(nil, session.TokenSource(t.Context()))
		since := map[string]time.Time{}
		for range 24 * 60 { // a day
			reused, err := source.Token()
			if err != nil {
				t.Fatal(err)
			}
			if _, known := since[reused.AccessToken]; !known {
				since[reused.AccessToken] = time.Now()
			}
			// An hour without the session's margin of 3 min.
			if age := time.Since(since[reused.AccessToken]); age >= 57*time.Minute {
				t.Fatalf("%s is given out after %s", reused.AccessToken, age)
			}
			time.Sleep(time.Minute)
		}
		if got := len(d.requests()); got > 30 {
			t.Errorf("%d token requests in a day of tokens of an hour", got)
		}
	})
}

func TestTokenSourceWaitsUnderItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{instead: func(int) *http.Response { time.Sleep(5 * time.Second); return nil }}
		session := sessionOf(t, sessions.Anonymous(d.endpoint()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := session.TokenSource(ctx).Token()
		mustBe(t, err, context.DeadlineExceeded)
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("it waited %s", waited)
		}
	})
}

func TestTokenSourceToldOfAFailureSendsNoRequest(t *testing.T) {
	d := &desk{instead: func(int) *http.Response { return response(http.StatusBadRequest, `{"error":"invalid_client"}`) }}
	s := &shop{}
	session := sessionOf(t, sessions.Anonymous(d.endpoint()))
	client := oauth2.NewClient(context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: s}), session.TokenSource(t.Context()))
	mustBe(t, fetch(t, client, "https://api.example/"), sessions.ErrUnavailable)
	s.wants(t)
}
