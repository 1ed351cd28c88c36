//go:build race

package simcore

// storms is how many seeds a test plays: the race detector makes each ten times as slow.
const storms = 1_000
