package sessions_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

func TestStaticTokenIsGivenOutToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s := sessionOf(t, sessions.Static(sessions.Endpoint{},
			messages.Token{Access: "at-0", Issued: now, Expiry: now.Add(time.Hour)}))
		if at := accessTokenOf(t, s); at != "at-0" {
			t.Errorf("token %s", at)
		}
		mustBe(t, s.Refresh(t.Context()), sessions.ErrNotSupported)
		time.Sleep(time.Hour)
		_, err := s.AccessToken(t.Context())
		mustBe(t, err, sessions.ErrLoginRequired)
		if st := s.Status(); st.State != "Dead" {
			t.Errorf("state %s", st.State)
		}
	})
}

func TestStaticTokenOfUnknownEndIsGivenOutUntilItIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sessionOf(t, sessions.Static(sessions.Endpoint{}, messages.Token{Access: "at-0"}))
		for range 3 {
			if at := accessTokenOf(t, s); at != "at-0" {
				t.Errorf("token %s", at)
			}
			time.Sleep(365 * 24 * time.Hour)
		}
		if err := s.Reject(t.Context(), "at-0", nil); err != nil {
			t.Fatal(err)
		}
		_, err := s.AccessToken(t.Context())
		mustBe(t, err, sessions.ErrLoginRequired)
	})
}

func TestStaticWithoutAServerCanNeitherExchangeNorRevoke(t *testing.T) {
	s := sessionOf(t, sessions.Static(sessions.Endpoint{}, messages.Token{Access: "at-0"}))
	_, err := s.Exchange(t.Context(), messages.Exchange{Scopes: []string{"read"}})
	mustBe(t, err, sessions.ErrNotSupported)
	mustBe(t, s.Revoke(t.Context()), sessions.ErrNotSupported)
	if at := accessTokenOf(t, s); at != "at-0" {
		t.Errorf("token %s", at)
	}
}

func TestStaticTokenIsRevokedAtItsServer(t *testing.T) {
	d := &desk{}
	s := sessionOf(t, sessions.Static(d.endpoint(), messages.Token{Access: "at-0"}))
	if err := s.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := s.AccessToken(t.Context())
	mustBe(t, err, sessions.ErrRevoked)
	d.wasAsked(t, 1)
	if r := d.requests()[0]; r.url != "https://as.example/revoke" || decoded(t, r.body).Get("token") != "at-0" {
		t.Errorf("request to %s", r.url)
	}
}

// A program that is configured with another token goes on with that, whether it is
// started anew or not; with the one that was revoked it does not.
func TestAnotherStaticTokenTakesThePlaceOfTheOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, disk := &desk{}, store.NewMemory()
		of := func(access messages.Secret) sessions.Kind {
			return sessions.Static(d.endpoint(), messages.Token{Access: access})
		}
		mgr := manage(t, sessions.Config{Store: disk})
		accessTokenOf(t, opened(t, mgr, "k", of("at-0")))
		opened(t, mgr, "k", of("at-1"))
		synctest.Wait()
		if at := accessTokenOf(t, opened(t, mgr, "k", of("at-1"))); at != "at-1" {
			t.Errorf("token %s of the same process", at)
		}
		if err := mgr.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		mgr = manage(t, sessions.Config{Store: disk})
		s := opened(t, mgr, "k", of("at-2"))
		if at := accessTokenOf(t, s); at != "at-2" {
			t.Errorf("token %s of the next process", at)
		}
		if err := s.Revoke(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, err := opened(t, mgr, "k", of("at-1")).AccessToken(t.Context())
		mustBe(t, err, sessions.ErrRevoked)
	})
}

func TestWrongStaticTokenNamesItsField(t *testing.T) {
	now := time.Now()
	d := &desk{}
	nameless := d.endpoint()
	nameless.ClientID = ""
	mgr := manage(t, sessions.Config{})
	for field, k := range map[string]sessions.Kind{
		"Token.Access":      sessions.Static(d.endpoint(), messages.Token{}),
		"Token.Refresh":     sessions.Static(d.endpoint(), messages.Token{Access: "a", Refresh: "r"}),
		"Token.Expiry":      sessions.Static(d.endpoint(), messages.Token{Access: "a", Issued: now, Expiry: now}),
		"Token.Type":        sessions.Static(d.endpoint(), messages.Token{Access: "a", Type: "MAC"}),
		"Endpoint.ClientID": sessions.Static(nameless, messages.Token{Access: "a"}),
	} {
		_, err := mgr.Session("k", k)
		names(t, field, err, field)
	}
	_, err := mgr.Session("k", sessions.Static(d.endpoint(), messages.Token{Access: "a\n"}))
	names(t, "line feed", err, "Token.Access")
	d.wasAsked(t, 0)
}
