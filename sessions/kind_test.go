package sessions_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// fully is the desk with all that an Endpoint can add to a form.
func fully(d *desk) sessions.Endpoint {
	e := d.endpoint()
	e.Auth = sessions.Post("s3cret/+")
	e.Scopes = []string{"write", "read"}
	e.Resource = "https://api.example/v1"
	e.Audience = "the api"
	e.Params = url.Values{"zone": {"eu", "us"}, "claims": {"{}"}}
	return e
}

// boxed is the desk behind the preset for Box.
func boxed(d *desk) sessions.Endpoint {
	e := sessions.Box("https://as.example/", "client", "s3cret/+")
	e.HTTPClient = &http.Client{Transport: d}
	return e
}

func TestReplacedSecretIsUsedForTheNextRequest(t *testing.T) {
	d := &desk{}
	mgr := manage(t, sessions.Config{})
	for _, secret := range []string{"old-secret", "new-secret"} {
		e := d.endpoint()
		e.Auth = sessions.Post(secret)
		s, err := mgr.Session("k", sessions.Anonymous(e))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var sent []string
	for _, r := range d.requests() {
		sent = append(sent, r.body)
	}
	const form = "grant_type=client_credentials&client_id=client&client_secret="
	if diff := cmp.Diff([]string{form + "old-secret", form + "new-secret"}, sent); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestTokenRequestsHaveTheirFieldsInOrder(t *testing.T) {
	const extras = "&scope=write+read&resource=https%3A%2F%2Fapi.example%2Fv1&audience=the+api" +
		"&claims=%7B%7D&zone=eu&zone=us&client_id=client&client_secret=s3cret%2F%2B"
	for name, test := range map[string]struct {
		kind func(*desk) sessions.Kind
		want string
	}{
		"anonymous": {
			func(d *desk) sessions.Kind { return sessions.Anonymous(d.endpoint()) },
			"grant_type=client_credentials&client_id=client",
		},
		"anonymous, of Box": {
			func(d *desk) sessions.Kind { return sessions.Anonymous(boxed(d)) },
			"grant_type=client_credentials&client_id=client&client_secret=s3cret%2F%2B",
		},
		"anonymous, everything": {
			func(d *desk) sessions.Kind { return sessions.Anonymous(fully(d)) },
			"grant_type=client_credentials" + extras,
		},
		"client credentials": {
			func(d *desk) sessions.Kind { return sessions.ClientCredentials(d.endpoint(), sessions.Subject{}) },
			"grant_type=client_credentials&client_id=client",
		},
		"client credentials, of Box": {
			func(d *desk) sessions.Kind { return sessions.ClientCredentials(boxed(d), sessions.Subject{}) },
			"grant_type=client_credentials&client_id=client&client_secret=s3cret%2F%2B",
		},
		"client credentials for a user of Box": {
			func(d *desk) sessions.Kind {
				return sessions.ClientCredentials(boxed(d), sessions.Subject{Type: "user", ID: "12 3"})
			},
			"grant_type=client_credentials&box_subject_type=user&box_subject_id=12+3&client_id=client&client_secret=s3cret%2F%2B",
		},
		"client credentials for a subject, everything": {
			func(d *desk) sessions.Kind {
				e := fully(d)
				e.SubjectFields = [2]string{"zz", "aa"}
				return sessions.ClientCredentials(e, sessions.Subject{Type: "t", ID: "1"})
			},
			"grant_type=client_credentials&zz=t&aa=1" + extras,
		},
		"persistent": {
			func(d *desk) sessions.Kind { return sessions.Persistent(d.endpoint(), lapsed()) },
			"grant_type=refresh_token&refresh_token=rt-0&client_id=client",
		},
		"persistent, of Box": {
			func(d *desk) sessions.Kind { return sessions.Persistent(boxed(d), lapsed()) },
			"grant_type=refresh_token&refresh_token=rt-0&client_id=client&client_secret=s3cret%2F%2B",
		},
		"persistent, everything": {
			func(d *desk) sessions.Kind { return sessions.Persistent(fully(d), lapsed()) },
			"grant_type=refresh_token&refresh_token=rt-0" + extras,
		},
		"keep alive": {
			func(d *desk) sessions.Kind { return sessions.KeepAlive(sessions.Persistent(d.endpoint(), lapsed())) },
			"grant_type=refresh_token&refresh_token=rt-0&client_id=client",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{}
			accessTokenOf(t, sessionOf(t, test.kind(d)))
			d.wasSent(t, "https://as.example/token "+test.want, "https://as.example/oauth2/token "+test.want)
		})
	}
}

// wasSent checks that there was one request, one of these.
func (d *desk) wasSent(t *testing.T, either ...string) {
	t.Helper()
	d.wasAsked(t, 1)
	r := d.requests()[0]
	got := r.url + " " + r.body
	for _, want := range either {
		if got == want {
			return
		}
	}
	t.Errorf("sent %s\nwant %s", got, either[0])
}

func TestRefreshSendsTheNewestRefreshToken(t *testing.T) {
	d := &desk{}
	s := sessionOf(t, sessions.Persistent(d.endpoint(), lapsed()))
	accessTokenOf(t, s)
	for range 2 {
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, r := range d.requests() {
		got = append(got, decoded(t, r.body).Get("refresh_token"))
	}
	if diff := cmp.Diff([]string{"rt-0", "rt-1", "rt-2"}, got); diff != "" {
		t.Errorf("refresh tokens sent (-want +got):\n%s", diff)
	}
}

func TestRevokeSendsTheTokensAndTheCredentialsLast(t *testing.T) {
	for name, test := range map[string]struct {
		kind func(*desk) sessions.Kind
		want []string
	}{
		"anonymous": {
			func(d *desk) sessions.Kind { return sessions.Anonymous(fully(d)) },
			[]string{"https://as.example/revoke token=at-1&client_id=client&client_secret=s3cret%2F%2B"},
		},
		"client credentials": {
			func(d *desk) sessions.Kind { return sessions.ClientCredentials(boxed(d), sessions.Subject{}) },
			[]string{"https://as.example/oauth2/revoke token=at-1&client_id=client&client_secret=s3cret%2F%2B"},
		},
		"persistent": {
			func(d *desk) sessions.Kind { return sessions.Persistent(boxed(d), lapsed()) },
			[]string{
				"https://as.example/oauth2/revoke token=rt-1&client_id=client&client_secret=s3cret%2F%2B",
				"https://as.example/oauth2/revoke token=at-1&client_id=client&client_secret=s3cret%2F%2B",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{}
			s := sessionOf(t, test.kind(d))
			accessTokenOf(t, s)
			if err := s.Revoke(t.Context()); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range d.requests()[1:] {
				got = append(got, r.url+" "+r.body)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRevokeWithoutARevocationEndpointSendsNothing(t *testing.T) {
	d := &desk{}
	e := d.endpoint()
	e.RevokeURL = ""
	s := sessionOf(t, sessions.Anonymous(e))
	at := accessTokenOf(t, s)
	mustBe(t, s.Revoke(t.Context()), sessions.ErrNotSupported)
	if again := accessTokenOf(t, s); again != at {
		t.Errorf("token %s, want %s still", again, at)
	}
	d.wasAsked(t, 1)
}

func TestClientIPGoesOntoTheTokenRequestThatItsCallStarts(t *testing.T) {
	for ip, want := range map[string]string{
		"203.0.113.7":        "203.0.113.7",
		"2001:db8::1":        "2001:db8::1",
		"::ffff:203.0.113.7": "203.0.113.7",
		"fe80::1%eth0":       "fe80::1",
	} {
		d := &desk{}
		s := sessionOf(t, sessions.Anonymous(d.endpoint()))
		with := sessions.ClientIP(netip.MustParseAddr(ip))
		if _, err := s.AccessToken(t.Context(), with); err != nil {
			t.Fatal(err)
		}
		if err := s.Refresh(t.Context(), with); err != nil {
			t.Fatal(err)
		}
		if err := s.Revoke(t.Context(), with); err != nil {
			t.Fatal(err)
		}
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range d.requests() {
			got = append(got, r.header.Get("X-Forwarded-For"))
		}
		if diff := cmp.Diff([]string{want, want, want, ""}, got); diff != "" {
			t.Errorf("X-Forwarded-For (-want +got):\n%s", diff)
		}
	}
}

func TestSessionOfAnotherIdentityIsRefused(t *testing.T) {
	type change = func(*sessions.Endpoint, *sessions.Subject)
	for name, test := range map[string]struct {
		change change
		counts bool
	}{
		"token URL":      {func(e *sessions.Endpoint, _ *sessions.Subject) { e.TokenURL += "2" }, true},
		"client ID":      {func(e *sessions.Endpoint, _ *sessions.Subject) { e.ClientID += "2" }, true},
		"a scope more":   {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Scopes = append(e.Scopes, "admin") }, true},
		"no scopes":      {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Scopes = nil }, true},
		"resource":       {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Resource += "2" }, true},
		"audience":       {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Audience += "2" }, true},
		"a parameter":    {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Params = url.Values{"zone": {"us"}} }, true},
		"no parameters":  {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Params = nil }, true},
		"a value more":   {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Params = url.Values{"zone": {"eu", "eu"}} }, true},
		"subject's type": {func(_ *sessions.Endpoint, s *sessions.Subject) { s.Type = "enterprise" }, true},
		"subject's ID":   {func(_ *sessions.Endpoint, s *sessions.Subject) { s.ID = "2" }, true},
		"no subject":     {func(_ *sessions.Endpoint, s *sessions.Subject) { *s = sessions.Subject{} }, true},
		"shifted borders": {func(e *sessions.Endpoint, _ *sessions.Subject) {
			e.Resource, e.Audience = "rest"+e.Audience[:1], e.Audience[1:]
		}, true},

		"nothing":         {func(*sessions.Endpoint, *sessions.Subject) {}, false},
		"order of scopes": {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Scopes = []string{"write", "read"} }, false},
		"secret":          {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Auth = sessions.Post("another") }, false},
		"way of proving":  {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Auth = sessions.Basic("s") }, false},
		"HTTP client": {func(e *sessions.Endpoint, _ *sessions.Subject) {
			e.HTTPClient = &http.Client{Transport: e.HTTPClient.Transport}
		}, false},
		"headers":        {func(e *sessions.Endpoint, _ *sessions.Subject) { e.Header = http.Header{"X-A": {"1"}} }, false},
		"revoke URL":     {func(e *sessions.Endpoint, _ *sessions.Subject) { e.RevokeURL = "" }, true},
		"RenewalRevokes": {func(e *sessions.Endpoint, _ *sessions.Subject) { e.RenewalRevokes = true }, false},
		"ReuseGrace":     {func(e *sessions.Endpoint, _ *sessions.Subject) { e.ReuseGrace = time.Minute }, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{}
			mgr := manage(t, sessions.Config{})
			endpoint := func() sessions.Endpoint {
				e := d.endpoint()
				e.Scopes = []string{"read", "write"}
				e.Resource, e.Audience = "rest", "all"
				e.Params = url.Values{"zone": {"eu"}}
				e.SubjectFields = [2]string{"type", "id"}
				e.Auth = sessions.Post("s")
				return e
			}
			subject := sessions.Subject{Type: "user", ID: "1"}
			first := opened(t, mgr, "k", sessions.ClientCredentials(endpoint(), subject))
			e := endpoint()
			test.change(&e, &subject)
			second, err := mgr.Session("k", sessions.KeepAlive(sessions.ClientCredentials(e, subject)))
			switch {
			case test.counts:
				mustBe(t, err, sessions.ErrInvalid)
			case err != nil:
				t.Error(err)
			case accessTokenOf(t, second) != accessTokenOf(t, first):
				t.Error("one session has two tokens")
			}
		})
	}
}

func TestKindsAreDifferentIdentities(t *testing.T) {
	e := (&desk{}).endpoint()
	kinds := []sessions.Kind{
		sessions.Anonymous(e),
		sessions.ClientCredentials(e, sessions.Subject{}),
		sessions.Persistent(e, messages.Token{}),
	}
	for i, one := range kinds {
		for j, other := range kinds {
			mgr := manage(t, sessions.Config{})
			opened(t, mgr, "k", one)
			if _, err := mgr.Session("k", other); (err == nil) != (i == j) {
				t.Errorf("%v after %v: %v", other, one, err)
			}
		}
	}
}

func TestRecordOfAnotherIdentityIsRefusedWithoutARequest(t *testing.T) {
	d := &desk{}
	memory := sharedMemory()
	one := opened(t, manage(t, sessions.Config{Store: memory}), "k", sessions.Anonymous(d.endpoint()))
	accessTokenOf(t, one)
	e := d.endpoint()
	e.Scopes = []string{"admin"}
	other := opened(t, manage(t, sessions.Config{Store: memory}), "k", sessions.Anonymous(e))
	_, err := other.AccessToken(t.Context())
	mustBe(t, err, sessions.ErrInvalid)
	d.wasAsked(t, 1)
}

func TestKeepAliveRenewsWithoutBeingAsked(t *testing.T) {
	for keep, want := range map[bool]int{false: 1, true: 2} {
		synctest.Test(t, func(t *testing.T) {
			d := &desk{}
			kind := sessions.Anonymous(d.endpoint())
			if keep {
				kind = sessions.KeepAlive(kind)
			}
			accessTokenOf(t, sessionOf(t, kind))
			time.Sleep(55 * time.Minute)
			synctest.Wait()
			d.wasAsked(t, want)
		})
	}
}
