package sessions

import (
	"fmt"
	"io"
)

// kindName is all that a kind prints. A kind embeds it.
type kindName string

// String names the kind.
func (n kindName) String() string { return string(n) }

// Format writes String, whatever the verb.
func (n kindName) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, n.String()) }
