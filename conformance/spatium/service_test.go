package spatium_test

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/conformance/spatium"
	"github.com/holdfast-go/holdfast/sessions"
)

// pair is the data of an answer that brings both tokens.
type pair struct {
	Permission struct {
		Token     string `json:"permissionToken"`
		Issuer    string `json:"issuer"`
		ExpiresAt int64  `json:"expiresAt"`
	} `json:"permissionToken"`
	Refresh struct {
		Token     string `json:"permissionRefreshToken"`
		Issuer    string `json:"issuer"`
		ExpiresAt int64  `json:"expiresAt"`
	} `json:"permissionRefreshToken"`
}

type body map[string]any

func TestKeyIssuesWhatTheDocumentationShows(t *testing.T) {
	w := open(t, spatium.Config{})
	var got pair
	status := w.asks(spatium.KeyPath, body{"tokenId": "id", "permissions": []string{"read"}, "merchantKey": "merchant-key"}, &got)
	if status != http.StatusOK || strings.Count(got.Permission.Token, ".") != 2 || strings.Count(got.Refresh.Token, ".") != 2 {
		t.Fatalf("status %d, %+v", status, got)
	}
	now := w.clock.Now().Unix()
	if got.Permission.Issuer != "authorization-service" || got.Permission.ExpiresAt != now+900 || got.Refresh.ExpiresAt != now+30*86400 {
		t.Errorf("issued %+v at %d", got, now)
	}
	p, err := w.Verify(got.Permission.Token)
	want := spatium.Permission{Account: "merchant", Permissions: []string{"read"}, Expiry: time.Unix(now+900, 0)}
	if diff := cmp.Diff(want, p); diff != "" || err != nil {
		t.Errorf("permission, %v (-want +got):\n%s", err, diff)
	}
	if _, err := w.Verify(got.Refresh.Token); !errors.Is(err, spatium.ErrUnknown) {
		t.Errorf("a refresh token passes for a permission: %v", err)
	}
	w.clock.Advance(900 * time.Second)
	if _, err := w.Verify(got.Permission.Token); !errors.Is(err, spatium.ErrExpired) {
		t.Errorf("after 900 s: %v", err)
	}
}

func TestRefreshTokenIsGoodOnceAndUntilTheNextIssue(t *testing.T) {
	w := open(t, spatium.Config{RefreshLifetime: time.Hour})
	issue := func(tokenID string) (p pair) {
		t.Helper()
		w.asks(spatium.KeyPath, body{"tokenId": tokenID, "permissions": []string{"read"}, "merchantKey": "merchant-key"}, &p)
		return p
	}
	refresh := func(p pair, want int) (next pair) {
		t.Helper()
		if got := w.asks(spatium.RefreshPath, body{"permissionRefreshToken": p.Refresh.Token}, &next); got != want {
			t.Errorf("status %d, want %d", got, want)
		}
		return next
	}
	first, other := issue("one"), issue("two")
	second := refresh(first, http.StatusOK)
	refresh(first, http.StatusUnauthorized)
	third := issue("one")
	refresh(second, http.StatusUnauthorized)
	refresh(other, http.StatusOK) // another tokenId
	last := refresh(third, http.StatusOK)
	w.clock.Advance(time.Hour)
	refresh(last, http.StatusUnauthorized)
	if got := w.Counts(); got.ByKey != 3 || got.Refreshed != 3 || got.Refused != 3 {
		t.Errorf("counts %+v", got)
	}
}

func TestServiceGoesOnWithTheKeyOfAnother(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	first, again := open(t, spatium.Config{Key: key}), open(t, spatium.Config{Key: key})
	var issued, renewed pair
	first.asks(spatium.KeyPath, body{"tokenId": "id", "permissions": []string{"read"}, "merchantKey": "merchant-key"}, &issued)
	if _, err := again.Verify(issued.Permission.Token); err != nil {
		t.Errorf("the permission token: %v", err)
	}
	refresh := body{"permissionRefreshToken": issued.Refresh.Token}
	if status := again.asks(spatium.RefreshPath, refresh, &renewed); status != http.StatusOK {
		t.Errorf("the refresh token is answered with %d", status)
	}
	if status := again.asks(spatium.RefreshPath, refresh, nil); status == http.StatusOK {
		t.Error("it is good a second time")
	}
	if status := open(t, spatium.Config{}).asks(spatium.RefreshPath, body{"permissionRefreshToken": renewed.Refresh.Token}, nil); status == http.StatusOK {
		t.Error("a service of another key takes it")
	}
}

func TestOneOfTwoSimultaneousRefreshesWins(t *testing.T) {
	w := open(t, spatium.Config{})
	for round := range 50 {
		var issued pair
		w.asks(spatium.KeyPath, body{"tokenId": "id", "permissions": []string{"read"}, "merchantKey": "merchant-key"}, &issued)
		refresh := body{"permissionRefreshToken": issued.Refresh.Token}
		var wins atomic.Int32
		var racers sync.WaitGroup
		for range 2 {
			racers.Go(func() {
				if w.asks(spatium.RefreshPath, refresh, nil) == http.StatusOK {
					wins.Add(1)
				}
			})
		}
		racers.Wait()
		if n := wins.Load(); n != 1 {
			t.Fatalf("round %d: %d winners, want 1", round, n)
		}
	}
}

func TestServiceRefusesWhatItCannotBelieve(t *testing.T) {
	w := open(t, spatium.Config{})
	factor, read := w.logsIn(), []string{"read"}
	var p pair
	w.asks(spatium.FactorsPath, body{"tokenId": "id", "permissions": read, "securityTokens": []string{factor}}, &p)
	for name, test := range map[string]struct {
		path string
		body body
		want int
	}{
		"a wrong password":    {spatium.CredentialsPath, body{"username": "alice", "password": "x"}, 401},
		"a stranger":          {spatium.CredentialsPath, body{"username": "mallory"}, 401},
		"a wrong key":         {spatium.KeyPath, body{"tokenId": "id", "permissions": read, "merchantKey": "x"}, 401},
		"no factor":           {spatium.FactorsPath, body{"tokenId": "id", "permissions": read}, 400},
		"a false factor":      {spatium.FactorsPath, body{"tokenId": "id", "permissions": read, "securityTokens": []string{factor, "x"}}, 401},
		"a token as a factor": {spatium.FactorsPath, body{"tokenId": "id", "permissions": read, "securityTokens": []string{p.Permission.Token}}, 401},
		"no tokenId":          {spatium.FactorsPath, body{"permissions": read, "securityTokens": []string{factor}}, 400},
		"no permissions":      {spatium.FactorsPath, body{"tokenId": "id", "securityTokens": []string{factor}}, 400},
		"a permission token":  {spatium.RefreshPath, body{"permissionRefreshToken": p.Permission.Token}, 401},
		"a strange member":    {spatium.RefreshPath, body{"refreshToken": p.Refresh.Token}, 400},
	} {
		if got := w.asks(test.path, test.body, nil); got != test.want {
			t.Errorf("%s: status %d, want %d", name, got, test.want)
		}
	}
	w.clock.Advance(5 * time.Minute)
	if got := w.asks(spatium.FactorsPath, body{"tokenId": "id", "permissions": read, "securityTokens": []string{factor}}, nil); got != http.StatusUnauthorized {
		t.Errorf("a factor that is over: status %d", got)
	}
}

func TestRequestsWithoutTheHeadersAreRefused(t *testing.T) {
	w := open(t, spatium.Config{})
	res, err := http.Post(w.base+spatium.RefreshPath, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusBadRequest || w.Counts().Requests != 0 {
		t.Errorf("status %d, %+v", res.StatusCode, w.Counts())
	}
}

func TestSessionIsEstablishedAndRefreshed(t *testing.T) {
	w := open(t, spatium.Config{RefreshLifetime: time.Hour})
	s := w.session("phone")
	w.refused(s, sessions.ErrNotEstablished)
	w.establishes(s)
	first := w.gets(s)
	w.clock.Advance(2 * time.Second)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.gets(s) == first {
		t.Error("after a Refresh the token is the same")
	}
	w.clock.Advance(59 * time.Minute)
	w.gets(s)
	w.counts(1, 2, 0)
	w.clock.Advance(time.Hour)
	w.refused(s, sessions.ErrLoginRequired)
	w.counts(1, 2, 0)
	w.establishes(s)
	w.gets(s)
	w.counts(2, 2, 0)
}

func TestRefusedProofsLeaveTheOldToken(t *testing.T) {
	w := open(t, spatium.Config{})
	s := w.session("phone")
	w.establishes(s)
	at := w.gets(s)
	if err := s.Establish(t.Context(), "a forged security token"); !errors.Is(err, sessions.ErrLoginRequired) {
		t.Errorf("error %v", err)
	}
	if w.gets(s) != at {
		t.Error("the old token is not given out any more")
	}
	w.clock.Advance(time.Hour)
	w.gets(s)
	w.counts(1, 1, 1)
}

func TestEachTokenIDIsAGrantOfItsOwn(t *testing.T) {
	w := open(t, spatium.Config{})
	phone, desktop := w.session("phone"), w.session("desktop")
	w.establishes(phone)
	w.establishes(desktop)
	w.establishes(phone)
	w.clock.Advance(time.Hour)
	if w.gets(phone) == w.gets(desktop) {
		t.Error("two sessions have one token")
	}
	w.counts(3, 2, 0)
}

func TestIssueElsewhereEndsTheSession(t *testing.T) {
	w := open(t, spatium.Config{})
	s := w.session("phone")
	w.establishes(s)
	w.asks(spatium.FactorsPath, body{"tokenId": "phone", "permissions": []string{"read"}, "securityTokens": []string{w.logsIn()}}, nil)
	w.clock.Advance(time.Hour)
	w.refused(s, sessions.ErrLoginRequired)
	w.refused(s, sessions.ErrLoginRequired)
	w.counts(2, 0, 1)
}

func TestRestartGoesOnFromTheStore(t *testing.T) {
	w := open(t, spatium.Config{})
	w.establishes(w.session("phone"))
	at := w.gets(w.session("phone"))
	w.ends()
	w.starts()
	if w.gets(w.session("phone")) != at {
		t.Error("after a restart another token is given out")
	}
	w.clock.Advance(time.Hour)
	w.gets(w.session("phone"))
	w.counts(1, 1, 0)
}

func TestManyCallersMakeOneRequest(t *testing.T) {
	w := open(t, spatium.Config{})
	s := w.session("phone")
	w.establishes(s)
	w.clock.Advance(time.Hour)
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() { w.gets(s) })
	}
	callers.Wait()
	w.counts(1, 1, 0)
}

func TestRevokedSessionIsEstablishedAnew(t *testing.T) {
	w := open(t, spatium.Config{})
	s := w.session("phone")
	w.establishes(s)
	w.clock.Advance(time.Second)
	if err := s.Revoke(t.Context()); !errors.Is(err, sessions.ErrNotSupported) {
		t.Errorf("error %v", err)
	}
	w.refused(s, sessions.ErrRevoked)
	w.clock.Advance(time.Second)
	w.establishes(s)
	w.gets(s)
	w.counts(2, 0, 0)
}
