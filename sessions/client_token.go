package sessions

// ClientToken is declared and not supported: a session of it is ErrNotSupported.
func ClientToken(_ Endpoint) Kind { return unsupported{"ClientToken"} }
