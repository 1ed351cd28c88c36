package sessions

// JWTBearer is declared and not supported: a session of it is ErrNotSupported.
func JWTBearer(_ Endpoint, _ Assertion) Kind { return unsupported{name: "JWTBearer"} }
