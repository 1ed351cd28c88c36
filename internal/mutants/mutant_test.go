package main

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../.."

// Each mutant fits the sources as they are, and what it makes of them can be read.
func TestEveryMutantCanBePlanted(t *testing.T) {
	all, err := readAll("planted")
	if err != nil {
		t.Fatal(err)
	}
	planted := map[string]int{}
	for _, m := range all {
		planted[m.layer]++
		files, err := m.files(root)
		if err != nil {
			t.Error(err)
		}
		for path, text := range files {
			if _, err := parser.ParseFile(token.NewFileSet(), path, text, parser.SkipObjectResolution); err != nil {
				t.Errorf("mutant %s: %v", m.name, err)
			}
		}
	}
	for _, layer := range layers {
		if planted[layer] < 3 {
			t.Errorf("%d mutants in the layer %s are few", planted[layer], layer)
		}
	}
	if len(all) < 20 {
		t.Errorf("%d mutants are few", len(all))
	}
}

func TestPatchIsAppliedWhereItFitsOnce(t *testing.T) {
	source := "one\n\ttwo\nthree\n\ttwo\nfour\n"
	for _, c := range []struct {
		name, patch, want string
	}{
		{"there once", "@@\n three\n-\ttwo\n+\tdeux\n", "one\n\ttwo\nthree\n\tdeux\nfour\n"},
		{"there twice", "@@\n-\ttwo\n+\tdeux\n", ""},
		{"not there", "@@\n-five\n+cinq\n", ""},
		{"the end of a line only", "@@\n-wo\n+x\n", ""},
		{"nothing that stays or goes", "@@\n+five\n", ""},
		{"the first line", "@@\n-one\n+un\n", "un\n\ttwo\nthree\n\ttwo\nfour\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			patches, err := parsePatches("--- f.go\n" + c.patch)
			if err != nil {
				t.Fatal(err)
			}
			got, err := patches[0].apply(source)
			if diff := cmp.Diff(c.want, got); diff != "" || (err == nil) == (c.want == "") {
				t.Errorf("error %v, (-want +got):\n%s", err, diff)
			}
		})
	}
}

const good = `Promise: one line,
 and its end
Layer: machine
Found-By: simulator, story

--- a/b.go
@@
 stays

-goes
+comes
@@
-goes too
--- c.go
@@
-x
+y
`

func TestMutantIsRead(t *testing.T) {
	got, err := parse("name", good)
	if err != nil {
		t.Fatal(err)
	}
	want := mutant{
		name: "name", promise: "one line, and its end", layer: "machine", foundBy: []string{"simulator", "story"},
		patches: []patch{
			{"a/b.go", "stays\n\ngoes\n", "stays\n\ncomes\n"},
			{"a/b.go", "goes too\n", ""},
			{"c.go", "x\n", "y\n"},
		},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mutant{}, patch{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMutantThatSaysTooLittleIsAnError(t *testing.T) {
	for _, c := range []struct{ name, old, instead, want string }{
		{"no promise", "Promise: one line,\n and its end\n", "", "no Promise"},
		{"another layer", "machine", "cellar", `Layer is "cellar"; there are: machine`},
		{"another judge", "simulator, story", "simulator, cook", `unknown judge "cook"; there are: simulator`},
		{"a judge who cannot", "Layer: machine\nFound-By: simulator", "Layer: shell\nFound-By: simulator, enumerator", "knows nothing of the layer shell"},
		{"found by stories without a reason", "simulator, story", "story", "Only-Story says why not"},
		{"a reason though it is found", "Layer:", "Only-Story: no\nLayer:", "Only-Story says why not"},
		{"another line", "Layer:", "Colour: red\nLayer:", `"Colour: red" is no line of a head`},
		{"no patch", good[strings.Index(good, "\n--- "):], "", "it changes nothing"},
		{"nothing changes", "+y", "+x", "changed into what it is"},
		{"no place", "--- a/b.go\n@@\n", "--- a/b.go\n", "before the first @@"},
		{"a line of neither", "+comes", "comes", "neither stays, goes nor comes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parse("name", strings.Replace(good, c.old, c.instead, 1))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "mutant name") {
				t.Errorf("got %v, want: %s", err, c.want)
			}
		})
	}
}
