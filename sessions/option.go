package sessions

import (
	"net/netip"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// Option shapes a single call. AccessToken, Token, Authorize and Refresh take
// every option; Exchange, Revoke and Reject take ClientIP only, and answer
// ErrInvalid to others.
type Option func(*call)

// call is what options make of a call.
type call struct {
	ip    netip.Addr
	min   time.Duration
	wrong error
}

// ClientIP is sent as X-Forwarded-For on the token request that this call itself
// starts; a call that joins a renewal under way sends nothing.
func ClientIP(ip netip.Addr) Option {
	return func(c *call) {
		if !ip.IsValid() {
			c.wrong = messages.Invalid("ClientIP", "is not an address")
			return
		}
		c.ip = ip
	}
}

// MinValidity asks for a token with at least d of its real life left: more than
// the margin that every token has. A token with less is renewed, once for all
// who ask and at most once a Config.ForceInterval. If even a new token has less, the
// error is ErrInvalid naming its lifetime.
func MinValidity(d time.Duration) Option {
	return func(c *call) {
		if d < 0 {
			c.wrong = messages.Invalid("MinValidity", "is negative")
			return
		}
		c.min = d
	}
}

func options(opts []Option) (call, error) {
	if len(opts) == 0 {
		return call{}, nil
	}
	var c call // on the heap, since o may keep it
	for _, o := range opts {
		if o == nil {
			return c, messages.Invalid("Option", "is nil")
		}
		o(&c)
	}
	return c, c.wrong
}

// addressOnly is options for calls that take ClientIP alone.
func addressOnly(opts []Option) (call, error) {
	c, err := options(opts)
	if err == nil && c.min != 0 {
		err = messages.Invalid("MinValidity", "is no option of this call")
	}
	return c, err
}
