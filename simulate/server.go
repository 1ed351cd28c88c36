package simulate

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// Server is an authorization server without a network: it grants tokens, renews them,
// ends them, and keeps books of it. What a client sees of it is [Server.Endpoint]; a
// human logs in with [Server.Login]; a resource server, real or a test's own, asks
// [Server.Valid] whether it may let a caller in.
//
//	server := simulate.NewServer(clock, simulate.TokenTTL(10*time.Minute))
//	kind := sessions.Persistent(server.Endpoint(), server.Login("alice"))
//
// It has one client and grants these:
//
//	refresh_token        the pair of a login for its successor
//	client_credentials   for whom the form field "subject_id" names, or any other that ends in "_id"
//	jwt-bearer           RFC 7523, for the "sub" of the assertion, which nobody has to have signed
//	token-exchange       RFC 8693, an access token for another of the same grant
//
// Where nobody is named it is for the client itself. Scopes are granted as they are asked
// for. What a request does is done in one instant of the server's clock. The tokens are
// counted, so that a test that runs again gets the same ones; hence two servers of
// [NewServer] cannot tell theirs apart, and those of one run can.
//
// A Server is safe for concurrent use. It prints no secrets.
type Server struct {
	clock clockutil.Clock
	terms terms
	tag   string // before its host and its tokens' numbers; empty: it is the first of its run

	// transport is what requests of its Endpoint go through; nil: the server itself.
	transport http.RoundTripper

	mu     sync.Mutex // guards the fields below
	broken int        // the status of every answer; zero: it works
	due    time.Time  // when the next token request is, by the rate
	grants []*grant
	pairs  []*pair // the pair with number 1 is the first
	books  books
}

var (
	_ http.Handler      = (*Server)(nil)
	_ http.RoundTripper = (*Server)(nil)
)

// What [Server.Valid] says of an access token that is not valid. Test for them with
// errors.Is.
var (
	// ErrTokenExpired: its time is over.
	ErrTokenExpired = errors.New("access token expired")

	// ErrTokenRevoked: it, or its grant, was ended before its time.
	ErrTokenRevoked = errors.New("access token revoked")

	// ErrTokenUnknown: the server has never granted it.
	ErrTokenUnknown = errors.New("access token unknown")
)

// The one client, and where the server is to be found.
const (
	clientID     = "client"
	clientSecret = "client-secret"

	host       = "authorization.example"
	tokenPath  = "/token"
	revokePath = "/revoke"
)

// NewServer returns a server that goes by clock; nil: the system's, which in a bubble of
// testing/synctest is that of the bubble. Without options its access tokens live for an
// hour and its refresh tokens for ever, each good for one renewal: a second one is denied,
// and ends the grant.
func NewServer(clock clockutil.Clock, opts ...ServerOption) *Server {
	if clock == nil {
		clock = clockutil.System()
	}
	s := &Server{clock: clock, terms: terms{tokenTTL: time.Hour}, books: books{renewals: map[string]int{}}}
	for _, o := range opts {
		o(&s.terms)
	}
	return s
}

// Endpoint describes the server to its client, as its operator would: where it is, who the
// client is, and what becomes of tokens that are renewed. Add what your test needs, such
// as Scopes. The HTTPClient needs no network; to go by one, put the server into an
// httptest.Server, and set the URLs and the HTTPClient to that one's.
func (s *Server) Endpoint() sessions.Endpoint {
	var transport http.RoundTripper = s
	if s.transport != nil {
		transport = s.transport
	}
	at := "https://" + s.tag + host
	return sessions.Endpoint{
		TokenURL:       at + tokenPath,
		RevokeURL:      at + revokePath,
		ClientID:       clientID,
		Auth:           sessions.Basic(clientSecret),
		HTTPClient:     &http.Client{Transport: transport},
		SubjectFields:  [2]string{"subject_type", "subject_id"},
		RenewalRevokes: s.terms.renewalRevokes,
		ReuseGrace:     s.terms.grace,
	}
}

// Login is a human who logs in: it begins a grant, and returns its first pair of tokens,
// which is all that [sessions.Persistent] needs. Other grants of the subject go on.
func (s *Server) Login(subject string) messages.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	p := s.renew(s.begins(subject), now, true)
	return messages.Token{
		Access:        messages.Secret(p.access()),
		Refresh:       messages.Secret(p.refresh()),
		Type:          "Bearer",
		Issued:        now,
		Expiry:        p.expiry,
		RefreshExpiry: p.refreshExpiry,
	}
}

// Valid is what a resource server would say of an access token now: nil, or
// [ErrTokenExpired], [ErrTokenRevoked] or [ErrTokenUnknown]. A token that was revoked
// stays so when its time is over.
func (s *Server) Valid(accessToken string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whyInvalid(s.find(accessPrefix, accessToken), s.clock.Now())
}

// End takes back all grants that a subject has now, as the human or an administrator
// would: their access tokens are revoked, and their renewals denied with invalid_grant.
// Nobody is told. Who may begin a new grant still may.
func (s *Server) End(subject string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants {
		if g.subject == subject {
			g.ended = true
		}
	}
}

// Break has every request answered with this HTTP status, an empty body, and nothing
// done, from now on. With 0 the server works again, and knows all that it knew.
func (s *Server) Break(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = status
}

// String says how much the server has granted.
func (s *Server) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("authorization server (grants: %d, token requests: %d)", len(s.grants), s.books.requests)
}

// Format writes String, whatever the verb.
func (s *Server) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
