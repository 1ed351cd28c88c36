package sessions

// unsupported is a kind that is declared and has no sessions.
type unsupported struct{ kindName }

func (unsupported) plan() (plan, error) { return plan{}, ErrNotSupported }
