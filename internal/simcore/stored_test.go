package simcore

import (
	"os"
	"path/filepath"
	"testing"
)

// Scripts that have broken a promise once, in this code or in a flaw that was put into it,
// break none.
func TestStoredScriptsBreakNoPromise(t *testing.T) {
	files, err := filepath.Glob("testdata/scripts/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	w := NewWorld()
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s := stored(t, file)
			var hashes [2]uint64
			for i := range hashes {
				if v := w.Play(s); v != nil {
					_, story := Tell(s)
					t.Fatalf("%v\n%s\n%v", v, s.About, story)
				}
				hashes[i] = w.Hash()
			}
			if hashes[0] != hashes[1] {
				t.Error("two plays differ")
			}
		})
	}
}

// stored reads a script, which must be as String writes it and say what it is about.
func stored(t *testing.T, file string) *Script {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ReadScript(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if s.About == "" || s.String()+"\n" != string(text) {
		t.Errorf("it does not say what it is about, or is not as String writes it:\n%v", s)
	}
	return s
}
