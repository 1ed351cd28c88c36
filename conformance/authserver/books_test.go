package authserver_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-go/holdfast/conformance/authserver"
)

// openWithBooks opens a server that keeps its books in a file.
func openWithBooks(t *testing.T, cfg authserver.Config) *world {
	t.Helper()
	cfg.File = filepath.Join(t.TempDir(), "authserver.db")
	cfg.Issuer = "http://authserver.test"
	w := &world{t: t, now: time.Date(2031, 5, 17, 12, 0, 0, 250e6, time.UTC)}
	cfg.Now = w.clock
	w.starts(cfg)
	return w
}

func (w *world) starts(cfg authserver.Config) {
	w.t.Helper()
	w.cfg = cfg
	pipe := newPipe()
	srv, err := authserver.StartOn(pipe, cfg)
	w.use(srv, err, &http.Transport{DialContext: pipe.dial})
}

// restarts ends the server, and starts another one over its file.
func (w *world) restarts() {
	w.t.Helper()
	if err := w.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.starts(w.cfg)
}

func TestServerGoesOnWithItsBooks(t *testing.T) {
	w := openWithBooks(t, authserver.Config{})
	alice, bob, carol := w.login("alice"), w.login("bob", "read"), w.login("carol")
	second := w.renew(alice.Refresh)
	client := w.ask(authserver.ClientCredentials)
	part := w.ask(authserver.TokenExchange, "subject_token", bob.Access, "scope", "read",
		"subject_token_type", "urn:ietf:params:oauth:token-type:access_token")
	w.revoke(carol.Refresh)

	w.restarts()

	w.expectVerdict("the first access token", alice.Access, nil)
	w.expectVerdict("the second access token", second.access, nil)
	w.expectVerdict("the client's", client.access, nil)
	w.expectVerdict("the exchanged one", part.access, nil)
	w.expectVerdict("the one that was revoked", carol.Access, authserver.ErrRevoked)
	w.expectDenied("the refresh token that was revoked", w.renew(carol.Refresh), "invalid_grant")
	third := w.renew(second.refresh)
	w.expectIssued("the unspent refresh token", third)
	if claims, err := w.Verify(third.access); err != nil || claims.Generation != 2 || claims.Subject != "alice" {
		t.Errorf("the third token is %s's, generation %d: %v", claims.Subject, claims.Generation, err)
	}

	w.restarts()

	w.expectDenied("reuse of a token that was spent two starts ago", w.renew(alice.Refresh), "invalid_grant")
	w.expectVerdict("what was issued since", third.access, authserver.ErrRevoked)
	w.revoke(bob.Refresh)
	w.expectVerdict("what was exchanged for a token of before", part.access, authserver.ErrRevoked)
}

func TestGraceGoesOnOverARestart(t *testing.T) {
	w := openWithBooks(t, authserver.Config{Grace: 10 * time.Second})
	pair := w.login("alice")
	w.renew(pair.Refresh)
	w.pass(9 * time.Second)
	w.restarts()
	w.expectIssued("within grace", w.renew(pair.Refresh))
	w.pass(time.Second)
	w.expectDenied("after it", w.renew(pair.Refresh), "invalid_grant")
}

func TestBooksForgetWhatHasExpired(t *testing.T) {
	w := openWithBooks(t, authserver.Config{Lifetime: time.Minute, RefreshLifetime: time.Hour})
	for range 10 {
		w.renew(w.login("alice").Refresh)
	}
	w.pass(2 * time.Hour)
	w.restarts()
	pair := w.login("bob")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := bbolt.Open(w.cfg.File, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	err = db.View(func(tx *bbolt.Tx) error {
		for bucket, only := range map[string]string{"families": pair.GrantID, "refresh": pair.Refresh} {
			b := tx.Bucket([]byte(bucket))
			if n := b.Stats().KeyN; n != 1 || b.Get([]byte(only)) == nil {
				t.Errorf("%s: %d are left, or another one", bucket, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestBooksOfOneServerAtATime(t *testing.T) {
	w := openWithBooks(t, authserver.Config{})
	_, err := authserver.New(w.cfg)
	if err == nil || !strings.Contains(err.Error(), "end the other one") {
		t.Errorf("error is %v", err)
	}
	w.restarts() // the file is as it was
}

func TestFileOfAnotherProgramIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	note := filepath.Join(folder, "note.txt")
	if err := os.WriteFile(note, []byte("to whom it may concern"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(folder, "other.db")
	db, err := bbolt.Open(other, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("theirs"))
		return err
	})
	if err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	for _, file := range []string{note, other, folder, filepath.Join(folder, "no", "where")} {
		before, _ := os.ReadFile(file) // a folder has nothing to read
		_, err := authserver.New(authserver.Config{File: file})
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: error is %v", file, err)
		}
		if after, _ := os.ReadFile(file); string(after) != string(before) {
			t.Errorf("%s: it is not as it was", file)
		}
	}
}
