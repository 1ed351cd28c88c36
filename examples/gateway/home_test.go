package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/holdfast-go/holdfast/examples/internal/stores"
)

// kept is a small world in a folder, whose sessions are in a file.
func kept(t *testing.T) settings {
	t.Helper()
	s := small()
	s.state = filepath.Join(t.TempDir(), "world")
	s.store = place(t, "bolt:"+filepath.Join(t.TempDir(), "sessions.db"))
	return s
}

func place(t *testing.T, text string) stores.Place {
	t.Helper()
	p, err := stores.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHomeIsTakenUpAsItWas(t *testing.T) {
	s := kept(t)
	first := moves(t, s)
	if err := first.settle(); err != nil {
		t.Fatal(err)
	}
	first.close()
	again := moves(t, s)
	if again.facts.World != first.facts.World || again.auth.Addr().String() != first.auth.Addr().String() ||
		again.fakes.Addr().String() != first.fakes.Addr().String() ||
		!again.key.Equal(first.key) || !again.spatiumKey.Equal(first.spatiumKey) || again.secret("x") != first.secret("x") {
		t.Error("another world was made")
	}
	if again.secret("x") == again.secret("y") {
		t.Error("two purposes have one secret")
	}
	if other := moves(t, kept(t)); other.facts.World == first.facts.World || other.secret("x") == first.secret("x") {
		t.Error("two worlds have one name, or one secret")
	}
}

func TestWithoutAFolderEveryWorldIsAnother(t *testing.T) {
	first, again := moves(t, small()), moves(t, small())
	if first.facts.World == again.facts.World || first.path("authserver.db") != "" {
		t.Error("something of it stays")
	}
}

func TestFolderThatCannotBeAHomeIsLeftAlone(t *testing.T) {
	folder := t.TempDir()
	taken := kept(t)
	was := moves(t, taken)
	if err := was.settle(); err != nil {
		t.Fatal(err)
	}
	elsewhere := taken
	elsewhere.store = place(t, "redis://me:hunter2@cache/0")
	for _, test := range []struct {
		what  string
		state string
		words string
		of    settings
	}{
		{what: "a file", state: writes(t, folder, "a-file", "", "note"), words: "it is a file; give a folder"},
		{what: "in no folder", state: filepath.Join(folder, "no", "where"), words: "give a folder in one that is there"},
		{what: "of somebody", state: filepath.Dir(writes(t, folder, "somebody", "note.txt", "note")), words: "something else in it (note.txt)"},
		{what: "of another program", state: filepath.Dir(writes(t, folder, "other", factsFile, `{"program":"theirs"}`)), words: "is not of holdfast examples/gateway"},
		{what: "of no program", state: filepath.Dir(writes(t, folder, "none", factsFile, `to whom it may concern`)), words: "is not of holdfast examples/gateway"},
		{what: "in use", state: taken.state, of: taken, words: "such as another gateway"},
		{what: "with sessions elsewhere", state: taken.state, of: elsewhere, words: "the sessions of this world are in bolt:"},
	} {
		s := test.of
		if s.state == "" {
			s = kept(t)
		}
		s.state = test.state
		before := contents(t, test.state)
		h, err := openHome(s)
		if err == nil {
			h.close()
		}
		if err == nil || !strings.Contains(err.Error(), test.words) || !strings.Contains(err.Error(), test.state) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error is %v, want %q", test.what, err, test.words)
		}
		if after := contents(t, test.state); after != before {
			t.Errorf("%s: it was\n%s\nand is\n%s", test.what, before, after)
		}
	}
	was.close()
}

func TestStoreThatCannotBeOpenedLeavesNoHome(t *testing.T) {
	s := kept(t)
	was := s.store
	s.store = place(t, "bolt:"+filepath.Join(t.TempDir(), "not", "there", "sessions.db"))
	w, err := openWorld(s, newTally())
	if err == nil {
		w.ends(t)
		t.Fatal("there is no error")
	}
	s.store = was
	opens(t, s).ends(t)
}

func TestHomeIsReadByItsOwnerOnly(t *testing.T) {
	s := kept(t)
	if err := moves(t, s).settle(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{s.state: 0o700, filepath.Join(s.state, factsFile): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has %v, %v", path, info.Mode().Perm(), err)
		}
	}
}

// moves opens a home, which must succeed.
func moves(t *testing.T, s settings) *home {
	t.Helper()
	h, err := openHome(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	return h
}

// writes writes a file, in a folder if it has a name there, and returns its path.
func writes(t *testing.T, parts ...string) (path string) {
	t.Helper()
	text := parts[len(parts)-1]
	path = filepath.Join(parts[:len(parts)-1]...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// contents lists the files at a path with what is in them; empty: it is not there.
func contents(t *testing.T, path string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(path, func(at string, _ os.DirEntry, err error) error {
		if err == nil {
			text, _ := os.ReadFile(at) // a folder has nothing to read
			all.WriteString(at + ": " + string(text) + "\n")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
