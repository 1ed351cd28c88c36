package sessions_test

import (
	"encoding/base64"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

func TestWrongConfigNamesItsField(t *testing.T) {
	taken := store.NewMemory()
	manage(t, sessions.Config{Store: taken})
	for field, c := range map[string]sessions.Config{
		"Config.Margin":        {Margin: -1},
		"Config.Window":        {Window: -1},
		"Config.LeafTimeout":   {LeafTimeout: -1},
		"Config.SaveTimeout":   {SaveTimeout: -1},
		"Config.QueueFor":      {QueueFor: -1},
		"Config.HoldFor":       {HoldFor: -1},
		"Config.BackoffMax":    {BackoffMax: -1},
		"Config.CoolDownMax":   {CoolDownMax: -1},
		"Config.Claim":         {Claim: -1},
		"Config.ForceInterval": {ForceInterval: -1},
		"Config.IdleAfter":     {IdleAfter: -1},
		"Config.MaxUnwatched":  {MaxUnwatched: -1},
		"Config.InFlight":      {InFlight: -1},
		"Config.MaxBody":       {MaxBody: -1},
		"Config.Rate":          {Rate: -1},
		"Config.Store":         {Store: taken},
	} {
		_, err := sessions.Open(c)
		names(t, field, err, field)
	}
	for _, rate := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := sessions.Open(sessions.Config{Rate: rate})
		names(t, "rate", err, "Config.Rate")
	}
}

func TestNegativeLimitsThatMeanNoneAreRight(t *testing.T) {
	manage(t, sessions.Config{HoldAtMost: -1, Retries: -1})
}

// wrongEndpoints has for each field what is wrong with it.
func wrongEndpoints() map[string][]func(*sessions.Endpoint) {
	urls := []string{
		"", "as.example/token", "/token", "//as.example/token", "http://as.example/token", "http://10.0.0.1/token",
		"http://localhost.evil.example/", "ftp://as.example/", "https://", "https:///token", "https://u:hunter2@as.example/",
		"https://as.example/token#hunter2", "https://as.example/\nhunter2", "https://[::1/hunter2", "%hunter2",
	}
	fields := map[string][]func(*sessions.Endpoint){}
	wrong := func(field string, change func(*sessions.Endpoint)) { fields[field] = append(fields[field], change) }
	for _, u := range urls {
		wrong("Endpoint.TokenURL", func(e *sessions.Endpoint) { e.TokenURL = u })
		if u != "" {
			wrong("Endpoint.RevokeURL", func(e *sessions.Endpoint) { e.RevokeURL = u })
		}
	}
	wrong("Endpoint.ClientID", func(e *sessions.Endpoint) { e.ClientID = "" })
	wrong("Endpoint.ReuseGrace", func(e *sessions.Endpoint) { e.ReuseGrace = -1 })
	for _, auth := range []sessions.ClientAuth{nil, sessions.Basic(""), sessions.BasicEncoded(""), sessions.Post("")} {
		wrong("Endpoint.Auth", func(e *sessions.Endpoint) { e.Auth = auth })
	}
	for _, scope := range []string{"", "a b", `a"`, `a\`, "a\n", "ü"} {
		wrong("Endpoint.Scopes", func(e *sessions.Endpoint) { e.Scopes = []string{"read", scope} })
	}
	for _, name := range []string{
		"", "grant_type", "client_id", "client_secret", "client_assertion", "client_assertion_type",
		"refresh_token", "scope", "resource", "audience", "assertion", "token", "subject_id",
	} {
		wrong("Endpoint.Params", func(e *sessions.Endpoint) {
			e.SubjectFields = [2]string{"subject_type", "subject_id"}
			e.Params = url.Values{name: {"hunter2"}}
		})
	}
	for _, name := range []string{"grant_type", "client_id", "client_secret", "refresh_token", "scope"} {
		wrong("Endpoint.SubjectFields", func(e *sessions.Endpoint) { e.SubjectFields = [2]string{"type", name} })
	}
	for name, value := range map[string]string{
		"": "1", "X A": "1", "X:A": "1", "X\r\nA": "1", "Ü": "1",
		"X-A": "hunter2\r\nX-B: 1", "X-B": "hunter2\n", "X-C": "\x00", "X-D": "\x1b[0m", "X-E": "\x7f",
	} {
		wrong("Endpoint.Header", func(e *sessions.Endpoint) { e.Header = http.Header{name: {"fine", value}} })
	}
	return fields
}

func TestWrongEndpointNamesItsFieldForEveryKind(t *testing.T) {
	d := &desk{}
	mgr := manage(t, sessions.Config{})
	for field, changes := range wrongEndpoints() {
		for _, change := range changes {
			e := d.endpoint()
			e.Auth = sessions.Post("hunter2")
			change(&e)
			for _, kind := range []sessions.Kind{
				sessions.Anonymous(e),
				sessions.ClientCredentials(e, sessions.Subject{}),
				sessions.Persistent(e, messages.Token{}),
				sessions.KeepAlive(sessions.Anonymous(e)),
			} {
				_, err := mgr.Session("k", kind)
				names(t, kind.(interface{ String() string }).String(), err, field)
			}
		}
	}
	if _, ok := mgr.Lookup("k"); ok {
		t.Error("there is a session all the same")
	}
	d.wasAsked(t, 0)
}

func TestWrongSessionNamesWhatIsWrong(t *testing.T) {
	d := &desk{}
	now := time.Now()
	subject := func(s sessions.Subject) sessions.Kind {
		e := d.endpoint()
		e.SubjectFields = [2]string{"type", "id"}
		return sessions.ClientCredentials(e, s)
	}
	token := func(change func(*messages.Token)) sessions.Kind {
		given := loginAt(now)
		given.Access, given.Refresh = "hunter2-access", "hunter2-refresh"
		change(&given)
		return sessions.Persistent(d.endpoint(), given)
	}
	mgr := manage(t, sessions.Config{})
	opened(t, mgr, "other", sessions.Persistent(d.endpoint(), loginAt(now)))
	for name, test := range map[string]struct {
		key   string
		kind  sessions.Kind
		field string
	}{
		"empty key":                  {"", sessions.Anonymous(d.endpoint()), "key"},
		"key of another identity":    {"other", sessions.Anonymous(d.endpoint()), "key"},
		"no kind":                    {"k", nil, "kind"},
		"no kind to keep alive":      {"k", sessions.KeepAlive(nil), "kind"},
		"subject without type":       {"k", subject(sessions.Subject{ID: "1"}), "Subject.Type"},
		"subject without ID":         {"k", subject(sessions.Subject{Type: "user"}), "Subject.ID"},
		"subject without fields":     {"k", sessions.ClientCredentials(d.endpoint(), sessions.Subject{Type: "user", ID: "1"}), "Endpoint.SubjectFields"},
		"no access token":            {"k", token(func(t *messages.Token) { t.Access = "" }), "Token.Access"},
		"no refresh token":           {"k", token(func(t *messages.Token) { t.Refresh = "" }), "Token.Refresh"},
		"no Issued":                  {"k", token(func(t *messages.Token) { t.Issued = time.Time{} }), "Token.Issued"},
		"no Expiry":                  {"k", token(func(t *messages.Token) { t.Expiry = time.Time{} }), "Token.Expiry"},
		"Expiry at Issued":           {"k", token(func(t *messages.Token) { t.Expiry = t.Issued }), "Token.Expiry"},
		"Expiry before Issued":       {"k", token(func(t *messages.Token) { t.Expiry = t.Issued.Add(-1) }), "Token.Expiry"},
		"a type alone":               {"k", sessions.Persistent(d.endpoint(), messages.Token{Type: "Bearer"}), "Token.Access"},
		"scopes alone":               {"k", sessions.Persistent(d.endpoint(), messages.Token{Scopes: []string{"a"}}), "Token.Access"},
		"an end of refreshing alone": {"k", sessions.Persistent(d.endpoint(), messages.Token{RefreshExpiry: now}), "Token.Access"},
		"an access token alone":      {"k", sessions.Persistent(d.endpoint(), messages.Token{Access: "hunter2"}), "Token.Refresh"},
		"a line end in the token":    {"k", token(func(t *messages.Token) { t.Access = "hunter2\r\nX-A: 1" }), "Token.Access"},
		"a token of another type":    {"k", token(func(t *messages.Token) { t.Type = "DPoP" }), "Token.Type"},
		"another's refresh token":    {"k", token(func(t *messages.Token) { t.Refresh = "rt-0" }), "Token.Refresh"},
	} {
		_, err := mgr.Session(test.key, test.kind)
		names(t, name, err, test.field)
	}
	if _, ok := mgr.Lookup("k"); ok {
		t.Error("there is a session all the same")
	}
	d.wasAsked(t, 0)
}

func TestWhatIsOnlyDeclaredIsNotSupported(t *testing.T) {
	d := &desk{}
	mgr := manage(t, sessions.Config{})
	for name, kind := range map[string]sessions.Kind{
		"ClientToken":               sessions.ClientToken(d.endpoint()),
		"KeepAlive of one of these": sessions.KeepAlive(sessions.ClientToken(d.endpoint())),
	} {
		if _, err := mgr.Session(name, kind); true {
			mustBe(t, err, sessions.ErrNotSupported)
		}
	}
	s := opened(t, mgr, "k", sessions.Anonymous(d.endpoint()))
	mustBe(t, s.Establish(t.Context(), "hunter2"), sessions.ErrNotSupported)
	d.wasAsked(t, 0)
}

func TestClientProvesItselfAsItWasTold(t *testing.T) {
	basic := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
	}
	for name, test := range map[string]struct {
		auth         sessions.ClientAuth
		header, body string
	}{
		"Basic":        {sessions.Basic("a b/+ü"), basic("the client", "a b/+ü"), ""},
		"BasicEncoded": {sessions.BasicEncoded("a b/+ü"), basic("the+client", "a+b%2F%2B%C3%BC"), ""},
		"Post":         {sessions.Post("a b/+ü"), "", "&client_id=the+client&client_secret=a+b%2F%2B%C3%BC"},
		"None":         {sessions.None(), "", "&client_id=the+client"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &desk{}
			e := d.endpoint()
			e.ClientID, e.Auth = "the client", test.auth
			s := sessionOf(t, sessions.Anonymous(e))
			accessTokenOf(t, s)
			if err := s.Revoke(t.Context()); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range d.requests() {
				got = append(got, r.header.Get("Authorization"), r.body)
			}
			want := []string{test.header, "grant_type=client_credentials" + test.body, test.header, "token=at-1" + test.body}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("headers and bodies (-want +got):\n%s", diff)
			}
		})
	}
}

func TestExtraHeadersGoOntoEveryRequestAndReplaceNone(t *testing.T) {
	d := &desk{}
	e := d.endpoint()
	e.Auth = sessions.Basic("s")
	e.Header = http.Header{
		"x-tenant":        {"a", "b"},
		"User-Agent":      {"shop/1"},
		"Accept":          {"text/html"},
		"Authorization":   {"Bearer mine"},
		"Content-Type":    {"text/plain"},
		"X-Forwarded-For": {"1.2.3.4"},
		"Idempotency-Key": {"1"},
	}
	s := sessionOf(t, sessions.Anonymous(e))
	accessTokenOf(t, s)
	if err := s.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"X-Tenant":      {"a", "b"},
		"User-Agent":    {"shop/1"},
		"Accept":        {"application/json"},
		"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("client:s"))},
		"Content-Type":  {"application/x-www-form-urlencoded"},
	}
	for _, r := range d.requests() {
		if diff := cmp.Diff(want, r.header); diff != "" {
			t.Errorf("%s (-want +got):\n%s", r.url, diff)
		}
	}
}

func TestHTTPClientThatIsGivenIsCopied(t *testing.T) {
	d := &desk{instead: func(int) *http.Response {
		return response(http.StatusTemporaryRedirect, "", "Location", "https://evil.example/token")
	}}
	e := d.endpoint()
	given := e.HTTPClient
	s := opened(t, manage(t, sessions.Config{Retries: -1}), "k", sessions.Anonymous(e))
	_, err := s.AccessToken(t.Context())
	mustBe(t, err, sessions.ErrUnavailable)
	if given.CheckRedirect != nil || given.Transport != http.RoundTripper(d) {
		t.Error("the given client was changed")
	}
	d.wasAsked(t, 1)
}

func TestCaspioHasRawBasicCredentialsAndNoRevocation(t *testing.T) {
	d := &desk{}
	e := sessions.Caspio("https://as.example/oauth/token", "client", "s/+")
	e.HTTPClient = &http.Client{Transport: d}
	s := sessionOf(t, sessions.Anonymous(e))
	accessTokenOf(t, s)
	mustBe(t, s.Revoke(t.Context()), sessions.ErrNotSupported)
	d.wasSent(t, "https://as.example/oauth/token grant_type=client_credentials")
	got := d.requests()[0].header.Get("Authorization")
	if want := "Basic " + base64.StdEncoding.EncodeToString([]byte("client:s/+")); got != want {
		t.Errorf("Authorization %q, want %q", got, want)
	}
}

func TestEndpointDescribesItselfByClientAndHost(t *testing.T) {
	e := sessions.Box("https://api.box.com", "client", "hunter2")
	e.Header = http.Header{"X-Api-Key": {"hunter2"}}
	e.Params = url.Values{"password": {"hunter2"}}
	if got, want := e.String(), `client "client" at api.box.com`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := (sessions.Endpoint{TokenURL: "hunter2"}).String(); strings.Contains(got, "hunter2") {
		t.Errorf("a URL that is none is repeated: %q", got)
	}
}
