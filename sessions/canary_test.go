package sessions_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// bird is in every secret of these tests.
const bird = "canary7f3a9"

// leaks returns what of a secret is in a text, in any form in which one usually gets
// there; empty: nothing.
func leaks(text string) string {
	forms := []string{
		bird,
		hex.EncodeToString([]byte(bird)),
		strings.ToUpper(hex.EncodeToString([]byte(bird))),
		strings.Trim(fmt.Sprintf("%d", []byte(bird)), "[]"),
	}
	for shift := range 3 { // wherever in a base64 text it begins
		coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + bird))
		forms = append(forms, coded[4:len(coded)-4])
	}
	for _, form := range forms {
		if strings.Contains(text, form) {
			return form
		}
	}
	return ""
}

// printed is each way in which a value commonly ends up in a text.
func printed(v any) string {
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("printed", "value", v)
	}
	return b.String()
}

// holder is a struct of somebody else's that keeps values in unexported fields,
// where package fmt asks nothing how to print.
type holder struct {
	any     any
	kind    sessions.Kind
	auth    sessions.ClientAuth
	session *sessions.Session
	client  *http.Client
}

func TestNothingOfTheFrontDoorPrintsASecret(t *testing.T) {
	d := &desk{}
	// A key whose bytes are the canary's, over and over.
	key := ed25519.PrivateKey(bytes.Repeat([]byte(bird), 8)[:ed25519.PrivateKeySize])
	assertion := sessions.BoxAssertion("client", "kid", sessions.Subject{Type: "user", ID: "1"}, key)
	assertion.Claims = map[string]any{"secret": bird}
	endpoint := d.endpoint()
	endpoint.Auth = sessions.Post(bird)
	endpoint.Params = url.Values{"password": {bird}}
	endpoint.Header = http.Header{"X-Api-Key": {bird}}
	endpoint.TokenURL += "?key=" + bird
	token := loginAt(time.Now())
	token.Access, token.Refresh, token.Extra = bird+"-access", bird+"-refresh", map[string]string{"id_token": bird}
	config := sessions.Config{Store: store.NewMemory()}
	mgr := manage(t, config)
	session := opened(t, mgr, "k", sessions.Persistent(endpoint, token))
	accessTokenOf(t, session)
	another, _ := mgr.Lookup("k")
	for name, v := range map[string]any{
		"Basic":                      sessions.Basic(bird),
		"BasicEncoded":               sessions.BasicEncoded(bird),
		"Post":                       sessions.Post(bird),
		"PrivateKeyJWT":              sessions.PrivateKeyJWT(assertion),
		"Assertion":                  assertion,
		"pointer to Assertion":       &assertion,
		"Endpoint":                   endpoint,
		"pointer to Endpoint":        &endpoint,
		"Box":                        sessions.Box("https://api.box.com", "client", bird),
		"Caspio":                     sessions.Caspio("https://as.example/", "client", bird),
		"Anonymous":                  sessions.Anonymous(endpoint),
		"ClientCredentials":          sessions.ClientCredentials(endpoint, sessions.Subject{}),
		"Persistent":                 sessions.Persistent(endpoint, token),
		"KeepAlive":                  sessions.KeepAlive(sessions.Persistent(endpoint, token)),
		"JWTBearer":                  sessions.JWTBearer(endpoint, assertion),
		"Static":                     sessions.Static(endpoint, token),
		"Authorization":              sessions.Authorization(sessions.Spatium("https://as.example/"+bird), "id", "read"),
		"AuthorizationService":       sessions.Spatium("https://as.example/" + bird),
		"a slice of kinds":           []sessions.Kind{sessions.Persistent(endpoint, token)},
		"Config":                     config,
		"Manager":                    mgr,
		"Session":                    session,
		"what a Session points to":   *session,
		"Session that was looked up": another,
		"Status":                     session.Status(),
		"Client":                     session.Client(nil, "https://api.example"),
		"transport":                  session.Client(nil, "https://api.example").Transport,
		"TokenSource":                session.TokenSource(t.Context()),
		"actor token":                sessions.UnsignedBoxActor(bird, bird, bird, time.Now()),

		"held kind":              holder{kind: sessions.Persistent(endpoint, token)},
		"held KeepAlive":         holder{kind: sessions.KeepAlive(sessions.Persistent(endpoint, token))},
		"held Authorization":     holder{kind: sessions.Authorization(sessions.Spatium("https://as.example/"+bird), "id", "read")},
		"held Anonymous":         holder{kind: sessions.Anonymous(endpoint)},
		"held ClientCredentials": holder{kind: sessions.ClientCredentials(endpoint, sessions.Subject{})},
		"held Basic":             holder{auth: sessions.Basic(bird)},
		"held BasicEncoded":      holder{auth: sessions.BasicEncoded(bird)},
		"held Post":              holder{auth: sessions.Post(bird)},
		"held JWT":               holder{auth: sessions.PrivateKeyJWT(assertion)},
		"held Endpoint":          holder{any: sessions.Box("https://api.box.com", "client", bird)},
		"held Session":           holder{session: session},
		"held client":            holder{client: session.Client(nil, "https://api.example")},
		"held TokenSource":       holder{any: session.TokenSource(t.Context())},
		"copied Sessions":        []sessions.Session{*session},
	} {
		if form := leaks(printed(v)); form != "" {
			t.Errorf("%s prints %q:\n%s", name, form, printed(v))
		}
	}
	for name, v := range map[string]any{
		"Assertion": assertion, "Basic": sessions.Basic(bird), "Post": sessions.Post(bird),
		"PrivateKeyJWT": sessions.PrivateKeyJWT(assertion), "Persistent": sessions.Persistent(endpoint, token),
	} {
		text, err := json.Marshal(v)
		if form := leaks(string(text) + fmt.Sprint(err)); form != "" {
			t.Errorf("%s encodes %q: %s", name, form, text)
		}
	}
}

// blabbing is a store that can be broken, and then repeats what it was to write.
type blabbing struct {
	store.Store
	mu     sync.Mutex // guards broken
	broken bool
}

func (b *blabbing) breaks(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.broken = on
}

func (b *blabbing) Swap(ctx context.Context, key string, prev messages.Rev, value []byte, gone bool, op messages.OpID) (messages.Rev, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken {
		return 0, fmt.Errorf("%w: disk full: %s", store.ErrUnavailable, value)
	}
	return b.Store.Swap(ctx, key, prev, value, gone, op)
}

// parrot is an authorization server that repeats all it was sent wherever it can,
// and whose tokens are canaries.
type parrot struct {
	mu     sync.Mutex // guards the fields below
	n      int
	status int // of its answers; zero: it grants
	code   string
}

func (p *parrot) answers(status int, code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.code = status, code
}

func (p *parrot) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	if p.status == -1 {
		return nil, errors.New("connection lost: " + bird)
	}
	if p.status != 0 {
		body := fmt.Sprintf(`{"error":%q,"error_description":%q,"access_token":%q}`, p.code, bird, bird)
		return response(p.status, body, "X-Echo", bird, "Retry-After", "1"), nil
	}
	if strings.Contains(r.URL.Path, "revoke") {
		return response(http.StatusOK, bird), nil
	}
	return response(http.StatusOK, fmt.Sprintf(
		`{"access_token":"%s-at-%d","refresh_token":"%[1]s-rt-%[2]d","id_token":"%[1]s","expires_in":3600}`, bird, p.n)), nil
}

func TestNoSecretIsSaidInAWholeLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said, logged safeBuffer
		options := &slog.HandlerOptions{Level: slog.LevelDebug - 100, AddSource: true}
		broken := &blabbing{Store: store.NewSharedMemory()}
		p := &parrot{}
		mgr := manage(t, sessions.Config{
			Store:  broken,
			Logger: slog.New(slog.NewMultiHandler(slog.NewTextHandler(&logged, options), slog.NewJSONHandler(&logged, options))),
		})
		heard := map[string]bool{}
		mgr.Subscribe(func(ev messages.Event) {
			heard[strings.TrimPrefix(fmt.Sprintf("%T", ev), "messages.")] = true
			said.write(printed(ev))
		})
		ctx := context.Background()
		logins := 0
		kinds := map[string]func(sessions.Endpoint) sessions.Kind{
			"persistent": func(e sessions.Endpoint) sessions.Kind {
				given := loginAt(time.Now().Add(-2 * time.Hour))
				logins++
				given.Access, given.Refresh = bird+"-at", messages.Secret(fmt.Sprintf("%s-rt%d", bird, logins))
				return sessions.Persistent(e, given)
			},
			"client": func(e sessions.Endpoint) sessions.Kind { return sessions.ClientCredentials(e, sessions.Subject{}) },
		}
		for n, auth := range []sessions.ClientAuth{sessions.Basic(bird), sessions.BasicEncoded(bird), sessions.Post(bird)} {
			for name, kind := range kinds {
				e := sessions.Endpoint{
					TokenURL: "https://as.example/token", RevokeURL: "https://as.example/revoke", ClientID: "client",
					Auth: auth, HTTPClient: &http.Client{Transport: p}, Params: url.Values{"key": {bird}},
				}
				live(ctx, &said, p, broken, opened(t, mgr, fmt.Sprintf("%s %d", name, n), kind(e)))
				die(ctx, &said, p, opened(t, mgr, fmt.Sprintf("%s %d, denied", name, n), kind(e)))
				said.write(printed(mgr))
				for st := range mgr.All() {
					said.write(printed(st))
				}
			}
		}
		synctest.Wait()
		for _, want := range []string{"Acquired", "Renewed", "Failing", "Recovered", "Denied", "Doubted", "Revoked", "Unsaved", "Saved", "Rejected"} {
			if !heard[want] {
				t.Errorf("this life had no %s", want)
			}
		}
		if form := leaks(said.String()); form != "" {
			t.Errorf("%q was said:\n%s", form, linesWith(said.String(), form))
		}
		if form := leaks(logged.String()); form != "" || logged.String() == "" {
			t.Errorf("%q was logged:\n%s", form, linesWith(logged.String(), form))
		}
	})
}

// live has all that can happen to a session happen to it, and writes down what is
// said about it.
func live(ctx context.Context, said *safeBuffer, p *parrot, broken *blabbing, s *sessions.Session) {
	client := s.Client(&http.Client{Transport: &shop{answer: func(int, *http.Request) *http.Response {
		return response(http.StatusUnauthorized, bird, "WWW-Authenticate", `Bearer error="invalid_token", error_description="`+bird+`"`)
	}}}, "https://api.example")
	say := func() {
		at, err := s.AccessToken(ctx)
		said.write(printed(err), printed(s.Status()), printed(s))
		said.write(printed(s.Refresh(ctx)), printed(s.Reject(ctx, bird, nil)))
		if at != "" {
			said.write(printed(s.Reject(ctx, at, errors.New("refused"))))
		}
		_, err = s.Exchange(ctx, messages.Exchange{Scopes: []string{"read"}, Actor: &messages.Actor{Token: bird, Type: "urn:bird"}})
		said.write(printed(err), printed(s.Establish(ctx, bird)))
		resp, err := client.Get("https://api.example/")
		if resp != nil {
			said.write(printed(resp.Request.Header))
			_ = resp.Body.Close()
		}
		said.write(printed(err))
		time.Sleep(time.Hour)
	}
	say()
	broken.breaks(true)
	say()
	broken.breaks(false)
	say()
	for _, trouble := range []struct {
		status int
		code   string
	}{
		{-1, ""},
		{http.StatusBadGateway, bird},
		{http.StatusServiceUnavailable, "slow_down"},
		{http.StatusBadRequest, bird + " is no client"},
		{http.StatusUnauthorized, "invalid_client"},
		{http.StatusFound, bird},
		{http.StatusOK, bird},
	} {
		p.answers(trouble.status, trouble.code)
		say()
		p.answers(0, "")
		say()
	}
	p.answers(http.StatusBadRequest, bird)
	said.write(printed(s.Revoke(ctx)))
	p.answers(0, "")
	said.write(printed(s.Revoke(ctx)))
	say()
}

// die has the server say that the grant is no longer good.
func die(ctx context.Context, said *safeBuffer, p *parrot, s *sessions.Session) {
	p.answers(http.StatusBadRequest, "invalid_grant")
	defer p.answers(0, "")
	_, err := s.AccessToken(ctx)
	said.write(printed(err), printed(s.Refresh(ctx)), printed(s.Revoke(ctx)), printed(s.Status()))
}

func TestDeniedGrantIsToldWithoutItsRefreshToken(t *testing.T) {
	p := &parrot{status: http.StatusBadRequest, code: "invalid_grant"}
	e := (&desk{}).endpoint()
	e.HTTPClient = &http.Client{Transport: p}
	given := lapsed()
	given.Access, given.Refresh = bird+"-at", bird+"-rt"
	s := sessionOf(t, sessions.Persistent(e, given))
	_, err := s.AccessToken(t.Context())
	mustBe(t, err, sessions.ErrLoginRequired)
	if form := leaks(printed(err) + printed(s.Status())); form != "" {
		t.Errorf("%q was said: %v", form, err)
	}
}

// safeBuffer takes text from several goroutines.
type safeBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) write(texts ...string) {
	for _, text := range texts {
		_, _ = s.Write([]byte(text))
	}
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func linesWith(text, part string) string {
	var found []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) && len(found) < 5 {
			found = append(found, line)
		}
	}
	return strings.Join(found, "")
}
