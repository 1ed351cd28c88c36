//go:build !race

package enumerate

// wide is how many states of a level the tests of the key look at.
const (
	wide   = 20
	racing = false
)
