//go:build !race

package enumerate

// volume is how many states the tests of the key reach.
const (
	volume = 20_000
	racing = false
)
