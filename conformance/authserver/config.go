package authserver

import (
	"errors"
	"fmt"
	"time"
)

// Config says how a Server behaves. The zero value works.
type Config struct {
	// Issuer is the iss of every token and what comes before every path.
	// If empty, http:// and the address that is listened on; New does not
	// listen and takes http://authserver.test.
	Issuer string

	Lifetime        time.Duration // of an access token, in whole seconds; default: 1 hour
	RefreshLifetime time.Duration // of a refresh token, from when it is issued; default: 30 days

	// Grace is how long a spent refresh token is still accepted, from its
	// first use on. If zero, a second use is a reuse.
	Grace time.Duration

	// RenewalRevokes ends the older access tokens of a family when one of its
	// refresh tokens is used. If false, they live until they expire.
	RenewalRevokes bool

	// File is kept up with what is issued, so that a server that is started with it again
	// goes on; it is made if it is not there, and is of one server at a time. Counts, and
	// the jti of assertions, begin anew. With another Issuer no access token of before is
	// good. If empty, nothing survives the server.
	File string

	Clients []Client         // nil: DefaultClient alone
	Seed    uint64           // of the faults' dice
	Now     func() time.Time // safe for concurrent use, asks nothing of the Server; nil: time.Now
}

const (
	defaultIssuer          = "http://authserver.test"
	defaultLifetime        = time.Hour
	defaultRefreshLifetime = 30 * 24 * time.Hour
)

func (c Config) issuer() string          { return orDefault(c.Issuer, defaultIssuer) }
func (c Config) lifetime() time.Duration { return orDefault(c.Lifetime, defaultLifetime) }
func (c Config) refreshLifetime() time.Duration {
	return orDefault(c.RefreshLifetime, defaultRefreshLifetime)
}

func (c Config) now() func() time.Time {
	if c.Now == nil {
		return time.Now
	}
	return c.Now
}

func (c Config) clients() []Client {
	if len(c.Clients) == 0 {
		return []Client{DefaultClient()}
	}
	return c.Clients
}

func (c Config) check() error {
	if c.Lifetime < 0 || c.RefreshLifetime < 0 || c.Grace < 0 {
		return errors.New("authserver: a negative duration")
	}
	if c.Lifetime%time.Second != 0 {
		return fmt.Errorf("authserver: Lifetime %v is not in whole seconds", c.Lifetime)
	}
	seen := map[string]bool{}
	for _, client := range c.clients() {
		if seen[client.ID] {
			return fmt.Errorf("authserver: two clients named %q", client.ID)
		}
		seen[client.ID] = true
		if err := client.check(); err != nil {
			return err
		}
	}
	return nil
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
