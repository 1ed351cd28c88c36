package sessions_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/sessions"
)

// proof is a security token that a service accepts.
const proof = canary + "proof"

// service plays an authorization service, as the transport of its HTTPClient. For
// each tokenID it knows one refresh token, the newest.
type service struct {
	clock clockutil.Clock
	ahead time.Duration // its clock, of ours

	life, refreshLife time.Duration

	mu      sync.Mutex // guards the fields below
	behave  conduct
	calls   []call
	under   int // calls under way
	most    int // at once
	issued  int
	renewed map[string]string    // tokenID → its refresh token
	ends    map[string]time.Time // refresh token → its end
}

// call is a request that a service has seen.
type call struct {
	at     time.Time
	path   string
	header http.Header
	ctx    context.Context
	body   string

	ID          string   `json:"-"`
	TokenID     string   `json:"tokenId"`
	Permissions []string `json:"permissions"`
	Proofs      []string `json:"securityTokens"`
	Refresh     string   `json:"permissionRefreshToken"`
}

// conduct is how a service answers.
type conduct func(*service, call) (*http.Response, error)

func newService(clock clockutil.Clock) *service {
	return &service{
		clock: clock, life: 15 * time.Minute, refreshLife: 30 * 24 * time.Hour, behave: permits,
		renewed: map[string]string{}, ends: map[string]time.Time{},
	}
}

func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	c := call{at: s.clock.Now(), path: req.URL.Path, header: req.Header.Clone(), ctx: req.Context(), ID: req.Header.Get("Request-Id")}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	c.body = string(body)
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	s.under++
	s.most = max(s.most, s.under)
	behave := s.behave
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.under--
	}()
	return behave(s, c)
}

// permits is a service in good order.
func permits(s *service, c call) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tokenID := c.TokenID
	if c.Refresh != "" {
		for id, refresh := range s.renewed {
			if refresh == c.Refresh && s.clock.Now().Before(s.ends[refresh]) {
				tokenID = id
			}
		}
	}
	for _, p := range c.Proofs {
		if !strings.HasPrefix(p, proof) {
			tokenID = ""
		}
	}
	if tokenID == "" {
		return s.says(http.StatusUnauthorized, c, `,"message":"no"`)
	}
	s.issued++
	refresh := fmt.Sprintf("%srenewal-%s-%d", canary, tokenID, s.issued)
	s.renewed[tokenID], s.ends[refresh] = refresh, s.clock.Now().Add(s.refreshLife)
	there := s.clock.Now().Add(s.ahead)
	return s.says(http.StatusOK, c, fmt.Sprintf(
		`,"data":{"permissionToken":{"permissionToken":"%spermission-%s-%d","issuer":"authorization-service","expiresAt":%d},`+
			`"permissionRefreshToken":{"permissionRefreshToken":"%s","issuer":"authorization-service","expiresAt":%d}}`,
		canary, tokenID, s.issued, there.Add(s.life).Unix(), refresh, there.Add(s.refreshLife).Unix()))
}

// says is an answer in the envelope for a call.
func (s *service) says(status int, c call, members string) (*http.Response, error) {
	return says(status, fmt.Sprintf(`{"requestId":%q%s}`, c.ID, members),
		"Date", s.clock.Now().Add(s.ahead).UTC().Format(http.TimeFormat))
}

// always is a service, or what is in front of it, that says the same to everybody.
func always(status int, body string) conduct {
	return func(*service, call) (*http.Response, error) { return says(status, body) }
}

// needs is a service that takes d for each call.
func needs(d time.Duration, then conduct) conduct {
	return func(s *service, c call) (*http.Response, error) {
		if !(&server{clock: s.clock}).pause(c.ctx, d) {
			return nil, context.Cause(c.ctx)
		}
		return then(s, c)
	}
}

// becomes changes how the service answers from now on.
func (s *service) becomes(c conduct) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behave = c
}

// end says that the refresh token of a tokenID is no longer good.
func (s *service) end(tokenID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.renewed, tokenID)
}

func (s *service) asked() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...)
}

// last returns the last call, of which there must have been n.
func (s *service) last(t *testing.T, n int) call {
	t.Helper()
	calls := s.asked()
	if len(calls) != n {
		t.Fatalf("the service had %d requests, want %d", len(calls), n)
	}
	return calls[n-1]
}

func (s *service) mostAtOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// kind is a session of this service.
func (s *service) kind(tokenID string, permissions ...string) sessions.Kind {
	if len(permissions) == 0 {
		permissions = []string{"read"}
	}
	return sessions.Authorization(s.described(), tokenID, permissions...)
}

func (s *service) described() sessions.AuthorizationService {
	a := sessions.Spatium("https://cloud.example/authorization/v1")
	a.HTTPClient = &http.Client{Transport: s}
	return a
}

// establishes proves to a session who its user is, which must succeed.
func (h *house) establishes(s *sessions.Session, proofs ...string) {
	h.Helper()
	if len(proofs) == 0 {
		proofs = []string{proof}
	}
	if err := s.Establish(context.Background(), proofs...); err != nil {
		h.Fatalf("establish: %v", err)
	}
}

// getsNone asks for a token, which must be refused for this reason.
func (h *house) getsNone(s *sessions.Session, why error) {
	h.Helper()
	at, err := s.AccessToken(context.Background())
	h.wants(err, why)
	if at != "" {
		h.Error("there is a token beside the error")
	}
	h.discreet(err)
}

// inServiceHouse plays a story with a service in a house with a shared store.
func inServiceHouse(t *testing.T, c sessions.Config, story func(*house, *service)) {
	t.Helper()
	inSharedHouse(t, c, func(h *house) { story(h, newService(h.clock)) })
}

// inEachServiceHouse plays a story in each kind of house.
func inEachServiceHouse(t *testing.T, story func(*house, *service)) {
	t.Helper()
	for name, in := range map[string]func(*testing.T, sessions.Config, func(*house)){
		"own memory": inHouse, "virtual clock": inVirtualHouse, "shared store": inSharedHouse,
	} {
		t.Run(name, func(t *testing.T) {
			in(t, sessions.Config{}, func(h *house) { story(h, newService(h.clock)) })
		})
	}
}
