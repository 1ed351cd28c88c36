//go:build !race

package sessions_test

const (
	// callers is how many ask at once.
	callers = 10_000

	// days is how long a long story lasts.
	days = 365
)
