package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// plant is a mutant in a folder of its own, where the go command finds it and the programs
// that are built with it.
type plant struct {
	mutant *mutant
	root   string // of the module
	folder string
	built  map[string]bool // programs
}

// newPlant plants a mutant: its sources are written into the folder, and an overlay that
// puts them in the place of those of the module.
func newPlant(m *mutant, root, folder string) (*plant, error) {
	files, err := m.files(root)
	if err != nil {
		return nil, err
	}
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for path, text := range files {
		instead := filepath.Join(folder, filepath.Base(filepath.Dir(path))+"_"+filepath.Base(path))
		if err := os.WriteFile(instead, []byte(text), 0o600); err != nil {
			return nil, err
		}
		overlay.Replace[filepath.Join(root, path)] = instead
	}
	b, err := json.Marshal(overlay)
	if err != nil {
		return nil, err
	}
	return &plant{m, root, folder, map[string]bool{}}, os.WriteFile(filepath.Join(folder, "overlay.json"), b, 0o600)
}

// program builds the command of a package, with the mutant in it.
func (p *plant) program(ctx context.Context, pkg string) (string, error) {
	return p.build(ctx, "build", pkg)
}

// tests builds the tests of a package, with the mutant in it.
func (p *plant) tests(ctx context.Context, pkg string) (string, error) {
	return p.build(ctx, "test", pkg, "-c")
}

func (p *plant) build(ctx context.Context, what, pkg string, flags ...string) (string, error) {
	to := filepath.Join(p.folder, what+"_"+filepath.Base(pkg))
	if p.built[to] {
		return to, nil
	}
	args := append([]string{what}, flags...)
	args = append(args, "-ldflags", "-s -w", "-overlay", filepath.Join(p.folder, "overlay.json"), "-o", to, "./"+pkg)
	c := exec.CommandContext(ctx, "go", args...)
	c.Dir = p.root
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go %s ./%s: %w\n%s", what, pkg, err, out)
	}
	p.built[to] = true
	return to, nil
}
