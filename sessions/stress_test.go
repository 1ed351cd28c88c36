package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
)

// A thousand callers do at once whatever can be done to a few sessions, in goroutines
// that are real and watched by the race detector. No call may bring a token that was
// dead or over when the call began, and each must be answered.

const (
	// throng is how many callers there are at once, and errands what each of them does.
	throng, errands = 1000, 15

	// seldom is how many errands there are for one to a drowsy session.
	seldom = 1000
)

// stress is a Manager and what is done to it.
type stress struct {
	*testing.T
	clock  clockutil.Clock
	mgr    *sessions.Manager
	busy   []*stressed
	drowsy []*stressed // hardly anybody calls them

	served, rejected, revoked, begun, slept, woken atomic.Int64

	allSleep func() // all sessions are asleep at once
}

// stressed is a session and its authorization server.
type stressed struct {
	*sessions.Session
	*press
	begins  func() error // a new grant
	forgets bool         // a Revoke that has succeeded is ErrNotSupported
}

// Time flies: tokens run out under way, and who is not called falls asleep. Everybody
// does between the two throngs, so the second wakes who it calls.
func TestThrongGetsNoDeadTokenWhileTimeFlies(t *testing.T) {
	v := clockutil.NewVirtual(time.Time{})
	s := newStress(t, sessions.Config{Clock: v, IdleAfter: 4 * time.Second, ForceInterval: time.Nanosecond})
	for i := range 6 {
		s.busy = append(s.busy, s.opens(i, &press{clock: v, life: 20 * time.Second, pause: 100 * time.Millisecond}))
	}
	for i := range 3 {
		s.drowsy = append(s.drowsy, s.opens(i, &press{clock: v, life: time.Hour, pause: 100 * time.Millisecond}))
	}
	silence := make(chan struct{})
	s.allSleep = sync.OnceFunc(func() { close(silence) })
	s.plays(func() { v.Advance(50 * time.Millisecond) }, func() { <-silence })
	if s.slept.Load() == 0 || s.woken.Load() == 0 {
		t.Errorf("sessions slept %d times and woke %d times", s.slept.Load(), s.woken.Load())
	}
}

// By the system's clock most tokens are taken without a look, and some are so short
// that none is.
func TestThrongGetsNoDeadTokenByTheSystemsClock(t *testing.T) {
	s := newStress(t, sessions.Config{ForceInterval: time.Nanosecond})
	for i := range 3 {
		s.busy = append(s.busy,
			s.opens(i, &press{clock: s.clock, life: time.Hour}),
			s.opens(i, &press{clock: s.clock, life: 2 * time.Second}))
	}
	s.drowsy = s.busy
	s.plays(func() {}, func() {})
}

func newStress(t *testing.T, c sessions.Config) *stress {
	t.Helper()
	s := &stress{T: t, clock: c.Clock, allSleep: func() {}}
	if s.clock == nil {
		s.clock = clockutil.System()
	}
	mgr, err := sessions.Open(c)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	s.mgr = mgr
	mgr.Subscribe(s.hears)
	return s
}

func (s *stress) hears(ev messages.Event) {
	switch ev.(type) {
	case messages.Slept:
		if asleep := s.slept.Add(1) - s.woken.Load(); asleep == int64(len(s.busy)+len(s.drowsy)) {
			s.allSleep()
		}
	case messages.Woke:
		s.woken.Add(1)
	}
}

// opens opens a session of one kind or another.
func (s *stress) opens(i int, p *press) *stressed {
	s.Helper()
	p.name = fmt.Sprintf("%d of %s", i, p.life)
	e := endpointOf(p)
	switch i % 3 {
	case 0:
		to := s.open(p, sessions.ClientCredentials(e, sessions.Subject{}))
		to.begins = func() error { return to.Refresh(context.Background()) }
		return to
	case 1:
		to := s.open(p, sessions.Persistent(e, p.next()))
		to.begins = func() error { return s.logsIn(to, e) }
		return to
	}
	as := sessions.Spatium("https://cloud.example/authorization/v1")
	as.HTTPClient = e.HTTPClient
	to := s.open(p, sessions.Authorization(as, p.name, "read"))
	to.begins = func() error { return to.Establish(context.Background(), proof) }
	to.forgets = true
	return to
}

func (s *stress) open(p *press, k sessions.Kind) *stressed {
	s.Helper()
	session, err := s.mgr.Session(p.name, k)
	if err != nil {
		s.Fatalf("open session: %v", err)
	}
	return &stressed{Session: session, press: p}
}

// logsIn is a human who logs in once more. Who counts the tokens for a Revoke has
// the new one as the session's.
func (s *stress) logsIn(to *stressed, e sessions.Endpoint) error {
	to.mu.Lock()
	defer to.mu.Unlock()
	_, err := s.mgr.Session(to.name, sessions.Persistent(e, to.next()))
	return err
}

// plays has everybody do his errands, and once more after a lull, and passes time until
// the last has and the Manager is closed.
func (s *stress) plays(pass, lull func()) {
	s.Helper()
	var over atomic.Bool
	var clockwork sync.WaitGroup
	clockwork.Go(func() {
		for !over.Load() {
			pass()
			runtime.Gosched()
		}
	})
	s.throngs(0)
	lull()
	s.throngs(throng)
	if err := s.mgr.Close(context.Background()); err != nil {
		s.Errorf("close: %v", err)
	}
	over.Store(true)
	clockwork.Wait()
	s.Logf("%d tokens were looked up in the books, %d rejected, %d sessions revoked, %d begun anew, %d slept, %d woke",
		s.served.Load(), s.rejected.Load(), s.revoked.Load(), s.begun.Load(), s.slept.Load(), s.woken.Load())
	if min(s.served.Load(), s.rejected.Load(), s.revoked.Load(), s.begun.Load()) == 0 {
		s.Error("something was never done")
	}
}

// throngs has callers from a number on do their errands, all at once.
func (s *stress) throngs(from uint64) {
	var callers sync.WaitGroup
	for n := range uint64(throng) {
		callers.Go(func() { s.does(from + n) })
	}
	callers.Wait()
}

// does one caller's errands. Half of the callers only look at what they get: nothing
// but the sessions puts them in an order, so no race hides behind the books.
func (s *stress) does(caller uint64) {
	for n := range uint64(errands) {
		chance := clockutil.Mix(caller, n)
		to := s.busy[chance%uint64(len(s.busy))]
		if chance>>8%seldom == 0 {
			to = s.drowsy[chance%uint64(len(s.drowsy))]
		}
		switch what := chance >> 32 % 200; {
		case caller%2 == 0:
			s.looks(to, what)
		case what == 0:
			s.revokes(to)
		case what <= 2:
			s.begins(to)
		case what <= 6:
			s.rejects(to)
		default:
			s.gets(to, what)
		}
	}
}

// looks gets a token that must not be over.
func (s *stress) looks(to *stressed, way uint64) {
	now := s.clock.Now()
	if at := s.takes(to, way); at != "" {
		if _, end := to.read(at); !end.After(now) {
			s.Errorf("a token was given out %s after its end", now.Sub(end))
		}
	}
}

// gets gets a token that must not have been dead before.
func (s *stress) gets(to *stressed, way uint64) (at string) {
	then := to.moment.Load()
	at = s.takes(to, way)
	if at == "" {
		return ""
	}
	s.served.Add(1)
	if number, _ := to.read(at); to.wasDead(number, then) {
		s.Errorf("session %v gave out token %d after it had died", to.Key(), number)
	}
	return at
}

// takes gets a token in one way or another; empty: none was there.
func (s *stress) takes(from *stressed, way uint64) (at string) {
	var err error
	switch way % 3 {
	case 0:
		at, err = from.AccessToken(context.Background())
	case 1:
		req := &http.Request{}
		err = from.Authorize(req)
		at = strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	case 2:
		var t messages.Token
		t, err = from.Token(context.Background())
		at = t.Access.Reveal()
	}
	s.answered(err)
	return at
}

func (s *stress) rejects(to *stressed) {
	at := s.gets(to, 0)
	if at == "" {
		return
	}
	err := to.Reject(context.Background(), at, nil)
	if s.answered(err); err == nil {
		number, _ := to.read(at)
		to.buries(number)
		s.rejected.Add(1)
		s.gets(to, 1)
	}
}

// revokes ends all tokens that there are before it begins.
func (s *stress) revokes(to *stressed) {
	to.mu.Lock()
	last := to.numbers.Load()
	to.mu.Unlock()
	err := to.Revoke(context.Background())
	if s.answered(err); err == nil || to.forgets && errors.Is(err, sessions.ErrNotSupported) {
		to.buriesAll(last)
		s.revoked.Add(1)
		s.gets(to, 1)
	}
}

func (s *stress) begins(to *stressed) {
	if err := to.begins(); err == nil {
		s.begun.Add(1)
	} else {
		s.answered(err)
	}
}

// answered checks that an answer is none that nobody has made.
func (s *stress) answered(err error) {
	for _, known := range []error{
		nil, sessions.ErrUnavailable, sessions.ErrOverloaded, sessions.ErrLoginRequired,
		sessions.ErrNotEstablished, sessions.ErrRevoked, sessions.ErrNotSupported,
	} {
		if errors.Is(err, known) {
			return
		}
	}
	s.Errorf("answered with %v", err)
}
