package simulate_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/simulate"
)

// town is a server, and a Manager that has sessions at it, by one clock.
type town struct {
	*testing.T
	clock  *clockutil.Virtual
	server *simulate.Server
	mgr    *sessions.Manager
}

func newTown(t *testing.T, opts ...simulate.ServerOption) *town {
	t.Helper()
	clock := clockutil.NewVirtual(time.Time{})
	w := &town{T: t, clock: clock, server: simulate.NewServer(clock, opts...)}
	w.mgr = w.opens()
	return w
}

// opens returns one more Manager, with a store of its own.
func (w *town) opens() *sessions.Manager {
	w.Helper()
	mgr, err := sessions.Open(sessions.Config{Clock: w.clock, Retries: -1})
	if err != nil {
		w.Fatalf("open: %v", err)
	}
	w.Cleanup(func() { _ = mgr.Close(context.Background()) })
	return mgr
}

// replicas opens n sessions of one login, each with a Manager and a store of its own, as
// replicas are that should share one.
func (w *town) replicas(n int) []*sessions.Session {
	w.Helper()
	kind := sessions.Persistent(w.server.Endpoint(), w.server.Login("alice"))
	all := make([]*sessions.Session, n)
	for i := range all {
		all[i] = w.session(w.opens(), kind)
		w.gets(all[i])
	}
	return all
}

// session opens a session; its key is a matter of the Manager only.
func (w *town) session(mgr *sessions.Manager, k sessions.Kind) *sessions.Session {
	w.Helper()
	s, err := mgr.Session("key", k)
	if err != nil {
		w.Fatalf("open session: %v", err)
	}
	return s
}

// logsIn opens the session of a human who has just logged in.
func (w *town) logsIn(subject string) *sessions.Session {
	w.Helper()
	return w.session(w.mgr, sessions.Persistent(w.server.Endpoint(), w.server.Login(subject)))
}

// gets asks for a token, which must come and be good.
func (w *town) gets(s *sessions.Session) string {
	w.Helper()
	at, err := s.AccessToken(context.Background())
	if err != nil {
		w.Fatalf("no token: %v", err)
	}
	w.wants(w.server.Valid(at), nil)
	return at
}

// renews asks for a newer token, which must come.
func (w *town) renews(s *sessions.Session) string {
	w.Helper()
	if err := s.Refresh(context.Background()); err != nil {
		w.Fatalf("refresh: %v", err)
	}
	return w.gets(s)
}

// getsNone asks for a token, which must be refused for this reason.
func (w *town) getsNone(s *sessions.Session, why error) {
	w.Helper()
	_, err := s.AccessToken(context.Background())
	w.wants(err, why)
}

func (w *town) wants(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("error %v, want %v", err, want)
	}
}

func (w *town) counts(what string, got, want int) {
	w.Helper()
	if got != want {
		w.Errorf("%d %s, want %d", got, what, want)
	}
}

func TestExpiredTokenIsRenewedOnce(t *testing.T) {
	w := newTown(t, simulate.TokenTTL(10*time.Minute))
	s := w.logsIn("alice")
	old := w.gets(s)
	w.clock.Advance(10*time.Minute - 1)
	w.wants(w.server.Valid(old), nil)
	w.clock.Advance(1)
	w.wants(w.server.Valid(old), simulate.ErrTokenExpired)
	renewed := w.gets(s)
	if renewed == old || w.gets(s) != renewed {
		t.Error("the session does not have one new token")
	}
	w.counts("token requests", w.server.Requests(), 1)
	w.counts("renewals of alice", w.server.Renewals("alice"), 1)
	w.counts("renewals of bob", w.server.Renewals("bob"), 0)
	w.counts("refreshes at once", w.server.MostAtOnce(), 1)
	w.wants(w.server.NoConcurrentRefresh(), nil)
	w.wants(w.server.NoReuse(), nil)
}

func TestValidTellsWhyATokenIsNot(t *testing.T) {
	w := newTown(t)
	login := w.server.Login("alice")
	for _, unknown := range []string{"", "at-0", "at-2", "at-01", "at-+1", "1", login.Refresh.Reveal()} {
		w.wants(w.server.Valid(unknown), simulate.ErrTokenUnknown)
	}
	w.wants(w.server.Valid(login.Access.Reveal()), nil)
	w.clock.Advance(time.Hour)
	w.wants(w.server.Valid(login.Access.Reveal()), simulate.ErrTokenExpired)
	w.server.End("alice")
	w.wants(w.server.Valid(login.Access.Reveal()), simulate.ErrTokenRevoked)
}

func TestEndTakesBackTheGrantsOfOneSubject(t *testing.T) {
	w := newTown(t)
	alice, bob := w.logsIn("alice"), w.session(w.opens(), sessions.Persistent(w.server.Endpoint(), w.server.Login("bob")))
	at := w.gets(alice)
	w.server.End("alice")
	w.wants(w.server.Valid(at), simulate.ErrTokenRevoked)
	w.wants(alice.Refresh(context.Background()), sessions.ErrLoginRequired)
	w.renews(bob)
	w.wants(w.server.NoReuse(), nil)
	w.wants(w.server.Valid(w.server.Login("alice").Access.Reveal()), nil)
}

func TestClientBeginsAnewAfterEnd(t *testing.T) {
	w := newTown(t)
	s := w.session(w.mgr, sessions.ClientCredentials(w.server.Endpoint(), sessions.Subject{Type: "user", ID: "alice"}))
	at := w.gets(s)
	w.server.End("alice")
	w.wants(w.server.Valid(at), simulate.ErrTokenRevoked)
	w.renews(s)
	w.counts("renewals of alice", w.server.Renewals("alice"), 2)
}

func TestBrokenServerDoesNothing(t *testing.T) {
	w := newTown(t)
	s := w.logsIn("alice")
	w.clock.Advance(time.Hour)
	w.server.Break(503)
	w.getsNone(s, sessions.ErrUnavailable)
	w.server.Break(0)
	w.clock.Advance(time.Minute)
	w.gets(s)
	w.counts("token requests", w.server.Requests(), 2)
	w.counts("renewals", w.server.Renewals("alice"), 1)
}

func TestRevokeEndsTheGrantAtTheServer(t *testing.T) {
	w := newTown(t)
	s := w.logsIn("alice")
	first, second := w.gets(s), w.renews(s)
	if err := s.Revoke(context.Background()); err != nil {
		t.Fatalf("revoke: %v", err)
	}
	w.wants(w.server.Valid(first), simulate.ErrTokenRevoked)
	w.wants(w.server.Valid(second), simulate.ErrTokenRevoked)
	w.getsNone(s, sessions.ErrRevoked)
}

func TestRenewalRevokesTheOldToken(t *testing.T) {
	w := newTown(t, simulate.RenewalRevokes())
	s := w.logsIn("alice")
	old := w.gets(s)
	x, err := s.Exchange(context.Background(), messages.Exchange{Scopes: []string{"read"}})
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	w.renews(s)
	w.wants(w.server.Valid(old), simulate.ErrTokenRevoked)
	w.wants(w.server.Valid(x.Access.Reveal()), nil)
	if !w.server.Endpoint().RenewalRevokes {
		t.Error("the client is not told")
	}
}

func TestRenewalLeavesTheOldToken(t *testing.T) {
	w := newTown(t)
	s := w.logsIn("alice")
	old := w.gets(s)
	w.renews(s)
	w.wants(w.server.Valid(old), nil)
	if w.server.Endpoint().RenewalRevokes {
		t.Error("the client is told otherwise")
	}
}

func TestExchangedTokenEndsWithItsGrant(t *testing.T) {
	w := newTown(t)
	s := w.logsIn("alice")
	x, err := s.Exchange(context.Background(), messages.Exchange{Scopes: []string{"read", "write"}})
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	if len(x.Scopes) != 2 {
		t.Errorf("scopes %q", x.Scopes)
	}
	w.wants(w.server.Valid(x.Access.Reveal()), nil)
	w.server.End("alice")
	w.wants(w.server.Valid(x.Access.Reveal()), simulate.ErrTokenRevoked)
	w.counts("renewals", w.server.Renewals("alice"), 0)
}

func TestReplicasWithoutASharedStoreAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		opts []simulate.ServerOption
		then error // what becomes of the replica that was first
	}{
		"strict":  {nil, sessions.ErrLoginRequired},
		"lenient": {[]simulate.ServerOption{simulate.Lenient()}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t, c.opts...)
			both := w.replicas(2)
			a, b := both[0], both[1]
			at := w.renews(a)
			w.wants(b.Refresh(context.Background()), sessions.ErrLoginRequired)
			w.wants(a.Refresh(context.Background()), c.then)
			if revoked := errors.Is(w.server.Valid(at), simulate.ErrTokenRevoked); revoked != (c.then != nil) {
				t.Errorf("its token is revoked: %v", revoked)
			}
			w.counts("reuses", w.server.Reused(), 1)
			if err := w.server.NoReuse(); err == nil ||
				err.Error() != `refresh token 1 of "alice" was used again at 2026-01-01 12:00:00, 0s after it was spent` {
				t.Errorf("NoReuse: %v", err)
			}
		})
	}
}

func TestGraceForgivesReplicasForAWhile(t *testing.T) {
	w := newTown(t, simulate.Grace(time.Minute))
	all := w.replicas(3)
	a, b, late := all[0], all[1], all[2]
	first := w.renews(a)
	w.clock.Advance(time.Minute - 1)
	if w.renews(b) == first {
		t.Error("both have one token")
	}
	w.wants(w.server.NoReuse(), nil)
	w.renews(a)
	w.renews(b)
	w.clock.Advance(1)
	w.wants(late.Refresh(context.Background()), sessions.ErrLoginRequired)
	w.counts("reuses", w.server.Reused(), 1)
	if got := w.server.Endpoint().ReuseGrace; got != time.Minute {
		t.Errorf("the client is told of a grace of %s", got)
	}
}

func TestReusableTokenIsNeverSpent(t *testing.T) {
	w := newTown(t, simulate.Reusable())
	for _, s := range w.replicas(3) {
		w.renews(s)
		w.renews(s)
	}
	w.counts("renewals", w.server.Renewals("alice"), 6)
	w.wants(w.server.NoReuse(), nil)
}

func TestRefreshTokenRunsOut(t *testing.T) {
	w := newTown(t, simulate.RefreshTTL(24*time.Hour))
	if left := w.server.Login("alice").RefreshExpiry.Sub(w.clock.Now()); left != 24*time.Hour {
		t.Errorf("the refresh token of the login lives for %s", left)
	}
	s := w.logsIn("alice")
	w.clock.Advance(24*time.Hour - 1)
	w.gets(s)
	token, err := s.Token(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if left := token.RefreshExpiry.Sub(w.clock.Now()); left != 24*time.Hour {
		t.Errorf("the client is told that the new refresh token lives for %s", left)
	}
	w.clock.Advance(24 * time.Hour)
	w.getsNone(s, sessions.ErrLoginRequired)
}

func TestRateTellsWhenToComeBack(t *testing.T) {
	w := newTown(t, simulate.Rate(0.2))
	s := w.logsIn("alice")
	w.renews(s)
	w.clock.Advance(time.Hour)
	w.gets(s)
	w.clock.Advance(time.Second)
	err := s.Refresh(context.Background())
	after, ok := sessions.RetryAfter(err)
	if !errors.Is(err, sessions.ErrUnavailable) || !ok || after != 4*time.Second {
		t.Fatalf("refresh: %v", err)
	}
	w.clock.Advance(after)
	w.renews(s)
}

func TestWrongClientIsRefused(t *testing.T) {
	for name, change := range map[string]func(*sessions.Endpoint){
		"secret by Basic": func(e *sessions.Endpoint) { e.Auth = sessions.Basic("wrong") },
		"secret by form":  func(e *sessions.Endpoint) { e.Auth = sessions.Post("wrong") },
		"client":          func(e *sessions.Endpoint) { e.ClientID, e.Auth = "wrong", sessions.None() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			e := w.server.Endpoint()
			change(&e)
			_, err := w.session(w.mgr, sessions.ClientCredentials(e, sessions.Subject{})).AccessToken(context.Background())
			said, ok := errors.AsType[*messages.EndpointError](err)
			if !ok || said.Status != 401 || said.Code != "invalid_client" {
				t.Errorf("error %v", err)
			}
		})
	}
}
