package authserver

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/luikyv/go-oidc/pkg/provider"
)

// The paths of the endpoints, below URL.
const (
	TokenPath      = "/oauth2/token"
	RevokePath     = "/oauth2/revoke"
	IntrospectPath = "/oauth2/introspect"
	JWKSPath       = "/oauth2/jwks"
	DiscoveryPath  = "/.well-known/openid-configuration"
)

// A Server is an authorization server. Its methods are safe for concurrent use.
type Server struct {
	cfg     Config
	now     func() time.Time
	clients map[string]Client
	key     jose.JSONWebKey
	store   *store
	counts  counters
	op      *provider.Provider
	token   *endpoint
	revoke  *endpoint
	handler http.Handler

	closing chan struct{} // closed by Close: nobody waits any longer
	close   sync.Once
	http    http.Server
	running sync.WaitGroup // the goroutine that accepts, and one for each connection
}

// New returns a server that does not listen: its Handler can be put behind
// anything. Close it all the same, requests may be waiting in it.
func New(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	var b *books // nil: nothing is kept
	if cfg.File != "" {
		var err error
		if b, err = openBooks(cfg.File); err != nil {
			return nil, err
		}
	}
	s := &Server{
		cfg:     cfg,
		now:     cfg.now(),
		clients: map[string]Client{},
		closing: make(chan struct{}),
	}
	for _, c := range cfg.clients() {
		s.clients[c.ID] = c
	}
	if err := s.prepare(b); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return s, nil
}

func (s *Server) prepare(b *books) error {
	private, kid, err := b.signer()
	if err != nil {
		return fmt.Errorf("authserver: make a key: %w", err)
	}
	s.key = jose.JSONWebKey{Key: private, KeyID: kid, Algorithm: string(jose.ES256), Use: "sig"}
	if s.store, err = newStore(s.cfg, b); err != nil {
		return fmt.Errorf("authserver: read %s: %w", s.cfg.File, err)
	}
	if s.op, err = s.provider(); err != nil {
		return fmt.Errorf("authserver: configure go-oidc: %w", err)
	}
	s.handler = s.routes()
	return nil
}

// Start returns a server that listens on a free port of 127.0.0.1.
func Start(cfg Config) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("authserver: listen: %w", err)
	}
	return StartOn(l, cfg)
}

// StartOn returns a server that listens on l, which it closes; if it fails, too.
func StartOn(l net.Listener, cfg Config) (*Server, error) {
	cfg.Issuer = orDefault(cfg.Issuer, "http://"+l.Addr().String())
	s, err := New(cfg)
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	s.http = http.Server{Handler: s.handler, ReadHeaderTimeout: time.Minute, ConnState: s.watch}
	s.running.Go(func() { _ = s.http.Serve(l) })
	return s, nil
}

// URL is the issuer, and what comes before every path.
func (s *Server) URL() string { return s.cfg.issuer() }

// Handler serves all endpoints, whatever the host of the request. It cuts a
// connection by a panic with http.ErrAbortHandler, as net/http's server wants
// it; any other caller has to recover that.
func (s *Server) Handler() http.Handler { return s.handler }

// Close cuts all connections and returns when every goroutine of the server
// has ended. Requests that a fault keeps waiting are cut. Config.File is let go of. A
// second Close is nil.
func (s *Server) Close() error {
	var err error
	s.close.Do(func() {
		close(s.closing)
		err = s.http.Close()
		s.running.Wait()
		err = errors.Join(err, s.store.books.close())
	})
	return err
}

// watch counts the goroutines of connections. A new connection is reported by
// the goroutine that accepts, which is counted itself, so that Close cannot
// see zero too early.
func (s *Server) watch(_ net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.running.Add(1)
	}
	if state == http.StateClosed {
		s.running.Done()
	}
}

func (s *Server) routes() http.Handler {
	op := s.op.Handler()
	s.token = newEndpoint(s, op, 1, s.counts.token)
	s.revoke = newEndpoint(s, op, 2, s.counts.revocation)

	mux := http.NewServeMux()
	mux.Handle("POST "+TokenPath, s.token)
	mux.Handle("POST "+RevokePath, s.revoke)
	mux.Handle("POST "+IntrospectPath, s.introspection(op))
	mux.Handle("/", op)
	return mux
}
