package sessions_test

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

const exchangeGrant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange" +
	"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&subject_token=at-1"

func TestExchangeSendsTheFieldsOfRFC8693InTheirOrder(t *testing.T) {
	box := func(d *desk) sessions.Endpoint {
		e := boxed(d)
		e.Params = map[string][]string{"as_user": {"7"}}
		return e
	}
	for name, test := range map[string]struct {
		endpoint func(*desk) sessions.Endpoint
		ask      messages.Exchange
		want     string
	}{
		"scopes": {
			endpoint: (*desk).endpoint,
			ask:      messages.Exchange{Scopes: []string{"read", "write"}},
			want:     exchangeGrant + "&scope=read+write&client_id=client",
		},
		"resource": {
			endpoint: (*desk).endpoint,
			ask:      messages.Exchange{Resource: "https://api.example/a b"},
			want:     exchangeGrant + "&resource=https%3A%2F%2Fapi.example%2Fa+b&client_id=client",
		},
		"everything": {
			endpoint: box,
			ask: messages.Exchange{
				Scopes: []string{"item_preview"}, Resource: "https://api.box.com/2.0/files/1", Audience: "them", SharedLink: "https://app.box.com/s/1",
				Actor: &messages.Actor{Token: "act", Type: "urn:ietf:params:oauth:token-type:id_token"},
			},
			want: exchangeGrant + "&scope=item_preview&resource=https%3A%2F%2Fapi.box.com%2F2.0%2Ffiles%2F1&audience=them" +
				"&box_shared_link=https%3A%2F%2Fapp.box.com%2Fs%2F1" +
				"&actor_token=act&actor_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token" +
				"&as_user=7&client_id=client&client_secret=s3cret%2F%2B",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{}
			s := sessionOf(t, sessions.ClientCredentials(test.endpoint(d), sessions.Subject{}))
			accessTokenOf(t, s)
			tok, err := s.Exchange(t.Context(), test.ask)
			if err != nil || tok.Access != "at-2" {
				t.Fatalf("token %s, %v", tok.Access.Reveal(), err)
			}
			last := d.requests()[1]
			if diff := cmp.Diff(test.want, last.body); diff != "" {
				t.Errorf("form (-want +got):\n%s", diff)
			}
			if accept := last.header.Get("Accept"); accept != "application/json" {
				t.Errorf("Accept: %s", accept)
			}
		})
	}
}

// "If the issued token is not an access token or usable as an access token, then
// the token_type value N_A is used [...]" (RFC 8693, section 2.2.1).
func TestExchangedTokenMayBeOfNoType(t *testing.T) {
	d := &desk{instead: func(n int) *http.Response {
		if n == 1 {
			return nil
		}
		return response(http.StatusOK, `{"access_token":"saml","token_type":"N_A","expires_in":60,"scope":"a b","refresh_token":"hunter2",
			"issued_token_type":"urn:ietf:params:oauth:token-type:saml2"}`)
	}}
	s := sessionOf(t, sessions.ClientCredentials(d.endpoint(), sessions.Subject{}))
	tok, err := s.Exchange(t.Context(), messages.Exchange{Audience: "them"})
	if err != nil {
		t.Fatal(err)
	}
	if tok.Access != "saml" || tok.Type != "N_A" || !slices.Equal(tok.Scopes, []string{"a", "b"}) || tok.Lifetime() != time.Minute {
		t.Errorf("token %v %s", tok, tok.Access.Reveal())
	}
	if got := tok.Extra["issued_token_type"]; got != "urn:ietf:params:oauth:token-type:saml2" {
		t.Errorf("issued_token_type is %q", got)
	}
	if tok.Refresh != "" {
		t.Error("the refresh token was kept")
	}
	if at := accessTokenOf(t, s); at != "at-1" {
		t.Errorf("the session's own token is %s", at)
	}
}

func TestExchangeThatIsWrongNamesTheFieldAndSendsNothing(t *testing.T) {
	actor := func(token messages.Secret, kind string) messages.Exchange {
		return messages.Exchange{Scopes: []string{"read"}, Actor: &messages.Actor{Token: token, Type: kind}}
	}
	d := &desk{}
	s := sessionOf(t, sessions.ClientCredentials(d.endpoint(), sessions.Subject{}))
	for _, test := range []struct {
		ask   messages.Exchange
		field string
	}{
		{messages.Exchange{}, "Exchange"},
		{messages.Exchange{Actor: &messages.Actor{Token: "hunter2", Type: "t"}}, "Exchange"},
		{messages.Exchange{Scopes: []string{""}}, "Exchange.Scopes"},
		{messages.Exchange{Scopes: []string{"read", "a b"}}, "Exchange.Scopes"},
		{messages.Exchange{Scopes: []string{`"`}}, "Exchange.Scopes"},
		{messages.Exchange{Resource: "api.example"}, "Exchange.Resource"},
		{messages.Exchange{Resource: "/files"}, "Exchange.Resource"},
		{messages.Exchange{Resource: "https://api.example/#part"}, "Exchange.Resource"},
		{messages.Exchange{Resource: "https://api.example/%zz"}, "Exchange.Resource"},
		{actor("", "t"), "Exchange.Actor.Token"},
		{actor("hunter2", ""), "Exchange.Actor.Type"},
		{messages.Exchange{SharedLink: "https://app.box.com/s/1"}, "Exchange.SharedLink"},
	} {
		_, err := s.Exchange(t.Context(), test.ask)
		names(t, test.field, err, test.field)
	}
	d.wasAsked(t, 0)
}

func TestAnonymousExchangeReturnsItsOwnToken(t *testing.T) {
	d := &desk{}
	s := sessionOf(t, sessions.Anonymous(d.endpoint()))
	tok, err := s.Exchange(t.Context(), messages.Exchange{Scopes: []string{"read"}})
	if err != nil || tok.Access != "at-1" {
		t.Errorf("token %s, %v", tok.Access.Reveal(), err)
	}
	d.wasAsked(t, 1)
	names(t, "Exchange", func() error { _, err := s.Exchange(t.Context(), messages.Exchange{}); return err }(), "Exchange")
}

func TestExchangeOfAPersistentSession(t *testing.T) {
	d := &desk{}
	s := sessionOf(t, sessions.KeepAlive(sessions.Persistent(d.endpoint(), lapsed())))
	tok, err := s.Exchange(t.Context(), messages.Exchange{Scopes: []string{"read"}})
	if err != nil || tok.Access != "at-2" || tok.Refresh != "" {
		t.Errorf("token %s, %v", tok.Access.Reveal(), err)
	}
	forms := d.requests()
	if got := decoded(t, forms[1].body).Get("subject_token"); got != "at-1" {
		t.Errorf("%s was exchanged, want what the refresh has brought", got)
	}
}

func TestExchangeSendsTheAddressOfWhoAsks(t *testing.T) {
	d := &desk{}
	s := sessionOf(t, sessions.ClientCredentials(d.endpoint(), sessions.Subject{}))
	accessTokenOf(t, s)
	_, err := s.Exchange(t.Context(), messages.Exchange{Scopes: []string{"read"}}, sessions.ClientIP(netip.MustParseAddr("192.0.2.1")))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.requests()[1].header.Get("X-Forwarded-For"); got != "192.0.2.1" {
		t.Errorf("X-Forwarded-For is %q", got)
	}
}

// A caller who has left may use his slices again while his request goes on.
func TestExchangeThatWasLeftDoesNotLookAtItsArgumentsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{instead: func(n int) *http.Response {
			if n == 2 { // keeps the one slot for a second
				time.Sleep(time.Second)
			}
			return nil
		}}
		mgr := manage(t, sessions.Config{InFlight: 1})
		s := opened(t, mgr, "k", sessions.ClientCredentials(d.endpoint(), sessions.Subject{}))
		accessTokenOf(t, s)
		go func() {
			_, _ = opened(t, mgr, "other", sessions.Anonymous(d.endpoint())).AccessToken(context.Background())
		}()
		synctest.Wait()
		ask := messages.Exchange{Scopes: []string{"read"}, Actor: &messages.Actor{Token: "act", Type: "t"}}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_, err := s.Exchange(ctx, ask)
		mustBe(t, err, context.DeadlineExceeded)
		ask.Scopes[0], ask.Actor.Token = "write", "another"
		time.Sleep(2 * time.Second)
		d.wasAsked(t, 3)
		form := decoded(t, d.requests()[2].body)
		if form.Get("scope") != "read" || form.Get("actor_token") != "act" {
			t.Errorf("sent %v", form)
		}
	})
}

func TestWhatTheServerSaysOfAnExchangeIsAnErrorOfACaller(t *testing.T) {
	for body, want := range map[string]error{
		`{"error":"invalid_scope"}`:       sessions.ErrInvalid,
		`{"error":"invalid_target"}`:      sessions.ErrInvalid,
		`{"error":"unauthorized_client"}`: sessions.ErrUnavailable,
	} {
		synctest.Test(t, func(t *testing.T) {
			d := &desk{instead: func(n int) *http.Response {
				if n == 1 {
					return nil
				}
				return response(http.StatusBadRequest, body)
			}}
			s := sessionOf(t, sessions.ClientCredentials(d.endpoint(), sessions.Subject{}))
			for range 3 {
				_, err := s.Exchange(t.Context(), messages.Exchange{Scopes: []string{"read"}})
				mustBe(t, err, want)
			}
			d.wasAsked(t, 2)
			if at := accessTokenOf(t, s); at != "at-1" || s.Status().State != "Fresh" {
				t.Errorf("the session has %s and is %s", at, s.Status().State)
			}
		})
	}
}
