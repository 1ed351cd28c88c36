package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is a bug that can be planted.
type mutant struct {
	name      string
	promise   string   // that it breaks
	layer     string   // where it is planted
	foundBy   []string // the judges that must find it
	onlyStory string   // why neither simulator nor enumerator can; empty: one can
	patches   []patch
}

// planted is the folder of the mutants, from the root of the module.
const planted = "internal/mutants/planted"

var layers = []string{"machine", "shell", "record", "claim"}

// readAll reads the mutants of a folder, in the order of their names.
func readAll(folder string) ([]mutant, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.diff"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m, err := parse(strings.TrimSuffix(filepath.Base(file), ".diff"), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// parse reads a mutant.
func parse(name, text string) (mutant, error) {
	m := mutant{name: name}
	head, body, _ := strings.Cut(text, "\n--- ")
	for line := range strings.Lines(strings.ReplaceAll(head, "\n ", " ")) {
		if err := m.set(strings.TrimSpace(line)); err != nil {
			return m, fmt.Errorf("mutant %s: %w", name, err)
		}
	}
	var err error
	if m.patches, err = parsePatches("--- " + body); err == nil {
		err = m.check()
	}
	if err != nil {
		return m, fmt.Errorf("mutant %s: %w", name, err)
	}
	return m, nil
}

// set takes one line of the head.
func (m *mutant) set(line string) error {
	key, value, _ := strings.Cut(line, ": ")
	switch key {
	case "":
	case "Promise":
		m.promise = value
	case "Layer":
		m.layer = value
	case "Found-By":
		m.foundBy = strings.Split(value, ", ")
	case "Only-Story":
		m.onlyStory, m.foundBy = value, []string{"story"}
	default:
		return fmt.Errorf("%q is no line of a head", line)
	}
	return nil
}

// check looks whether all is said that must be.
func (m *mutant) check() error {
	seen := slices.Contains(m.foundBy, simulator) || slices.Contains(m.foundBy, enumerator)
	switch {
	case m.promise == "":
		return fmt.Errorf("it has no Promise")
	case !slices.Contains(layers, m.layer):
		return fmt.Errorf("its Layer is %q; there are: %s", m.layer, strings.Join(layers, ", "))
	case seen == (m.onlyStory != ""):
		return fmt.Errorf("either simulator or enumerator must find it, or Only-Story says why not")
	}
	for _, judge := range m.foundBy {
		if !slices.Contains(judgeNames, judge) {
			return fmt.Errorf("unknown judge %q; there are: %s", judge, strings.Join(judgeNames, ", "))
		}
		if !sees(judge, m.layer) {
			return fmt.Errorf("the %s knows nothing of the layer %s", judge, m.layer)
		}
	}
	return nil
}

// files returns the sources with the mutant in them, by their paths under root.
func (m *mutant) files(root string) (map[string]string, error) {
	changed := map[string]string{}
	for _, p := range m.patches {
		text, ok := changed[p.path]
		if !ok {
			source, err := os.ReadFile(filepath.Join(root, p.path))
			if err != nil {
				return nil, fmt.Errorf("mutant %s: %w", m.name, err)
			}
			text = string(source)
		}
		text, err := p.apply(text)
		if err != nil {
			return nil, fmt.Errorf("mutant %s: %s: %w", m.name, p.path, err)
		}
		changed[p.path] = text
	}
	return changed, nil
}
