// Package caspio is a small fake of a Caspio account's token endpoint, to run sessions
// against.
//
//	account := caspio.New(caspio.Config{})
//	srv := httptest.NewServer(account)
//	endpoint := sessions.Caspio(srv.URL+caspio.TokenPath, "client", "secret")
//
// It takes a POST of exactly grant_type=client_credentials with Basic credentials that are
// not encoded before, and answers {access_token, token_type, expires_in, refresh_token}
// with "bearer" and 86399 seconds. Whatever else it is sent it answers with 400 and a
// {"Message": …}; that wrong credentials are {"error": "invalid_client"} is as its platform
// (OWIN) has it. Older tokens stay good when new ones are issued. Its refresh
// tokens are good for nothing: Caspio's own client never uses one.
package caspio

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// TokenPath is the path of the token endpoint.
const TokenPath = "/oauth/token"

// lifetime of an access token, in seconds.
const lifetime = 86399

// Config says how an Account behaves. The zero value works.
type Config struct {
	ClientID, Secret string // default: "client" and "secret"

	// Key is what access tokens are told by: those of an Account are good for another one
	// with the same Key. If nil, for no other.
	Key []byte

	Now func() time.Time // safe for concurrent use; nil: time.Now
}

// Account is a Caspio account. It is an http.Handler, and safe for concurrent use.
type Account struct {
	now           func() time.Time
	authorization string
	key           []byte

	mu     sync.Mutex // guards the field below
	counts Counts
}

// Counts is what an Account has seen since it was made.
type Counts struct {
	Issued  int
	Refused int // requests answered with an error
}

// New returns an account.
func New(c Config) *Account {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Key == nil {
		c.Key = []byte(rand.Text())
	}
	pair := cmp.Or(c.ClientID, "client") + ":" + cmp.Or(c.Secret, "secret")
	return &Account{
		now:           c.Now,
		authorization: "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)),
		key:           c.Key,
	}
}

// ServeHTTP serves the token endpoint. The Date of its answers is by the Account's clock.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", a.now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-cache")
	answer := a.refuse(r)
	if answer == nil {
		answer = a.issue()
	} else {
		a.count(func(c *Counts) { c.Refused++ })
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = json.NewEncoder(w).Encode(answer) // the client may have gone
}

// refuse returns what is wrong with a request; nil: nothing.
func (a *Account) refuse(r *http.Request) map[string]any {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	switch {
	case err != nil, r.Method != http.MethodPost, r.URL.Path != TokenPath,
		r.Header.Get("Content-Type") != "application/x-www-form-urlencoded",
		!strings.Contains(r.Header.Get("Accept"), "application/json"),
		string(body) != "grant_type=client_credentials":
		return map[string]any{"Message": "The request is invalid."}
	case r.Header.Get("Authorization") != a.authorization:
		return map[string]any{"error": "invalid_client"}
	}
	return nil
}

func (a *Account) issue() map[string]any {
	a.count(func(c *Counts) { c.Issued++ })
	end := a.now().Add(lifetime * time.Second).UnixNano()
	token := a.sign(rand.Text() + "." + strconv.FormatInt(end, 10))
	return map[string]any{"access_token": token, "token_type": "bearer", "expires_in": lifetime, "refresh_token": rand.Text()}
}

func (a *Account) count(one func(*Counts)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one(&a.counts)
}

// Counts returns a copy of all counters. A request is counted before its answer can
// be seen.
func (a *Account) Counts() Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts
}

// Why Verify refuses a token.
var (
	ErrUnknown = errors.New("caspio: not an access token of this account")
	ErrExpired = errors.New("caspio: the access token has expired")
)

// Verify judges an access token as Caspio's own services do. The error is ErrUnknown or
// ErrExpired.
func (a *Account) Verify(accessToken string) error {
	last := strings.LastIndexByte(accessToken, '.')
	if last < 0 || !hmac.Equal([]byte(accessToken), []byte(a.sign(accessToken[:last]))) {
		return ErrUnknown
	}
	_, end, _ := strings.Cut(accessToken[:last], ".")
	if ns, err := strconv.ParseInt(end, 10, 64); err != nil || !a.now().Before(time.Unix(0, ns)) {
		return ErrExpired
	}
	return nil
}

// sign appends what only an Account with our Key can know.
func (a *Account) sign(text string) string {
	mac := hmac.New(sha256.New, a.key)
	mac.Write([]byte(text)) // documented never to return an error
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
