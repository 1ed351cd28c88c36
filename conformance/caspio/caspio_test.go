package caspio_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/conformance/caspio"
	"github.com/holdfast-go/holdfast/sessions"
)

// world is an account behind a socket, and a clock that only moves when told.
type world struct {
	*testing.T
	*caspio.Account
	clock *clockutil.Virtual
	url   string
}

func open(t *testing.T, c caspio.Config) *world {
	t.Helper()
	clock := clockutil.NewVirtual(time.Date(2031, 5, 17, 12, 0, 0, 250e6, time.UTC))
	c.Now = clock.Now
	w := &world{T: t, Account: caspio.New(c), clock: clock}
	srv := httptest.NewServer(w.Account)
	t.Cleanup(srv.Close)
	w.url = srv.URL + caspio.TokenPath
	return w
}

// session opens one of a kind in a Manager of its own.
func (w *world) session(secret string, kindOf func(sessions.Endpoint) sessions.Kind) *sessions.Session {
	w.Helper()
	mgr, err := sessions.Open(sessions.Config{Clock: w.clock})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := mgr.Close(context.Background()); err != nil {
			w.Errorf("close: %v", err)
		}
	})
	s, err := mgr.Session("k", kindOf(sessions.Caspio(w.url, "client", secret)))
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// gets returns a token that the account knows.
func (w *world) gets(s *sessions.Session) string {
	w.Helper()
	at, err := s.AccessToken(w.Context())
	if err != nil {
		w.Fatalf("no token: %v", err)
	}
	if err := w.Verify(at); err != nil {
		w.Error(err)
	}
	return at
}

func (w *world) counts(issued, refused int) {
	w.Helper()
	if got := (caspio.Counts{Issued: issued, Refused: refused}); w.Counts() != got {
		w.Errorf("counts are %+v, want %+v", w.Counts(), got)
	}
}

func TestSessionGetsTokensOfADay(t *testing.T) {
	w := open(t, caspio.Config{Secret: "s%cret+/:", ClientID: "client"})
	s := w.session("s%cret+/:", sessions.ClientToken)
	first := w.gets(s)
	tok, err := s.Token(t.Context())
	if err != nil || tok.Type != "bearer" || tok.Lifetime() != 86399*time.Second || tok.Refresh == "" {
		t.Errorf("token %v, %v", tok, err)
	}
	w.clock.Advance(23 * time.Hour)
	if w.gets(s) != first {
		t.Error("the token is not kept for a day")
	}
	w.counts(1, 0)
	w.clock.Advance(time.Hour)
	if w.gets(s) == first {
		t.Error("the token is kept for more than a day")
	}
	if err := w.Verify(first); !errors.Is(err, caspio.ErrExpired) {
		t.Errorf("after a day: %v", err)
	}
	if err := s.Revoke(t.Context()); !errors.Is(err, sessions.ErrNotSupported) {
		t.Errorf("revoke: %v", err)
	}
	w.counts(2, 0)
}

func TestNewTokenLeavesTheOlderOneGood(t *testing.T) {
	w := open(t, caspio.Config{})
	s := w.session("secret", sessions.ClientToken)
	first := w.gets(s)
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.gets(s) == first || w.Verify(first) != nil {
		t.Error("the older token is not good any more, or is given out")
	}
}

func TestTokensAreGoodForAccountsOfOneKey(t *testing.T) {
	w := open(t, caspio.Config{Key: []byte("one key")})
	at := w.gets(w.session("secret", sessions.ClientToken))
	again := caspio.New(caspio.Config{Key: []byte("one key"), Now: w.clock.Now})
	if err := again.Verify(at); err != nil {
		t.Errorf("an account of the same key: %v", err)
	}
	for what, token := range map[string]string{
		"empty": "", "a dot": ".", "cut": at[:len(at)-1], "longer": at + "x", "without its end": at[:strings.LastIndexByte(at, '.')],
	} {
		if err := again.Verify(token); !errors.Is(err, caspio.ErrUnknown) {
			t.Errorf("a token that is %s: %v", what, err)
		}
	}
	if err := caspio.New(caspio.Config{Now: w.clock.Now}).Verify(at); !errors.Is(err, caspio.ErrUnknown) {
		t.Errorf("an account of another key: %v", err)
	}
	w.clock.Advance(24 * time.Hour)
	if err := again.Verify(at); !errors.Is(err, caspio.ErrExpired) {
		t.Errorf("after a day: %v", err)
	}
}

func TestManyCallersMakeOneRequest(t *testing.T) {
	w := open(t, caspio.Config{})
	s := w.session("secret", sessions.ClientToken)
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() { w.gets(s) })
	}
	callers.Wait()
	w.counts(1, 0)
}

func TestWrongSecretIsToldAsWhatTheEndpointSaid(t *testing.T) {
	w := open(t, caspio.Config{})
	_, err := w.session("wrong", sessions.ClientToken).AccessToken(t.Context())
	said, ok := errors.AsType[*sessions.EndpointError](err)
	if !errors.Is(err, sessions.ErrUnavailable) || !ok || said.Status != http.StatusBadRequest || said.Code != "invalid_client" {
		t.Errorf("error %v", err)
	}
	w.counts(0, 1)
}

func TestBadInputHasAMessage(t *testing.T) {
	w := open(t, caspio.Config{})
	for name, change := range map[string]func(*http.Request){
		"a GET":         func(r *http.Request) { r.Method = http.MethodGet },
		"another path":  func(r *http.Request) { r.URL.Path = "/" },
		"another body":  func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 },
		"another type":  func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
		"nothing taken": func(r *http.Request) { r.Header.Del("Accept") },
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url, strings.NewReader("grant_type=client_credentials"))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("client", "secret")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept", "application/json, text/plain, */*")
		change(req)
		res := httptest.NewRecorder()
		w.ServeHTTP(res, req)
		if res.Code != http.StatusBadRequest || !strings.Contains(res.Body.String(), `"Message"`) {
			t.Errorf("%s: status %d, %s", name, res.Code, res.Body)
		}
	}
	w.counts(0, 5)
}
