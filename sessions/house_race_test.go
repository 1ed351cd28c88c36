//go:build race

package sessions_test

const (
	// callers is how many ask at once: the race detector ends at 8,128 goroutines.
	callers = 5_000

	// days is how long a long story lasts.
	days = 30
)
