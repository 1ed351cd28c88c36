package sessions

import "github.com/holdfast-go/holdfast/messages"

// Static is declared and not supported: a session of it is ErrNotSupported.
func Static(_ Endpoint, _ messages.Token) Kind { return unsupported{"Static"} }
