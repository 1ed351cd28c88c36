//go:build !race

package simcore

// storms is how many seeds a test plays.
const storms = 10_000
