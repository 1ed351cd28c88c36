package main

import (
	"fmt"
	"strings"
)

// patch is what takes the place of something in a file.
type patch struct {
	path     string // from the root of the module
	old, new string // whole lines
}

// parsePatches reads what follows the head of a mutant: for each file its path, for each
// place in it an @@, and then lines that stay, go or come.
func parsePatches(text string) ([]patch, error) {
	var all []patch
	path := ""
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "--- "):
			path = strings.TrimSpace(line[4:])
		case strings.HasPrefix(line, "@@"):
			all = append(all, patch{path: path})
		case len(all) == 0:
			return nil, fmt.Errorf("%q stands before the first @@", line)
		default:
			if err := all[len(all)-1].add(line); err != nil {
				return nil, err
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("it changes nothing")
	}
	for _, p := range all {
		if p.path == "" || p.old == p.new {
			return nil, fmt.Errorf("a place in %q is changed into what it is", p.path)
		}
	}
	return all, nil
}

// add takes one line.
func (p *patch) add(line string) error {
	if line == "\n" { // of a context line that is empty
		line = " \n"
	}
	switch line[0] {
	case ' ':
		p.old += line[1:]
		p.new += line[1:]
	case '-':
		p.old += line[1:]
	case '+':
		p.new += line[1:]
	default:
		return fmt.Errorf("%q neither stays, goes nor comes", line)
	}
	return nil
}

// apply returns the source with the patch in it. What it is about must be there exactly
// once.
func (p *patch) apply(source string) (string, error) {
	if n := strings.Count("\n"+source, "\n"+p.old); p.old == "" || n != 1 {
		return "", fmt.Errorf("found %d times, and must be there once:\n%s", n, p.old)
	}
	return strings.Replace("\n"+source, "\n"+p.old, "\n"+p.new, 1)[1:], nil
}
