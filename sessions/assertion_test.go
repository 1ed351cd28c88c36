package sessions_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// keyless is a signer that cannot say who it is.
type keyless struct{ crypto.Signer }

func (keyless) Public() crypto.PublicKey { return nil }

func TestWrongAssertionIsRefusedBeforeAnythingIsSent(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*sessions.Assertion)
		field  string
	}{
		"no key":                       {func(a *sessions.Assertion) { a.Key = nil }, "Assertion.Key"},
		"a nil RSA key":                {func(a *sessions.Assertion) { a.Key = (*rsa.PrivateKey)(nil) }, "Assertion.Key"},
		"an empty RSA key":             {func(a *sessions.Assertion) { a.Key, a.Algorithm = new(rsa.PrivateKey), "RS256" }, "Assertion.Key"},
		"a nil ECDSA key":              {func(a *sessions.Assertion) { a.Key = (*ecdsa.PrivateKey)(nil) }, "Assertion.Key"},
		"an empty ECDSA key":           {func(a *sessions.Assertion) { a.Key = new(ecdsa.PrivateKey) }, "Assertion.Key"},
		"half an Ed25519 key":          {func(a *sessions.Assertion) { a.Key, a.Algorithm = ed25519.PrivateKey("half"), "EdDSA" }, "Assertion.Key"},
		"a key without a public half":  {func(a *sessions.Assertion) { a.Key = keyless{a.Key} }, "Assertion.Key"},
		"RSA for ES256":                {func(a *sessions.Assertion) { a.Key = keyOf(t, "rsa") }, "Assertion.Key"},
		"RSA for EdDSA":                {func(a *sessions.Assertion) { a.Key, a.Algorithm = keyOf(t, "rsa"), "EdDSA" }, "Assertion.Key"},
		"RSA of 1024 bits":             {func(a *sessions.Assertion) { a.Key, a.Algorithm = keyOf(t, "rsa1024"), "RS256" }, "Assertion.Key"},
		"P-384 for ES256":              {func(a *sessions.Assertion) { a.Key = keyOf(t, "p384") }, "Assertion.Key"},
		"P-256 for RS256":              {func(a *sessions.Assertion) { a.Algorithm = "RS256" }, "Assertion.Key"},
		"P-256 for PS256":              {func(a *sessions.Assertion) { a.Algorithm = "PS256" }, "Assertion.Key"},
		"Ed25519 for ES256":            {func(a *sessions.Assertion) { a.Key = keyOf(t, "ed25519") }, "Assertion.Key"},
		"no algorithm":                 {func(a *sessions.Assertion) { a.Algorithm = "" }, "Assertion.Algorithm"},
		"the algorithm none":           {func(a *sessions.Assertion) { a.Algorithm = "none" }, "Assertion.Algorithm"},
		"an algorithm with a secret":   {func(a *sessions.Assertion) { a.Algorithm = "HS256" }, "Assertion.Algorithm"},
		"an algorithm in lower case":   {func(a *sessions.Assertion) { a.Algorithm = "es256" }, "Assertion.Algorithm"},
		"a negative lifetime":          {func(a *sessions.Assertion) { a.Lifetime = -time.Second }, "Assertion.Lifetime"},
		"a lifetime of milliseconds":   {func(a *sessions.Assertion) { a.Lifetime = 30 * time.Millisecond }, "Assertion.Lifetime"},
		"a lifetime of an hour":        {func(a *sessions.Assertion) { a.Lifetime = time.Hour }, "Assertion.Lifetime"},
		"a claim that is no JSON":      {func(a *sessions.Assertion) { a.Claims = map[string]any{"n": math.NaN()} }, "Assertion.Claims"},
		"a claim that is no data":      {func(a *sessions.Assertion) { a.Claims = map[string]any{"f": func() {}} }, "Assertion.Claims"},
		"the claim iss":                {claims("iss"), "Assertion.Claims"},
		"the claim sub":                {claims("sub"), "Assertion.Claims"},
		"the claim aud":                {claims("aud"), "Assertion.Claims"},
		"the claim exp":                {claims("exp"), "Assertion.Claims"},
		"the claim nbf":                {claims("nbf"), "Assertion.Claims"},
		"the claim iat":                {claims("iat"), "Assertion.Claims"},
		"the claim jti":                {claims("jti"), "Assertion.Claims"},
		"no issuer (grant only)":       {func(a *sessions.Assertion) { a.Issuer = "" }, "Assertion.Issuer"},
		"no subject (grant only)":      {func(a *sessions.Assertion) { a.Subject = "" }, "Assertion.Subject"},
		"nothing at all (grant first)": {func(a *sessions.Assertion) { *a = sessions.Assertion{} }, "Assertion."},
	} {
		n, a := &notary{}, aliceBy(t, "p256", "ES256")
		mgr := manage(t, sessions.Config{})
		c.change(&a)
		check := func(what string, k sessions.Kind) {
			t.Helper()
			_, err := mgr.Session("k", k)
			if !errors.Is(err, sessions.ErrInvalid) || !strings.Contains(err.Error(), c.field) {
				t.Errorf("%s, %s: %v; want %s", name, what, err, c.field)
			}
			if err != nil && strings.Contains(err.Error(), canaryKey) {
				t.Errorf("%s, %s: the error quotes: %v", name, what, err)
			}
		}
		check("as a grant", sessions.JWTBearer(n.endpoint(sessions.None()), a))
		if !strings.HasSuffix(name, "(grant only)") {
			check("as the client's", sessions.Anonymous(n.endpoint(sessions.PrivateKeyJWT(a))))
		}
		n.expectRequests(t, 0)
	}
}

func claims(name string) func(*sessions.Assertion) {
	return func(a *sessions.Assertion) { a.Claims = map[string]any{name: canaryKey} }
}

func TestLongestAndShortestLifetimesAreTaken(t *testing.T) {
	for _, lifetime := range []time.Duration{time.Second, 1500 * time.Millisecond, 10 * time.Minute} {
		n, a := &notary{}, aliceBy(t, "p256", "ES256")
		a.Lifetime = lifetime
		expectToken(t, begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), a)), "t-1")
		got := peek(n.sent(t)[0])
		if life := got.Expiry.Time().Sub(got.IssuedAt.Time()); life < lifetime.Truncate(time.Second) || life > lifetime+time.Second {
			t.Errorf("a lifetime of %v is sent as %v", lifetime, life)
		}
	}
}

func TestNothingPrintsAKeyAClaimOrAnAssertion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said page
		log := slog.New(slog.NewJSONHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
		n := &notary{judge: func(i int, form url.Values) *http.Response {
			sent := form.Get("assertion") + form.Get("client_assertion")
			switch i {
			case 2:
				return notarized(http.StatusBadRequest, fmt.Sprintf(`{"error":"invalid_grant","error_description":%q}`, sent))
			case 3, 4: // it repeats what it was sent in the place of a code
				return notarized(http.StatusBadRequest, fmt.Sprintf(`{"error":%q}`, form.Get("assertion")[:60]))
			}
			return nil
		}}
		a := aliceBy(t, "rsa_aes256_sha256", "RS256")
		a.Claims = map[string]any{"secret": canaryKey}
		auth := sessions.PrivateKeyJWT(a)
		e := n.endpoint(auth)
		kind := sessions.JWTBearer(e, a)
		mgr := manage(t, sessions.Config{Logger: log})
		mgr.Subscribe(func(ev messages.Event) { said.add("%v %+v %#v", ev, ev, ev) })
		s, err := mgr.Session("k", kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{s.Refresh(t.Context()), s.Refresh(t.Context()), s.Refresh(t.Context())} {
			said.add("%v %+v %#v", err, err, err)
			time.Sleep(10 * time.Minute) // of the bubble
		}
		for _, v := range []any{a, &a, auth, kind, s, s.Status(), sessions.KeepAlive(kind), struct{ held any }{auth}, struct{ held any }{kind}} {
			said.add("%v %+v %#v %s %q", v, v, v, v, v)
			log.Info("", "v", v)
			b, _ := json.Marshal(v)
			said.add("%s", b)
		}
		synctest.Wait()
		expectSilent(t, said.text(), a, n.sent(t))
	})
}

// page is written by several at once.
type page struct {
	mu sync.Mutex // guards b
	b  strings.Builder
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *page) add(format string, values ...any) { _, _ = fmt.Fprintf(p, format+"\n", values...) }

func (p *page) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// expectSilent fails the test if the text holds a key, a claim, an assertion or
// the passphrase.
func expectSilent(t *testing.T, text string, a sessions.Assertion, sent []url.Values) {
	t.Helper()
	key := a.Key.(*rsa.PrivateKey)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{
		canaryKey, passphrase, key.D.String(), key.D.Text(16), key.Primes[0].String(), fmt.Sprintf("%d", key.D.Bytes()),
		base64.StdEncoding.EncodeToString(der)[40:],
	}
	for _, form := range sent {
		for _, assertion := range []string{form.Get("assertion"), form.Get("client_assertion")} {
			parts := strings.Split(assertion, ".")
			secrets = append(secrets, parts[1], parts[2], parts[1][:40])
		}
	}
	if len(sent) < 2 {
		t.Errorf("%d requests: there was nothing to keep silent about", len(sent))
	}
	for i, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("secret %d is printed:\n%s", i, text)
		}
	}
}
