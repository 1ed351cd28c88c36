package messages

import (
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Ask is what a session can be asked. The types of this file implement it, and
// no others.
//
//sumtype:decl
type Ask interface{ ask() }

// Get asks for a valid access token.
type Get struct {
	// MinValidity is how much of its real life the token must have left;
	// zero: any valid token will do.
	MinValidity time.Duration

	// ClientIP is sent as X-Forwarded-For on the token request that this ask
	// itself starts, if it starts one; the zero Addr: nothing is sent.
	ClientIP netip.Addr
}

// Refresh asks for a newer token than the one held now.
type Refresh struct {
	MinValidity time.Duration // as in Get
	ClientIP    netip.Addr    // as in Get
}

// Exchange asks for a token of less power, or for somebody else, by RFC 8693. It
// is the argument of Session.Exchange and the ask in one.
type Exchange struct {
	// Scopes, Resource and Audience narrow the token down (RFC 8693, section 2.1).
	Scopes             []string
	Resource, Audience string

	// Actor acts on behalf of the session's subject; nil: nobody does.
	Actor *Actor

	// SharedLink is Box's box_shared_link; empty: none.
	SharedLink string

	ClientIP netip.Addr // as in Get
}

// Actor is an RFC 8693 actor token with its type, a URI.
type Actor struct {
	Token Secret
	Type  string
}

// Format writes the actor without its token. It is there because package fmt
// does not ask a Secret behind a pointer when the verb is wrong.
func (a Actor) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "actor of type "+a.Type) }

// Revoke asks the server to end the session's tokens.
type Revoke struct {
	ClientIP netip.Addr // as in Get
}

// Establish begins a new grant: by proofs that the kind knows how to send, or
// with a token that somebody else obtained.
type Establish struct {
	Proofs   []Secret
	Token    Token
	ClientIP netip.Addr // as in Get
}

// Reject says that a resource server refused a token.
type Reject struct {
	Token Secret

	// Cause is what the resource server said. It reaches events and logs, so it
	// must not quote the token; nil: nothing.
	Cause error
}

func (Get) ask()       {}
func (Refresh) ask()   {}
func (Exchange) ask()  {}
func (Revoke) ask()    {}
func (Establish) ask() {}
func (Reject) ask()    {}

// Reply answers an ask: with a Token, or with an error. For asks that bring no
// token, a nil Err says that it is done.
type Reply struct {
	Token Token
	Err   error
}
