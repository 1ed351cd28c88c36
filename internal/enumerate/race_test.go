//go:build race

package enumerate

// The race detector makes a walk ten times as slow: the long ones are left to the run without.
const (
	wide   = 10
	racing = true
)
