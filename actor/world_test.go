package actor

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	engine "github.com/asynkron/protoactor-go/actor"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/store"
)

// world is a House in a bubble, over memory and an endpoint that grants tokens of
// an hour.
type world struct {
	*testing.T
	*House
	endpoint *endpoint
	store    *moody
	woke     func() // the coarse clock has seen the machine asleep

	mu     sync.Mutex // guards the fields below
	events []messages.Event
	asked  int // messages with an ask that were posted
}

// talks is the endpoint as a house takes it.
func (w *world) talks() *Endpoint {
	e := Endpoint(w.endpoint)
	return &e
}

func inWorld(t *testing.T, story func(*world)) {
	t.Helper()
	inWorldBy(clockutil.System(), t, story)
}

// inWorldBy is inWorld by another clock than the bubble's.
func inWorldBy(clock clockutil.Clock, t *testing.T, story func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, endpoint: &endpoint{}, store: &moody{Store: store.NewMemory()}}
		w.House = Open(Config{
			Clock:        clock,
			Coarse:       w.startCoarse,
			Store:        w.store,
			Settings:     Settings{Name: "one", Owner: "one/1"}.WithDefaults(),
			InFlight:     10,
			Rate:         1000,
			IdleAfter:    10 * time.Minute,
			MaxUnwatched: 10 * time.Minute,
			Emit:         w.hears,
			Mailbox:      func() engine.Mailbox { return overheard{newMailbox(), w} },
		})
		defer func() {
			if err := w.Close(context.Background()); err != nil {
				t.Errorf("close: %v", err)
			}
		}()
		story(w)
	})
}

// startCoarse is what a coarse clock is in a bubble: none that has a word.
func (w *world) startCoarse(woke func()) *clockutil.Coarse {
	w.woke = woke
	return clockutil.StartCoarse(woke)
}

// moody is a store that takes no writes while it is down.
type moody struct {
	store.Store
	down       atomic.Bool
	tombstones time.Duration // for which it keeps one; zero: for ever

	mu    sync.Mutex             // guards the field below, and its calls
	loads func(key string) error // what comes instead of a record; nil: nothing does
}

// answers has loads say what comes instead of a record.
func (m *moody) answers(loads func(key string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads = loads
}

func (m *moody) Load(ctx context.Context, key string, min store.Rev) (store.Entry, error) {
	if err := m.trouble(key); err != nil {
		return store.Entry{}, err
	}
	return m.Store.Load(ctx, key, min)
}

func (m *moody) trouble(key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.loads == nil {
		return nil
	}
	return m.loads(key)
}

func (m *moody) Caps() store.Caps {
	caps := m.Store.Caps()
	caps.Tombstones = cmp.Or(m.tombstones, caps.Tombstones)
	return caps
}

func (m *moody) Swap(ctx context.Context, key string, prev store.Rev, value []byte, gone bool, op store.OpID) (store.Rev, error) {
	if m.down.Load() {
		return 0, store.ErrUnavailable
	}
	return m.Store.Swap(ctx, key, prev, value, gone, op)
}

// overheard is a mailbox whose asks are counted.
type overheard struct {
	engine.Mailbox
	by *world
}

func (o overheard) PostUserMessage(msg any) {
	if _, ok := msg.(asked); ok {
		o.by.mu.Lock()
		o.by.asked++
		o.by.mu.Unlock()
	}
	o.Mailbox.PostUserMessage(msg)
}

// posted returns how many asks have gone to mailboxes.
func (w *world) posted() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

func (w *world) hears(ev messages.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, ev)
}

// opens opens a session that mints without a human.
func (w *world) opens(key string) *Session {
	w.Helper()
	return w.opensAs(key, Rules{Revocable: true})
}

func (w *world) opensAs(key string, r Rules) *Session {
	w.Helper()
	s, err := w.Session(key, "https://as.example/token", &r, w.talks())
	if err != nil {
		w.Fatalf("open session: %v", err)
	}
	return s
}

// expired are the rules of a session with a refresh token and nothing to give out.
func expired() Rules {
	return Rules{OneTime: true, Human: true, Revocable: true, Given: messages.Token{
		Access: "old", Refresh: "refresh", Issued: time.Now().Add(-2 * time.Hour), Expiry: time.Now().Add(-time.Hour),
	}}
}

// mints checks how many tokens the endpoint has granted.
func (w *world) mints(want int) {
	w.Helper()
	if got, _ := w.endpoint.has(); got != want {
		w.Errorf("%d tokens were minted, want %d", got, want)
	}
}

// awake reports whether the session has an actor.
func (s *Session) awake() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waking != nil
}

// keepsCallers reports whether the session's actor keeps any.
func (s *Session) keepsCallers() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waking == nil {
		return false
	}
	return !s.callers.nobody()
}

// asks has n callers ask at once, and returns what they will be told.
func (w *world) asks(n int, s *Session) <-chan messages.Reply {
	replies := make(chan messages.Reply, n)
	for range n {
		go func() { replies <- *s.Ask(context.Background(), messages.Get{}) }()
	}
	synctest.Wait()
	return replies
}

// endpoint grants tokens of an hour, each after a pause, or what fails says.
type endpoint struct {
	life time.Duration // zero: an hour

	mu     sync.Mutex // guards the fields below
	pause  time.Duration
	fails  error
	minted int
	ended  int

	exchanged   int
	under, most int // exchanges under way, and at once
}

func (e *endpoint) becomes(pause time.Duration, fails error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pause, e.fails = pause, fails
}

// has says how many tokens were minted, and how many ended.
func (e *endpoint) has() (minted, ended int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.minted, e.ended
}

func (e *endpoint) now() (time.Duration, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pause, e.fails
}

func (e *endpoint) Mint(ctx context.Context, now time.Time, m Mint) (messages.Token, error) {
	if err := e.takes(ctx); err != nil {
		return messages.Token{}, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.minted++
	t := messages.Token{
		Access: messages.Secret(fmt.Sprintf("access-%d", e.minted)),
		Issued: now,
		Expiry: now.Add(cmp.Or(e.life, time.Hour)),
	}
	if m.Refresh != "" {
		t.Refresh = messages.Secret(fmt.Sprintf("refresh-%d", e.minted))
	}
	return t, nil
}

// Exchange gives a token of an hour too: sub-1, sub-2, …
func (e *endpoint) Exchange(ctx context.Context, now time.Time, _ Exchange) (messages.Token, error) {
	e.mu.Lock()
	e.under++
	e.most = max(e.most, e.under)
	e.mu.Unlock()
	err := e.takes(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.under--
	if err != nil {
		return messages.Token{}, err
	}
	e.exchanged++
	return messages.Token{
		Access: messages.Secret(fmt.Sprintf("sub-%d", e.exchanged)),
		Issued: now,
		Expiry: now.Add(time.Hour),
	}, nil
}

func (e *endpoint) RevokeToken(ctx context.Context, _ time.Time, _ RevokeToken) error {
	if err := e.takes(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended++
	return nil
}

// takes is the time that a request takes.
func (e *endpoint) takes(ctx context.Context) error {
	pause, fails := e.now()
	select {
	case <-time.After(pause): // of the bubble
		return fails
	case <-ctx.Done():
		return ctx.Err()
	}
}
