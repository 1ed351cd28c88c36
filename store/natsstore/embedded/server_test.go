package embedded_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/holdfast-go/holdfast/store/natsstore"
	"github.com/holdfast-go/holdfast/store/natsstore/embedded"
)

func TestServerThatCannotBeStartedSaysWhy(t *testing.T) {
	taken := starts(t, embedded.Options{Listen: "127.0.0.1:0"})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for words, o := range map[string]embedded.Options{
		"address already in use":         {Listen: strings.TrimPrefix(taken.URL(), "nats://")},
		"is not host:port":               {Listen: "nats"},
		"has no port that is a number":   {Listen: "127.0.0.1:nats"},
		"not a directory":                {Dir: file},
		"belongs to a server that lives": {Dir: dirOf(t)},
	} {
		s, err := embedded.Start(o)
		if err == nil {
			_ = s.Close()
			t.Errorf("a server was started that should have said: %s", words)
			continue
		}
		if !strings.Contains(err.Error(), words) {
			t.Errorf("the error %q does not say %q", err, words)
		}
	}
}

// dirOf returns the folder of a server that runs until the end of the test.
func dirOf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	starts(t, embedded.Options{Dir: dir})
	return dir
}

func TestRecordsAreInTheFolder(t *testing.T) {
	o := embedded.Options{Dir: filepath.Join(t.TempDir(), "new", "folder")}
	srv := starts(t, o)
	s := opens(t, "", natsstore.Options{InProcess: srv})
	if srv.URL() != "" {
		t.Errorf("a server that does not listen is at %s", srv.URL())
	}
	rev := swaps(t, s, "k", 0, false)
	_ = s.Close()
	for range 2 {
		if err := srv.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	e, err := opens(t, "", natsstore.Options{InProcess: starts(t, o)}).Load(t.Context(), "k", rev)
	if err != nil || e.Rev != rev {
		t.Errorf("loaded %v, %v", e, err)
	}
}

func TestTemporaryFolderIsGoneAfterClose(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	srv := starts(t, embedded.Options{})
	opens(t, "", natsstore.Options{InProcess: srv})
	made, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	if err != nil || len(made) != 1 {
		t.Fatalf("there is %v, %v", made, err)
	}
	if info, err := os.Stat(made[0]); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", info, err)
	}
	_ = srv.Close()
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	if diff := cmp.Diff([]string(nil), left); diff != "" || err != nil {
		t.Errorf("%v, left (-want +got):\n%s", err, diff)
	}
}
