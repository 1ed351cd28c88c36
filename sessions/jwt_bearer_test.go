package sessions_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// remote is a key that is somewhere else: it signs, and that is all.
type remote struct{ key crypto.Signer }

func (r remote) Public() crypto.PublicKey { return r.key.Public() }

func (r remote) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return r.key.Sign(rand, digest, opts)
}

// algorithms are all, each with a file that has a key for it.
var algorithms = map[string]string{
	"RS256": "rsa", "RS384": "rsa", "RS512": "rsa", "PS256": "rsa", "ES256": "p256", "EdDSA": "ed25519",
}

func TestAssertionOfEachAlgorithmIsVerifiedByItsKey(t *testing.T) {
	for algorithm, file := range algorithms {
		for where, wrap := range map[string]func(crypto.Signer) crypto.Signer{
			"here":      func(k crypto.Signer) crypto.Signer { return k },
			"in an HSM": func(k crypto.Signer) crypto.Signer { return remote{k} },
		} {
			t.Run(algorithm+" "+where, func(t *testing.T) {
				n, a := &notary{}, aliceBy(t, file, algorithm)
				a.Key = wrap(a.Key)
				expectToken(t, begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), a)), "t-1")
				got := hear(t, n.sent(t)[0].Get("assertion"), algorithm, a.Key.Public())
				if got.header.Algorithm != algorithm || got.header.KeyID != "kid-1" || got.header.ExtraHeaders["typ"] != "JWT" {
					t.Errorf("header is %+v", got.header)
				}
			})
		}
	}
}

// A go-jose that verifies takes salts of any length.
func TestSaltOfPS256IsAsLongAsItsHash(t *testing.T) {
	n, a := &notary{}, aliceBy(t, "rsa", "PS256")
	expectToken(t, begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), a)), "t-1")
	assertion := n.sent(t)[0].Get("assertion")
	signed := assertion[:strings.LastIndex(assertion, ".")]
	signature, err := base64.RawURLEncoding.DecodeString(assertion[len(signed)+1:])
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(signed))
	public := a.Key.Public().(*rsa.PublicKey)
	if err := rsa.VerifyPSS(public, crypto.SHA256, digest[:], signature, &rsa.PSSOptions{SaltLength: sha256.Size}); err != nil {
		t.Error(err)
	}
}

func TestAssertionSaysWhoForWhomAndWhen(t *testing.T) {
	clock := clockutil.NewVirtual(time.Date(2026, 3, 1, 8, 30, 15, 900e6, time.UTC))
	at := float64(time.Date(2026, 3, 1, 8, 30, 15, 0, time.UTC).Unix())
	for name, c := range map[string]struct {
		change func(*sessions.Assertion)
		want   map[string]any
	}{
		"by default": {
			func(*sessions.Assertion) {},
			map[string]any{"iss": "issuer", "sub": "alice", "aud": "https://as.example/token", "iat": at, "exp": at + 30},
		},
		"with all there is": {
			func(a *sessions.Assertion) {
				a.Audience, a.Lifetime = "https://as.example", 45*time.Second
				a.Claims = map[string]any{"box_sub_type": "user", "n": 7, "list": []string{"a"}}
			},
			map[string]any{
				"iss": "issuer", "sub": "alice", "aud": "https://as.example", "iat": at, "exp": at + 45,
				"box_sub_type": "user", "n": 7., "list": []any{"a"},
			},
		},
	} {
		n, a := &notary{}, aliceBy(t, "p256", "ES256")
		c.change(&a)
		expectToken(t, begin(t, sessions.Config{Clock: clock}, sessions.JWTBearer(n.endpoint(sessions.None()), a)), "t-1")
		got := hear(t, n.sent(t)[0].Get("assertion"), "ES256", a.Key.Public()).all
		if jti, ok := got["jti"].(string); !ok || len(jti) < 22 {
			t.Errorf("%s: jti is %v", name, got["jti"])
		}
		delete(got, "jti")
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: claims (-want +got):\n%s", name, diff)
		}
	}
}

func TestJWTBearerFormIsInOrder(t *testing.T) {
	n := &notary{}
	e := n.endpoint(sessions.Post("secret"))
	e.Scopes, e.Resource, e.Audience = []string{"read", "write"}, "https://api.example", "api"
	e.Params = url.Values{"extra": {"1"}}
	expectToken(t, begin(t, sessions.Config{}, sessions.JWTBearer(e, aliceBy(t, "p256", "ES256"))), "t-1")
	want := "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + n.sent(t)[0].Get("assertion") +
		"&scope=read+write&resource=https%3A%2F%2Fapi.example&audience=api&extra=1&client_id=client&client_secret=secret"
	if diff := cmp.Diff(want, n.bodies[0]); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

func TestBoxAssertionIsWhatBoxWants(t *testing.T) {
	n := &notary{}
	e := sessions.Box("https://box.example", "client", "secret")
	e.HTTPClient = &http.Client{Transport: n}
	a := sessions.BoxAssertion("client", "kid-7", sessions.Subject{Type: "enterprise", ID: "42"}, keyOf(t, "rsa_des3_sha1"))
	expectToken(t, begin(t, sessions.Config{}, sessions.JWTBearer(e, a)), "t-1")
	form := n.sent(t)[0]
	got := hear(t, form.Get("assertion"), "RS256", a.Key.Public())
	if got.header.KeyID != "kid-7" || got.Expiry.Time().Sub(got.IssuedAt.Time()) != 30*time.Second {
		t.Errorf("kid %q, from %v to %v", got.header.KeyID, got.IssuedAt, got.Expiry)
	}
	for _, name := range []string{"jti", "iat", "exp"} {
		delete(got.all, name)
	}
	want := map[string]any{"iss": "client", "sub": "42", "box_sub_type": "enterprise", "aud": "https://api.box.com/oauth2/token"}
	if diff := cmp.Diff(want, got.all); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if !strings.HasSuffix(n.bodies[0], "&client_id=client&client_secret=secret") {
		t.Error("the credentials do not come last")
	}
}

// falters answers 503 to the first requests.
func falters(times int) func(int, url.Values) *http.Response {
	return func(n int, _ url.Values) *http.Response {
		if n <= times {
			return notarized(http.StatusServiceUnavailable, "")
		}
		return nil
	}
}

// expectFresh checks that no two assertions have one jti.
func expectFresh(t *testing.T, n *notary, field string) {
	t.Helper()
	seen := map[string]bool{}
	for i, form := range n.sent(t) {
		if form.Get(field) == "" {
			t.Errorf("request %d has no %s", i+1, field)
			continue
		}
		id := peek(url.Values{field: form[field]}).ID
		if seen[id] {
			t.Errorf("request %d says a jti again", i+1)
		}
		seen[id] = true
	}
}

func TestEachAttemptHasAnAssertionOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notary{judge: falters(2)}
		s := begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), aliceBy(t, "p256", "ES256")))
		expectToken(t, s, "t-3")
		time.Sleep(2 * time.Hour) // of the bubble
		expectToken(t, s, "t-4")
		n.expectRequests(t, 4)
		expectFresh(t, n, "assertion")
		first, last := peek(n.sent(t)[0]), peek(n.sent(t)[3])
		if passed := last.Expiry.Time().Sub(first.Expiry.Time()); passed < 2*time.Hour {
			t.Errorf("exp has moved by %v in two hours", passed)
		}
	})
}

func TestRevokedJWTBearerBeginsAnew(t *testing.T) {
	n := &notary{}
	s := begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), aliceBy(t, "p256", "ES256")))
	expectToken(t, s, "t-1")
	if err := s.Revoke(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := n.sent(t)[1].Get("token"); got != "t-1" {
		t.Errorf("revoked is %q", got)
	}
	expectToken(t, s, "t-3")
}

func TestKeyThatIsAwayIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, a := &notary{}, aliceBy(t, "p256", "ES256")
		away := &unreliable{Signer: a.Key, fails: 2}
		a.Key = away
		s := begin(t, sessions.Config{}, sessions.JWTBearer(n.endpoint(sessions.None()), a))
		expectToken(t, s, "t-1")
		away.fails = math.MaxInt
		err := s.Refresh(t.Context())
		if !errors.Is(err, sessions.ErrUnavailable) || !strings.Contains(err.Error(), "unavailable: the assertion could not be signed (") {
			t.Errorf("Refresh with a key that is away: %v", err)
		}
		n.expectRequests(t, 1)
	})
}

// unreliable is a key that fails some times.
type unreliable struct {
	crypto.Signer
	fails int
}

func (u *unreliable) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if u.fails > 0 {
		u.fails--
		return nil, errors.New("KMS: no access for " + canaryKey)
	}
	return u.Signer.Sign(rand, digest, opts)
}

func TestAssertionsOfAnotherMeaningAreAnotherSession(t *testing.T) {
	n := &notary{}
	mgr := manage(t, sessions.Config{})
	a := aliceBy(t, "p256", "ES256")
	a.Claims = map[string]any{"b": 1, "a": map[string]any{"y": 1, "x": 2}}
	if _, err := mgr.Session("k", sessions.JWTBearer(n.endpoint(sessions.None()), a)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*sessions.Assertion)
		same   bool
	}{
		"the same":          {func(*sessions.Assertion) {}, true},
		"in another order":  {func(a *sessions.Assertion) { a.Claims = map[string]any{"a": map[string]any{"x": 2, "y": 1}, "b": 1} }, true},
		"the default said":  {func(a *sessions.Assertion) { a.Audience = "https://as.example/token" }, true},
		"a new key":         {func(a *sessions.Assertion) { a.Key, a.KeyID, a.Algorithm = keyOf(t, "rsa"), "kid-2", "RS256" }, true},
		"another lifetime":  {func(a *sessions.Assertion) { a.Lifetime = time.Minute }, true},
		"another issuer":    {func(a *sessions.Assertion) { a.Issuer = "another" }, false},
		"another subject":   {func(a *sessions.Assertion) { a.Subject = "bob" }, false},
		"another audience":  {func(a *sessions.Assertion) { a.Audience = "https://as.example" }, false},
		"another claim":     {func(a *sessions.Assertion) { a.Claims = map[string]any{"b": 2} }, false},
		"names for a value": {func(a *sessions.Assertion) { a.Claims = map[string]any{"b": "1", "a": a.Claims["a"]} }, false},
	} {
		changed := a
		c.change(&changed)
		_, err := mgr.Session("k", sessions.JWTBearer(n.endpoint(sessions.None()), changed))
		if same := err == nil; same != c.same || err != nil && !errors.Is(err, sessions.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStoredSessionGoesOnWithANewKey(t *testing.T) {
	shared := store.NewSharedMemory()
	n, a := &notary{}, aliceBy(t, "p256", "ES256")
	expectToken(t, begin(t, sessions.Config{Store: shared}, sessions.JWTBearer(n.endpoint(sessions.None()), a)), "t-1")
	a.Key, a.KeyID, a.Algorithm = keyOf(t, "rsa"), "kid-2", "RS256"
	expectToken(t, begin(t, sessions.Config{Store: shared}, sessions.JWTBearer(n.endpoint(sessions.None()), a)), "t-1")
}

func TestKeepAliveRenewsByAssertionUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notary{}
		s := begin(t, sessions.Config{}, sessions.KeepAlive(sessions.JWTBearer(n.endpoint(sessions.None()), aliceBy(t, "p256", "ES256"))))
		expectToken(t, s, "t-1")
		time.Sleep(5 * time.Hour) // of the bubble
		if got := len(n.sent(t)); got < 5 {
			t.Errorf("%d requests in 5 hours, unasked", got)
		}
		expectFresh(t, n, "assertion")
	})
}
