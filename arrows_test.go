package holdfast_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/holdfast-go/holdfast/"

// arrows is who may import whom inside the house, as ARCHITECTURE.md draws it.
var arrows = map[string][]string{
	"":                         nil,
	"actor":                    {"clockutil", "internal/crew", "internal/machine", "internal/record", "messages", "store"},
	"clockutil":                nil,
	"cmd/simulate":             {"clockutil", "internal/enumerate", "internal/simcore"},
	"internal/asleep":          {"clockutil"},
	"internal/enumerate":       {"clockutil", "internal/machine", "messages"},
	"internal/crew":            nil,
	"internal/local":           nil,
	"internal/rewatch":         {"clockutil", "store"},
	"internal/machine":         {"clockutil", "messages"},
	"internal/mutants":         {"clockutil"},
	"internal/mutants/judge":   {"internal/enumerate", "internal/simcore"},
	"internal/record":          {"messages"},
	"internal/simcore":         {"actor", "clockutil", "internal/machine", "internal/record", "messages", "store"},
	"internal/wire":            {"messages"},
	"messages":                 nil,
	"sessions":                 {"actor", "clockutil", "internal/wire", "messages", "store"},
	"simulate":                 {"actor", "clockutil", "internal/asleep", "internal/machine", "internal/record", "messages", "sessions", "store"},
	"store":                    {"internal/local", "internal/record", "messages"},
	"store/boltstore":          {"internal/local", "internal/record", "store"},
	"store/natsstore":          {"internal/record", "internal/rewatch", "store"},
	"store/natsstore/embedded": nil,
	"store/pgstore":            {"internal/record", "internal/rewatch", "store"},
	"store/redisstore":         {"clockutil", "internal/crew", "internal/record", "internal/rewatch", "store"},
	"store/sealed":             {"internal/record", "store"},
	"store/storetest":          {"internal/machine", "internal/record", "internal/rewatch", "messages", "store"},
}

// modules are the folders of the modules that the arrows are about.
var modules = []string{".", "store/natsstore", "store/natsstore/embedded", "store/pgstore", "store/redisstore", "store/sealed"}

func TestThePackagesImportWhatTheArchitectureAllows(t *testing.T) {
	var found []string
	for line := range strings.Lines(imports(t)) {
		fields := strings.Fields(line)
		pkg := inHouse(fields[0])
		found = append(found, pkg)
		for _, imported := range fields[1:] {
			checkArrow(t, pkg, imported)
		}
	}
	var known []string
	for pkg := range arrows {
		known = append(known, pkg)
	}
	slices.Sort(known)
	slices.Sort(found)
	if diff := cmp.Diff(known, found); diff != "" {
		t.Errorf("packages of the house (-known +found):\n%s", diff)
	}
}

// imports has a line for each package: its path, and those of what it imports.
func imports(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, m := range modules {
		out, err := exec.CommandContext(t.Context(), "go", "-C", m, "list", "-f",
			`{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...").Output()
		if err != nil {
			t.Fatal(err)
		}
		all.Write(out)
	}
	return all.String()
}

func checkArrow(t *testing.T, pkg, imported string) {
	t.Helper()
	if strings.HasPrefix(imported, "github.com/asynkron/protoactor-go") && pkg != "actor" {
		t.Errorf("%s imports the engine; only actor may", pkg)
	}
	if strings.HasPrefix(imported, "github.com/anishathalye/porcupine") {
		t.Errorf("%s imports porcupine; only tests of internal/simcore may", pkg)
	}
	if !strings.HasPrefix(imported, module) {
		return
	}
	if !slices.Contains(arrows[pkg], inHouse(imported)) {
		t.Errorf("%s imports %s, which is no arrow of the house", pkg, inHouse(imported))
	}
}

func inHouse(importPath string) string {
	return strings.TrimPrefix(strings.TrimPrefix(importPath, strings.TrimSuffix(module, "/")), "/")
}
