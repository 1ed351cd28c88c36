package sessions_test

import (
	"encoding/base64"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// caspioAnswers answers as Caspio's documentation says, with another token each time.
func caspioAnswers(n int) *http.Response {
	digit := string(rune('0' + n))
	return response(http.StatusOK, `{"access_token":"at-`+digit+`","token_type":"bearer","expires_in":86399,"refresh_token":"rt-`+digit+`"}`)
}

func caspioEndpoint(d *desk) sessions.Endpoint {
	e := sessions.Caspio("https://account.caspio.com/oauth/token", "client", "s3cret/+")
	e.HTTPClient = &http.Client{Transport: d}
	return e
}

func TestClientTokenIsTheWholeAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{instead: caspioAnswers}
		s := sessionOf(t, sessions.ClientToken(caspioEndpoint(d)))
		now := time.Now()
		got, err := s.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := messages.Token{Access: "at-1", Refresh: "rt-1", Type: "bearer", Issued: now, Expiry: now.Add(86399 * time.Second)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("token (-want +got):\n%s", diff)
		}
		sent := d.requests()[0]
		if want := "grant_type=client_credentials"; sent.body != want {
			t.Errorf("body %q, want %q", sent.body, want)
		}
		credentials := "Basic " + base64.StdEncoding.EncodeToString([]byte("client:s3cret/+"))
		if got := sent.header.Get("Authorization"); got != credentials {
			t.Errorf("credentials differ from raw Basic ones")
		}
	})
}

func TestClientTokenIsRenewedByANewGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{instead: caspioAnswers}
		s := sessionOf(t, sessions.ClientToken(caspioEndpoint(d)))
		accessTokenOf(t, s)
		time.Sleep(24 * time.Hour)
		if at := accessTokenOf(t, s); at != "at-2" {
			t.Errorf("token %s", at)
		}
		for _, r := range d.requests() {
			if r.body != "grant_type=client_credentials" {
				t.Errorf("body %q", r.body)
			}
		}
	})
}

func TestClientTokenCanNeitherExchangeNorRevoke(t *testing.T) {
	d := &desk{instead: caspioAnswers}
	s := sessionOf(t, sessions.ClientToken(caspioEndpoint(d)))
	at := accessTokenOf(t, s)
	_, err := s.Exchange(t.Context(), messages.Exchange{Scopes: []string{"read"}})
	mustBe(t, err, sessions.ErrNotSupported)
	mustBe(t, s.Revoke(t.Context()), sessions.ErrNotSupported)
	if again := accessTokenOf(t, s); again != at {
		t.Errorf("token %s", again)
	}
	d.wasAsked(t, 1)
}

func TestRejectedClientTokenIsReplaced(t *testing.T) {
	d := &desk{instead: caspioAnswers}
	s := sessionOf(t, sessions.ClientToken(caspioEndpoint(d)))
	if err := s.Reject(t.Context(), accessTokenOf(t, s), nil); err != nil {
		t.Fatal(err)
	}
	if at := accessTokenOf(t, s); at != "at-2" {
		t.Errorf("token %s", at)
	}
}

// Where there is a revocation endpoint, the refresh token that nothing spends is ended too.
func TestClientTokenIsRevokedWhereItCanBe(t *testing.T) {
	d := &desk{instead: func(n int) *http.Response {
		if n > 1 {
			return nil
		}
		return caspioAnswers(n)
	}}
	e := caspioEndpoint(d)
	e.RevokeURL = "https://account.caspio.com/oauth/revoke"
	s := sessionOf(t, sessions.ClientToken(e))
	accessTokenOf(t, s)
	if err := s.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range d.requests()[1:] {
		got = append(got, decoded(t, r.body).Get("token"))
	}
	if diff := cmp.Diff([]string{"rt-1", "at-1"}, got); diff != "" {
		t.Errorf("revoked (-want +got):\n%s", diff)
	}
}

func TestWrongClientTokenNamesItsField(t *testing.T) {
	mgr := manage(t, sessions.Config{})
	_, err := mgr.Session("k", sessions.ClientToken(sessions.Caspio("https://account.caspio.com/oauth/token", "", "s")))
	names(t, "no client", err, "Endpoint.ClientID")
}
