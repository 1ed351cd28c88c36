package spatium_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/conformance/spatium"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// world is a service behind a socket, a Manager, and a clock that only moves when
// told.
type world struct {
	*testing.T
	*spatium.Service
	base  string
	clock *clockutil.Virtual
	store store.Store
	mgr   *sessions.Manager
}

func open(t *testing.T, c spatium.Config) *world {
	t.Helper()
	// Nobody else writes this store, so nothing is under way when a caller has his
	// answer, and the clock can be moved.
	w := &world{T: t, store: store.NewMemory()}
	w.clock = clockutil.NewVirtual(time.Date(2031, 5, 17, 12, 0, 0, 250e6, time.UTC))
	c.Now = w.clock.Now
	var err error
	if w.Service, err = spatium.New(c); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(w.Service)
	t.Cleanup(srv.Close)
	w.base = srv.URL + spatium.BasePath
	w.starts()
	t.Cleanup(w.ends)
	return w
}

// starts is a start of the process.
func (w *world) starts() {
	w.Helper()
	var err error
	if w.mgr, err = sessions.Open(sessions.Config{Clock: w.clock, Store: w.store}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) ends() {
	if err := w.mgr.Close(context.Background()); err != nil {
		w.Errorf("close: %v", err)
	}
}

// session opens one that reads and signs, at this tokenID.
func (w *world) session(tokenID string) *sessions.Session {
	w.Helper()
	s, err := w.mgr.Session(tokenID, sessions.Authorization(sessions.Spatium(w.base), tokenID, "read", "sign"))
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// asks posts a request as the documentation has it and returns the data of the answer.
func (w *world) asks(path string, body, data any) int {
	w.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.base+path, bytes.NewReader(text))
	if err != nil {
		w.Fatal(err)
	}
	id := uuid.NewString()
	for name, value := range map[string]string{"Content-Type": "application/json", "accept": "application/json", "request-id": id} {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer := struct {
		RequestID string `json:"requestId"`
		Data      any    `json:"data"`
	}{Data: data}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.RequestID != id {
		w.Errorf("%s: the answer to %s is for %s, %v", path, id, answer.RequestID, err)
	}
	return res.StatusCode
}

// logsIn returns a security token for alice.
func (w *world) logsIn() string {
	w.Helper()
	var data struct {
		SecurityToken string `json:"securityToken"`
	}
	if status := w.asks(spatium.CredentialsPath, map[string]string{"username": "alice", "password": "password"}, &data); status != http.StatusOK {
		w.Fatalf("the security factor answers %d", status)
	}
	return data.SecurityToken
}

// establishes proves to a session that it is alice's.
func (w *world) establishes(s *sessions.Session) {
	w.Helper()
	if err := s.Establish(w.Context(), w.logsIn()); err != nil {
		w.Fatalf("establish: %v", err)
	}
}

// gets returns a permission token that the service knows.
func (w *world) gets(s *sessions.Session) string {
	w.Helper()
	at, err := s.AccessToken(w.Context())
	if err != nil {
		w.Fatalf("no token: %v", err)
	}
	p, err := w.Verify(at)
	if err != nil || p.Account != "alice" || fmt.Sprint(p.Permissions) != "[read sign]" {
		w.Errorf("%q may %q: %v", p.Account, p.Permissions, err)
	}
	return at
}

// refused asks for a token, which must be refused for this reason.
func (w *world) refused(s *sessions.Session, why error) {
	w.Helper()
	if _, err := s.AccessToken(w.Context()); !errors.Is(err, why) {
		w.Errorf("error %v, want %v", err, why)
	}
}

// counts checks what has been issued and refused.
func (w *world) counts(byFactors, refreshed, refused int) {
	w.Helper()
	c := w.Counts()
	if c.ByFactors != byFactors || c.Refreshed != refreshed || c.Refused != refused || c.RequestIDs != c.Requests {
		w.Errorf("counts are %+v, want %d by factors, %d refreshed, %d refused", c, byFactors, refreshed, refused)
	}
}
