package redisstore

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/holdfast-go/holdfast/store"
)

// Options are what a store can be opened with.
type Options struct {
	// Prefix is what the keys of the store begin with; it has no braces. Stores of one
	// prefix have the same sessions. If empty, "holdfast".
	Prefix string
}

func (o Options) prefix() string {
	if o.Prefix == "" {
		return "holdfast"
	}
	return o.Prefix
}

const (
	// format is the version of the layout that this package writes.
	format = "2"

	// counter is the field of the house that counts revisions, here and in the scripts. It
	// has the format in its name, so that a program of another one cannot write.
	counter = "rev-" + format

	// tombstones is how long a tombstone is kept.
	tombstones = 7 * 24 * time.Hour

	// dialing and answering are how long a connection and an answer may take, unless the
	// URL says it (dial_timeout, read_timeout, write_timeout).
	dialing   = 2 * time.Second
	answering = 3 * time.Second

	// keepAlive is how often the operating system probes a connection.
	keepAlive = 5 * time.Minute
)

//go:embed open.lua
var openSource string

var openScript = redis.NewScript(openSource)

// errNotSent is that of a request whose connection was not made.
var errNotSent = errors.New("not connected")

// Open connects to the server at url, redis://user:password@host:port/database, or
// rediss for TLS, and makes the prefix if it is not there. The store must be closed.
//
// The error is store.ErrUnavailable if the server does not answer, does not let us in,
// is a replica or would evict sessions, and store.ErrForeign if the prefix is not of
// this package or of a newer version of it. It names the server, says what to do, and
// quotes no password; nothing was overwritten.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	if strings.ContainsAny(o.Prefix, "{}") {
		return nil, fmt.Errorf("redisstore: the prefix %q has a brace, which Redis Cluster would take for a hash tag", o.Prefix)
	}
	server, err := redis.ParseURL(url)
	if err != nil { // its text may quote the password
		return nil, fmt.Errorf("redisstore: %w: the URL cannot be read; write redis://user:password@host:port/database",
			store.ErrUnavailable)
	}
	s := newStore(settings(server), o.prefix())
	if err := s.prepare(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("redisstore: open %s: %w", server.Addr, err)
	}
	return s, nil
}

// settings are those of the driver that must not stay what they are by default.
func settings(o *redis.Options) *redis.Options {
	o.MaxRetries = -1 // a retry hides how old an answer is
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	o.DialTimeout = orDefault(o.DialTimeout, dialing)
	o.ReadTimeout = orDefault(o.ReadTimeout, answering)
	o.WriteTimeout = orDefault(o.WriteTimeout, answering)
	dial := dialerOf(o)
	o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNotSent, err)
		}
		return conn, nil
	}
	return o
}

// dialerOf is a way to the server that minds the end of a context, as the driver's does not
// where it speaks TLS.
func dialerOf(o *redis.Options) dialer {
	plain := &net.Dialer{Timeout: o.DialTimeout, KeepAlive: keepAlive}
	if o.TLSConfig == nil {
		return plain.DialContext
	}
	return (&tls.Dialer{NetDialer: plain, Config: o.TLSConfig}).DialContext
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// prepare finds out what the server promises, and makes the prefix if there is none.
func (s *Store) prepare(ctx context.Context) error {
	config, err := ask(ctx, s, func(ctx context.Context) (map[string]string, error) {
		return s.client.ConfigGet(ctx, "*").Result()
	})
	if err != nil && !isAnswer(err) {
		return refused(err)
	}
	if s.durable, err = promises(config); err != nil {
		return err
	}
	found, err := ask(ctx, s, func(ctx context.Context) (string, error) {
		return openScript.Run(ctx, s.client, []string{s.house, s.log, s.graves}, format).Text()
	})
	switch {
	case err != nil:
		return refused(err)
	case found == "":
		return fmt.Errorf("%w: the prefix %q is of another program; give another one", store.ErrForeign, s.prefix)
	case found != format:
		return fmt.Errorf("%w: the format of the prefix %q is %q and this program knows %q; use the version of the program that wrote it, or a newer one",
			store.ErrForeign, s.prefix, found, format)
	}
	return nil
}

// promises reads a server's configuration, which is empty if it does not tell.
func promises(config map[string]string) (durable bool, err error) {
	policy := config["maxmemory-policy"]
	if limit := config["maxmemory"]; limit != "" && limit != "0" && policy != "noeviction" {
		return false, fmt.Errorf("%w: when its memory is full the server evicts sessions (maxmemory-policy %s); set noeviction",
			store.ErrUnavailable, policy)
	}
	return config["appendonly"] == "yes" && config["appendfsync"] == "always", nil
}

// refused is what an error of a server means that is being opened.
func refused(err error) error {
	switch {
	case redis.IsAuthError(err), redis.HasErrorPrefix(err, "WRONGPASS"):
		return fmt.Errorf("%w: the server does not let us in (%w); look at the user and the password of the URL",
			store.ErrUnavailable, err)
	case redis.IsReadOnlyError(err):
		return fmt.Errorf("%w: the server is a replica (%w); give the address of the primary", store.ErrUnavailable, err)
	case redis.IsPermissionError(err):
		return fmt.Errorf("%w: the user may not do what a store does (%w); give it the keys and the channel of the prefix",
			store.ErrUnavailable, err)
	case errors.Is(err, errNotSent):
		return fmt.Errorf("%w; see that the server runs there and can be reached", failed(err))
	}
	return failed(err)
}
