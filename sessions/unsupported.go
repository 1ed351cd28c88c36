package sessions

// unsupported is a kind that is declared and has no sessions.
type unsupported struct{ name string }

func (unsupported) plan() (plan, error) { return plan{}, ErrNotSupported }

// String names the kind.
func (k unsupported) String() string { return k.name }
