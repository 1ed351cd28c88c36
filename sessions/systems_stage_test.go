package sessions_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-go/holdfast/clockutil"
	"github.com/holdfast-go/holdfast/messages"
	"github.com/holdfast-go/holdfast/sessions"
	"github.com/holdfast-go/holdfast/store"
)

// stage is where a case of another system is played: a house whose server goes by
// a script and does nothing else.
type stage struct {
	*house
	*script
	shelf *shelf // nil: the Manager's own store
}

// onStage plays a case in a bubble of its own. What the script has is asked for and
// what was asked is looked at, all of it.
func onStage(t *testing.T, play func(*stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{T: t, clock: clockutil.System(), config: sessions.Config{Name: "stage"}}
		st := &stage{house: h, script: &script{t: t, start: time.Now()}}
		defer st.leaves()
		play(st)
		st.leaves()
		st.sent()
		st.isOver()
	})
}

// visitor is a caller's address.
const visitor = "203.0.113.7"

// fromVisitor is the option that says so.
func fromVisitor() sessions.Option { return sessions.ClientIP(netip.MustParseAddr(visitor)) }

// leaves closes the Manager, if there is one. A session opened after that is in a
// new one: a restart.
func (st *stage) leaves() {
	st.Helper()
	if st.mgr != nil {
		st.closes(st.mgr)
		st.mgr = nil
	}
}

// hasShelf gives the Manager to come a classic store, with a token on it or the
// zero Token.
func (st *stage) hasShelf(t messages.Token) *shelf {
	st.shelf = &shelf{token: t}
	st.config.Store = store.Adapt(func(string) store.Classic { return st.shelf })
	return st.shelf
}

// tries opens a session of a kind.
func (st *stage) tries(k sessions.Kind) (*sessions.Session, error) {
	st.Helper()
	if st.mgr == nil {
		st.mgr = st.opens(st.config)
		st.mgr.Subscribe(st.hears)
	}
	return st.mgr.Session("k", k)
}

// has opens a session of a kind, which must be right.
func (st *stage) has(k sessions.Kind) *sessions.Session {
	st.Helper()
	s, err := st.tries(k)
	if err != nil {
		st.Fatal(err)
	}
	return s
}

// serves checks which token the session gives out.
func (st *stage) serves(s *sessions.Session, want string, opts ...sessions.Option) {
	st.Helper()
	if at, err := s.AccessToken(context.Background(), opts...); at != want || err != nil {
		st.Errorf("token %q, error %v; want %q", at, err, want)
	}
}

// turnsAway checks that the session gives out an error of a kind and no token.
func (st *stage) turnsAway(s *sessions.Session, kind error) {
	st.Helper()
	_ = st.whyNone(s, kind)
}

// whyNone is turnsAway, and returns the error.
func (st *stage) whyNone(s *sessions.Session, kind error) error {
	st.Helper()
	at, err := s.AccessToken(context.Background())
	if at != "" || !errors.Is(err, kind) {
		st.Errorf("token %q, error %v; want %v", at, err, kind)
	}
	return err
}

// does checks that a call has brought no error.
func (st *stage) does(err error) {
	st.Helper()
	if err != nil {
		st.Error(err)
	}
}

// blames checks what the endpoint is said to have answered.
func (st *stage) blames(err error, status int, code string) {
	st.Helper()
	said, ok := errors.AsType[*sessions.EndpointError](err)
	if !ok || said.Status != status || said.Code != code {
		st.Errorf("error %v, want %d %s of the endpoint", err, status, code)
	}
}

// waits checks how long callers are told to stay away.
func (st *stage) waits(err error, want time.Duration) {
	st.Helper()
	if after, ok := sessions.RetryAfter(err); !ok || after != want {
		st.Errorf("error %v: again after %v, want %v", err, after, want)
	}
}

// exchanges checks what an exchange brings.
func (st *stage) exchanges(s *sessions.Session, x messages.Exchange, want string, opts ...sessions.Option) messages.Token {
	st.Helper()
	t, err := s.Exchange(context.Background(), x, opts...)
	if t.Access.Reveal() != want || err != nil {
		st.Errorf("exchanged for %q, error %v; want %q", t.Access.Reveal(), err, want)
	}
	return t
}

// exchangesNothing checks that an exchange brings an error of a kind and no token,
// and returns the error.
func (st *stage) exchangesNothing(s *sessions.Session, x messages.Exchange, kind error) error {
	st.Helper()
	t, err := s.Exchange(context.Background(), x)
	if !t.IsZero() || !errors.Is(err, kind) {
		st.Errorf("exchanged for %v, error %v; want %v", t, err, kind)
	}
	return err
}

// client is the stage's server, for an endpoint.
func (st *stage) client() *http.Client { return &http.Client{Transport: st.script} }
