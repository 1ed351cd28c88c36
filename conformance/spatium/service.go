package spatium

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
)

// BasePath is what comes before every path.
const BasePath = "/authorization/v1"

// The paths of the endpoints, below BasePath.
const (
	CredentialsPath = "/api/security-factor/credentials"
	KeyPath         = "/api/permission/issue-by-key"
	FactorsPath     = "/api/permission/issue-by-factors"
	RefreshPath     = "/api/permission/refresh"
)

// Config says how a Service behaves. The zero value works.
type Config struct {
	Lifetime        time.Duration // of a permission token, in whole seconds; default: 900 seconds
	RefreshLifetime time.Duration // of a refresh token, in whole seconds; default: 30 days

	Users       map[string]string // password by username; nil: "alice" with "password"
	MerchantKey string            // default: "merchant-key"

	// Key signs the tokens: those of a Service are good for another one with the same
	// Key, which takes the first refresh token of a session that it is shown for the
	// newest. If nil, for no other.
	Key *rsa.PrivateKey

	Now func() time.Time // safe for concurrent use; nil: time.Now
}

// factorLifetime is how long a security token is good.
const factorLifetime = 5 * time.Minute

// Service is an authorization service. It is an http.Handler, and safe for concurrent
// use.
type Service struct {
	config Config
	key    *rsa.PrivateKey
	signer jose.Signer
	mux    *http.ServeMux

	mu     sync.Mutex          // guards the fields below
	newest map[parallel]string // the ID of its refresh token that is good; empty: none is
	seen   map[uuid.UUID]bool  // request-ids
	counts Counts
}

// parallel is one of the sessions that an account has side by side.
type parallel struct{ account, tokenID string }

// Counts is what a Service has seen since it was made.
type Counts struct {
	Factors   int // security tokens issued
	ByKey     int // permission tokens issued by a merchant's key
	ByFactors int // permission tokens issued for security tokens
	Refreshed int // permission tokens issued for a refresh token
	Refused   int // requests answered with an error

	// RequestIDs counts the different ones, Requests all that had one.
	Requests, RequestIDs int
}

// New returns a service.
func New(c Config) (*Service, error) {
	c = c.withDefaults()
	if c.Key == nil {
		var err error
		if c.Key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return nil, fmt.Errorf("spatium: make a key: %w", err)
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: c.Key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("spatium: make a signer: %w", err)
	}
	s := &Service{config: c, key: c.Key, signer: signer, mux: http.NewServeMux(), newest: map[parallel]string{}, seen: map[uuid.UUID]bool{}}
	s.handle(CredentialsPath, s.credentials)
	s.handle(KeyPath, s.issueByKey)
	s.handle(FactorsPath, s.issueByFactors)
	s.handle(RefreshPath, s.refresh)
	return s, nil
}

func (c Config) withDefaults() Config {
	c.Lifetime = cmp.Or(c.Lifetime, 900*time.Second)
	c.RefreshLifetime = cmp.Or(c.RefreshLifetime, 30*24*time.Hour)
	c.MerchantKey = cmp.Or(c.MerchantKey, "merchant-key")
	if c.Users == nil {
		c.Users = map[string]string{"alice": "password"}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Counts returns a copy of all counters. A request is counted before its answer can
// be seen.
func (s *Service) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts
}

func (s *Service) count(one func(*Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one(&s.counts)
}

// credentials takes a password as a factor.
func (s *Service) credentials(q question) (any, error) {
	token, err := s.Login(q.Username, q.Password)
	if err != nil {
		return nil, err
	}
	return struct {
		SecurityToken string `json:"securityToken"`
	}{token}, nil
}

// Login returns a security token, as CredentialsPath does for a user's password.
func (s *Service) Login(username, password string) (securityToken string, err error) {
	known, ok := s.config.Users[username]
	if !ok || known != password {
		return "", errRefused
	}
	token, err := s.sign(claims{Magic: magicFactor, Account: username}, factorLifetime)
	if err != nil {
		return "", err
	}
	s.count(func(c *Counts) { c.Factors++ })
	return token.text, nil
}

func (s *Service) issueByKey(q question) (any, error) {
	if q.MerchantKey != s.config.MerchantKey {
		return nil, errRefused
	}
	return s.issue("merchant", q.TokenID, q.Permissions, func(c *Counts) { c.ByKey++ })
}

// issueByFactors wants factors of one account.
func (s *Service) issueByFactors(q question) (any, error) {
	if len(q.SecurityTokens) == 0 {
		return nil, errMalformed
	}
	var account string
	for _, text := range q.SecurityTokens {
		c, err := s.read(text, magicFactor)
		if err != nil || account != "" && account != c.Account {
			return nil, errRefused
		}
		account = c.Account
	}
	return s.issue(account, q.TokenID, q.Permissions, func(c *Counts) { c.ByFactors++ })
}

// refresh spends a refresh token.
func (s *Service) refresh(q question) (any, error) {
	c, err := s.read(q.Refresh, magicRefresh)
	if err != nil || !s.spend(c) {
		return nil, errRefused
	}
	return s.issue(c.Account, c.TokenID, c.Permissions, func(c *Counts) { c.Refreshed++ })
}

// spend reports whether a refresh token is the newest of its tokenId; then it is not
// any more.
func (s *Service) spend(c claims) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := parallel{c.Account, c.TokenID}
	newest, known := s.newest[who]
	if known && newest != c.ID {
		return false
	}
	s.newest[who] = ""
	return true
}

// issue makes both tokens, and ends the refresh token that there was.
func (s *Service) issue(account, tokenID string, permissions []string, count func(*Counts)) (any, error) {
	if tokenID == "" || len(permissions) == 0 || slices.Contains(permissions, "") {
		return nil, errMalformed
	}
	about := claims{Account: account, Permissions: permissions}
	about.Magic = magicPermission
	permission, err := s.sign(about, s.config.Lifetime)
	if err != nil {
		return nil, err
	}
	about.Magic, about.TokenID = magicRefresh, tokenID
	refresh, err := s.sign(about, s.config.RefreshLifetime)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest[parallel{account, tokenID}] = refresh.id
	count(&s.counts)
	return issued(permission, refresh), nil
}
