package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// secret is the client's.
const secret = canary + "client-secret"

// house is a Manager in a world of its own: a bubble of testing/synctest, in
// which a server answers and time passes when everybody waits.
type house struct {
	*testing.T
	clock   clockutil.Clock
	virtual *clockutil.Virtual // nil: the bubble's clock
	server  *server
	store   *unsteady // nil: the Manager's own
	config  sessions.Config
	mgr     *sessions.Manager

	mu     sync.Mutex // guards events
	events []messages.Event
}

// inHouse plays a story in a house whose clock is the bubble's.
func inHouse(t *testing.T, c sessions.Config, story func(*house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{T: t, clock: clockutil.System(), config: c}
		h.plays(story)
	})
}

// inVirtualHouse plays a story in a house that lives by a clockutil.Virtual.
func inVirtualHouse(t *testing.T, c sessions.Config, story func(*house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v := clockutil.NewVirtual(time.Time{})
		h := &house{T: t, clock: v, virtual: v, config: c}
		h.config.Clock = v
		h.plays(story)
	})
}

// inSharedHouse plays a story in a house with a store that others may open too, and
// that may have troubles.
func inSharedHouse(t *testing.T, c sessions.Config, story func(*house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{T: t, clock: clockutil.System(), config: c}
		h.store = unsteadyStore(store.NewSharedMemory())
		h.config.Store = h.store
		h.plays(func(h *house) {
			h.settles() // the watch has begun, so what is done to the store next is none of its start
			story(h)
		})
	})
}

func (h *house) plays(story func(*house)) {
	h.Helper()
	h.server = newServer(h.clock)
	h.mgr = h.opens(h.config)
	h.mgr.Subscribe(h.hears)
	defer func() { h.closes(h.mgr) }() // the one that the story ends with
	story(h)
}

// opens returns one more Manager of this world.
func (h *house) opens(c sessions.Config) *sessions.Manager {
	h.Helper()
	mgr, err := sessions.Open(c)
	if err != nil {
		h.Fatalf("open: %v", err)
	}
	return mgr
}

// closes ends a Manager that nothing keeps from ending.
func (h *house) closes(mgr *sessions.Manager) {
	h.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	if err := mgr.Close(ctx); err != nil {
		h.Errorf("close: %v", err)
	}
}

func (h *house) hears(ev messages.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, ev)
}

// heard returns the kinds of events so far: "Acquired Renewed".
func (h *house) heard() string {
	h.settles()
	h.mu.Lock()
	defer h.mu.Unlock()
	names := make([]string, len(h.events))
	for i, ev := range h.events {
		names[i] = strings.TrimPrefix(fmt.Sprintf("%T", ev), "messages.")
	}
	return strings.Join(names, " ")
}

// settles returns when everybody waits for time to pass.
func (*house) settles() { synctest.Wait() }

// passes lets d go by, in the house's own time.
func (h *house) passes(d time.Duration) {
	if h.virtual == nil {
		time.Sleep(d) // of the bubble
		synctest.Wait()
		return
	}
	end := h.virtual.Now().Add(d)
	for {
		synctest.Wait()
		next, ok := h.virtual.Next()
		if !ok || next.After(end) {
			break
		}
		h.virtual.AdvanceToNext()
	}
	h.virtual.Advance(end.Sub(h.virtual.Now()))
	synctest.Wait()
}

// endpoint is the world's server, as a session sees it.
func (h *house) endpoint() sessions.Endpoint { return endpointOf(h.server) }

func endpointOf(s http.RoundTripper) sessions.Endpoint {
	return sessions.Endpoint{
		TokenURL:   "https://as.example/token",
		RevokeURL:  "https://as.example/revoke",
		ClientID:   "client",
		Auth:       sessions.Post(secret),
		HTTPClient: &http.Client{Transport: s},
	}
}

// session opens a session of this kind.
func (h *house) session(mgr *sessions.Manager, key string, k sessions.Kind) *sessions.Session {
	h.Helper()
	s, err := mgr.Session(key, k)
	if err != nil {
		h.Fatalf("open session: %v", err)
	}
	return s
}

// grants opens a client credentials session.
func (h *house) clientCredentials(key string) *sessions.Session {
	h.Helper()
	return h.session(h.mgr, key, sessions.ClientCredentials(h.endpoint(), sessions.Subject{}))
}

// login is what a human has left behind just now: a token of an hour.
func (h *house) login(name string) messages.Token {
	h.server.logsIn(canary + "refresh-" + name)
	now := h.clock.Now()
	return messages.Token{
		Access:  messages.Secret(canary + "access-" + name),
		Refresh: messages.Secret(canary + "refresh-" + name),
		Issued:  now,
		Expiry:  now.Add(time.Hour),
	}
}

// persistent opens a Persistent session with a login of just now.
func (h *house) persistent(key string) *sessions.Session {
	h.Helper()
	return h.session(h.mgr, key, sessions.Persistent(h.endpoint(), h.login(key)))
}

// expired opens a Persistent session whose login was an hour ago.
func (h *house) expired(key string) *sessions.Session {
	h.Helper()
	t := h.login(key)
	t.Issued, t.Expiry = t.Issued.Add(-time.Hour), t.Expiry.Add(-time.Hour)
	return h.session(h.mgr, key, sessions.Persistent(h.endpoint(), t))
}

// gets asks for a token, which must come.
func (h *house) gets(s *sessions.Session) string {
	h.Helper()
	at, err := s.AccessToken(context.Background())
	if err != nil {
		h.Fatalf("no token: %v", err)
	}
	return at
}

// comesBack asks for a token, and again whenever it is told to, a few times at most.
// It returns how long that took.
func (h *house) comesBack(s *sessions.Session) time.Duration {
	h.Helper()
	start := h.clock.Now()
	var err error
	for range 5 {
		if _, err = s.AccessToken(context.Background()); err == nil {
			return h.clock.Now().Sub(start)
		}
		after, ok := sessions.RetryAfter(err)
		if !ok {
			break
		}
		h.passes(after)
	}
	h.Fatalf("no token: %v", err)
	return 0
}

// wants checks that err is one of a kind.
func (h *house) wants(err, kind error) {
	h.Helper()
	wants(h.T, err, kind)
}

// counts checks how many token requests there were.
func (h *house) counts(want int) {
	h.Helper()
	if got := len(h.server.asked()); got != want {
		h.Errorf("%d token requests, want %d", got, want)
	}
}

// answer is what a caller got, and when.
type answer struct {
	token string
	err   error
	after time.Duration
}

// crowd is many callers who ask at once.
type crowd struct {
	group   sync.WaitGroup
	answers []answer
}

// asks has n callers ask for a token at once.
func (h *house) asks(n int, s *sessions.Session, opts ...sessions.Option) *crowd {
	c := &crowd{answers: make([]answer, n)}
	start := h.clock.Now()
	for i := range n {
		c.group.Go(func() {
			at, err := s.AccessToken(context.Background(), opts...)
			c.answers[i] = answer{token: at, err: err, after: h.clock.Now().Sub(start)}
		})
	}
	return c
}

// served waits for the crowd and checks that all have the same token; it returns
// that.
func (c *crowd) served(t *testing.T) string {
	t.Helper()
	c.group.Wait()
	for i, a := range c.answers {
		switch {
		case a.err != nil:
			t.Fatalf("caller %d: %v", i, a.err)
		case a.token != c.answers[0].token:
			t.Fatalf("caller %d has another token than caller 0", i)
		}
	}
	return c.answers[0].token
}

// told waits for the crowd and checks that all were told the same at the same
// time; it returns that.
func (c *crowd) told(t *testing.T) answer {
	t.Helper()
	c.group.Wait()
	first := c.answers[0]
	for i, a := range c.answers {
		switch {
		case a.err == nil:
			t.Fatalf("caller %d has a token", i)
		case a.err.Error() != first.err.Error():
			t.Fatalf("caller %d was told %q, caller 0 %q", i, a.err, first.err)
		case a.after != first.after:
			t.Fatalf("caller %d was told after %s, caller 0 after %s", i, a.after, first.after)
		}
	}
	return first
}

// wants checks that err is one of a kind.
func wants(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("error %v, want %v", err, kind)
	}
}
