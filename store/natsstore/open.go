package natsstore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/holdfast-go/holdfast/store"
)

// Options are what a store can be opened with.
type Options struct {
	// Bucket names the bucket: letters, digits, "_" and "-". Stores of one bucket have the
	// same sessions. If empty, "holdfast".
	Bucket string

	// Replicas is how many servers keep the bucket: 1, 3 or 5. If zero, what the bucket
	// has, or 1 for one that is made.
	Replicas int

	// AcceptUnsynced takes servers that acknowledge what is not on their disk, or do not
	// tell, and a bucket in memory. The store is then not Durable. If false, Open refuses
	// them.
	AcceptUnsynced bool

	// Credentials is the path of a file with the user's JWT and seed. If empty, the URL
	// says who logs in.
	Credentials string

	// TLS is for servers with a certificate that the system does not know, or that want
	// one. If nil, the URL's scheme decides, tls or nats.
	TLS *tls.Config

	// InProcess is a server in this process, such as that of package embedded, to which
	// is connected without a network. If nil, the URL says where the servers are.
	InProcess nats.InProcessConnProvider
}

func (o Options) bucket() string {
	if o.Bucket == "" {
		return "holdfast"
	}
	return o.Bucket
}

var bucketName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,200}$`)

// Open connects to the servers at url, nats://user:password@host:port, or tls; several
// are separated by commas. It makes the bucket if it is not there. The store must be
// closed. Connecting takes no longer than two seconds for each server.
//
// The error is store.ErrUnavailable if no server answers or lets us in, if what is
// acknowledged is not on the disk, or the bucket is set so that sessions could be lost;
// and store.ErrForeign if it is another program's, or a newer version's of this one. It
// names the servers, says what to do, and quotes no password; nothing was overwritten.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	if !bucketName.MatchString(o.bucket()) {
		return nil, fmt.Errorf("natsstore: the bucket's name %q has more than letters, digits, _ and -, or is too long", o.Bucket)
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("natsstore: open: %w: %w", store.ErrUnavailable, ctx.Err())
	}
	hosts, err := hostsOf(url, o)
	if err != nil {
		return nil, fmt.Errorf("natsstore: open: %w", err)
	}
	conn, err := nats.Connect(url, settings(o)...)
	if err != nil {
		return nil, fmt.Errorf("natsstore: open %s: %w", hosts, refused(err))
	}
	s := newStore(conn, o)
	if err := s.prepare(ctx, o); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("natsstore: open bucket %q at %s: %w", o.bucket(), hosts, err)
	}
	return s, nil
}

// hostsOf returns what may be said of a URL.
func hostsOf(urls string, o Options) (string, error) {
	if o.InProcess != nil && urls == "" {
		return "a server in the process", nil
	}
	var hosts []string
	for each := range strings.SplitSeq(urls, ",") {
		u, err := url.Parse(strings.TrimSpace(each))
		if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || (u.Scheme != "nats" && u.Scheme != "tls") {
			return "", fmt.Errorf("%w: the URL cannot be read; write nats://user:password@host:port", store.ErrUnavailable)
		}
		hosts = append(hosts, u.Host)
	}
	return strings.Join(hosts, ","), nil
}

const (
	// dialing is how long it may take to connect to one server.
	dialing = 2 * time.Second

	// answering is how long an answer may take, if the caller waits that long.
	answering = 5 * time.Second
)

// settings are those of the driver. What is not said here may stay as it is by default.
func settings(o Options) []nats.Option {
	all := []nats.Option{
		nats.Name("holdfast"),
		nats.Timeout(dialing),
		nats.PingInterval(ping), // default: a dead connection is noticed after four minutes
		nats.MaxPingsOutstanding(2),
		nats.MaxReconnects(-1), // default: gives up after two minutes
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 500*time.Millisecond),
		nats.ReconnectBufSize(-1), // default: sends again what has been given up long ago
		nats.IgnoreAuthErrorAbort(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // default: writes to stderr
	}
	if o.Credentials != "" {
		all = append(all, nats.UserCredentials(o.Credentials))
	}
	if o.TLS != nil {
		all = append(all, nats.Secure(o.TLS))
	}
	if o.InProcess != nil {
		all = append(all, nats.InProcessServer(o.InProcess))
	}
	return all
}

// refused is what the error of a connection means that could not be made.
func refused(err error) error {
	for _, denied := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired} {
		if errors.Is(err, denied) {
			return fmt.Errorf("%w: the server does not let us in (%w); look at the user and the password of the URL, or at the credentials",
				store.ErrUnavailable, err)
		}
	}
	return fmt.Errorf("%w: %w; see that the server runs there and can be reached, and that the credentials and certificates are right",
		store.ErrUnavailable, err)
}

// prepare makes the bucket if there is none, and finds out what it promises.
func (s *Store) prepare(ctx context.Context, o Options) error {
	stream, err := s.bucket(ctx, o)
	if err != nil {
		return err
	}
	s.stream = stream
	info := stream.CachedInfo()
	if err := check(info.Config, s.names, o.Replicas); err != nil {
		return err
	}
	s.caps.MaxValue = longestValue(s.conn.MaxPayload(), info.Config.MaxMsgSize)
	if s.caps.MaxValue < leastValue {
		return fmt.Errorf("%w: messages may have no more than %d bytes; set max_payload of the servers and max_msg_size of the bucket to %d or more",
			store.ErrUnavailable, s.caps.MaxValue+room, maxValue+room)
	}
	return s.promise(ctx, info, o.AcceptUnsynced)
}

// bucket returns the stream of the bucket.
func (s *Store) bucket(ctx context.Context, o Options) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	stream, err := s.js.Stream(ctx, s.names.stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = s.js.CreateStream(ctx, s.names.config(o.Replicas))
	}
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // made by another meanwhile
		stream, err = s.js.Stream(ctx, s.names.stream)
	}
	if err != nil {
		return nil, s.denied(err)
	}
	return stream, nil
}

// denied is what the error of a request means while the store is being opened. Of one
// that the user may not send there is no answer.
func (s *Store) denied(err error) error {
	last := s.conn.LastError()
	switch {
	case errors.Is(last, nats.ErrPermissionViolation):
		return fmt.Errorf("%w: the user may not do what a store does (%w); allow what the package comment lists",
			store.ErrUnavailable, last)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount),
		errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("%w: there is no JetStream (%w); enable it in the servers and for the account", store.ErrUnavailable, err)
	}
	return unavailable(err)
}

// promise asks whether what is acknowledged is on the disk, and says in Caps what follows.
func (s *Store) promise(ctx context.Context, info *jetstream.StreamInfo, acceptsUnsynced bool) error {
	inMemory := info.Config.Storage == jetstream.MemoryStorage
	if inMemory && !acceptsUnsynced {
		return fmt.Errorf("%w: the bucket is in memory; make one with storage file, or set AcceptUnsynced", store.ErrUnavailable)
	}
	err := s.syncs(ctx, keepers(info, s.conn.ConnectedServerName()))
	if err != nil && !acceptsUnsynced {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	s.caps.Durable = err == nil && !inMemory
	s.caps.Failover = s.caps.Durable && info.Config.Replicas >= 3
	return nil
}
