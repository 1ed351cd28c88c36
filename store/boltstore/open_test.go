package boltstore_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
	"github.com/holdfast-go/holdfast/store"
	"github.com/holdfast-go/holdfast/store/boltstore"
)

// bolt writes a file with bbolt itself. It is one of those that bbolt changes when it
// opens them as this package does.
func bolt(t *testing.T, path string, write func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(write), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// put puts one pair into a bucket.
func put(bucket, key, value string) func(tx *bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(bucket))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), []byte(value))
	}
}

// opens opens a store that is there until the end of the test.
func opens(t *testing.T, path string) *boltstore.Store {
	t.Helper()
	s, err := boltstore.Open(path, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// refuses expects Open to fail with an error that names the file and has these words.
func refuses(t *testing.T, path string, want error, words string) {
	t.Helper()
	_, err := boltstore.Open(path, boltstore.Options{})
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
	if text := err.Error(); !strings.Contains(text, path) || !strings.Contains(text, words) {
		t.Errorf("the error %q does not name the file and say %q", text, words)
	}
}

func TestFileThatIsNotOursIsLeftAsItIs(t *testing.T) {
	for name, test := range map[string]struct {
		write func(t *testing.T, path string)
		words string
	}{
		"no bolt file": {
			func(t *testing.T, path string) { writes(t, path, bytes.Repeat([]byte("notes\n"), 10_000)) },
			"give another path",
		},
		"a short file": {
			func(t *testing.T, path string) { writes(t, path, []byte("notes")) },
			"give another path",
		},
		"another program's": {
			func(t *testing.T, path string) { bolt(t, path, put("users", "alice", "admin")) },
			"another program",
		},
		"a newer version's": {
			func(t *testing.T, path string) { bolt(t, path, put("holdfast", "format", "2")) },
			`format is "2" and this program knows "1"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sessions.db")
			test.write(t, path)
			was := reads(t, path)
			refuses(t, path, store.ErrForeign, test.words)
			if !bytes.Equal(was, reads(t, path)) {
				t.Error("the file was changed")
			}
		})
	}
}

func writes(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func reads(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFileThatIsOpenIsRefusedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	first := opens(t, path)
	refuses(t, path, store.ErrUnavailable, "open already")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	opens(t, path)
}

func TestFileThatIsLetGoOfInTimeIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	first := opens(t, path)
	opened := make(chan error)
	go func() {
		s, err := boltstore.Open(path, boltstore.Options{Wait: time.Minute})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	_ = first.Close()
	if err := <-opened; err != nil {
		t.Errorf("open: %v", err)
	}
}

func TestPathThatCannotBeOpenedIsNamed(t *testing.T) {
	folder := t.TempDir()
	refuses(t, folder, store.ErrUnavailable, "give the path of one")
	refuses(t, filepath.Join(folder, "missing", "sessions.db"), store.ErrUnavailable, "no such file or directory")
}

func TestNewFileIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	opens(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode is %o", got)
	}
}

// A process that died while it made the file may have left one without buckets.
func TestEmptyFileIsANewOne(t *testing.T) {
	folder := t.TempDir()
	writes(t, filepath.Join(folder, "nothing.db"), nil)
	opens(t, filepath.Join(folder, "nothing.db"))
	bolt(t, filepath.Join(folder, "empty.db"), func(*bbolt.Tx) error { return nil })
	opens(t, filepath.Join(folder, "empty.db"))
}

func TestRowOfANewerVersionIsLeftAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sessions.db")
	_ = opens(t, path).Close()
	row := "\x02\x00 and whatever a newer version writes"
	bolt(t, path, put("sessions", "k", row))
	s := opens(t, path)
	if _, err := s.Load(t.Context(), "k", 0); !errors.Is(err, store.ErrForeign) {
		t.Errorf("Load: %v", err)
	}
	if _, err := s.Swap(t.Context(), "k", 0, []byte("ours"), false, store.OpID{1}); !errors.Is(err, store.ErrForeign) {
		t.Errorf("Swap: %v", err)
	}
	for k, err := range s.Keys(t.Context(), time.Time{}) {
		if k != "k" || !errors.Is(err, store.ErrForeign) {
			t.Errorf("listed %q, %v", k, err)
		}
	}
	_ = s.Close()
	bolt(t, path, func(tx *bbolt.Tx) error {
		if got := string(tx.Bucket([]byte("sessions")).Get([]byte("k"))); got != row {
			t.Errorf("the row is %q", got)
		}
		return nil
	})
}

// A process of a newer version has written a record that this one cannot read.
func TestRecordOfANewerVersionIsLeftAsItIs(t *testing.T) {
	s := opens(t, filepath.Join(t.TempDir(), "sessions.db"))
	newer := []byte("hfr\x02 whatever a newer version writes")
	if _, err := s.Swap(t.Context(), "k", 0, newer, false, store.OpID{1}); err != nil {
		t.Fatal(err)
	}
	mgr, err := sessions.Open(sessions.Config{Store: s})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mgr.Close(t.Context()) }()
	server := simulate.NewServer(nil)
	session, err := mgr.Session("k", sessions.Persistent(server.Endpoint(), server.Login("k")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = session.AccessToken(t.Context())
	if !errors.Is(err, sessions.ErrInvalid) || !strings.Contains(err.Error(), "a newer version may have written it") {
		t.Errorf("the error does not say what to do: %v", err)
	}
	if e, err := s.Load(t.Context(), "k", 0); err != nil || e.Rev != 1 || !bytes.Equal(newer, e.Value) {
		t.Errorf("the record is %v, %v", e, err)
	}
}
