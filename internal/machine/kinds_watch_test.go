package machine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// watch holds every step of a story to what the session's kind promises,
// whatever the table says that happens.
type watch struct {
	t     *testing.T
	name  string
	rules *Rules
	told  map[pairing]bool

	out  Publish // what is given out without asking; zero: nothing
	mint Mint    // under way; zero: none

	subject messages.Secret          // that was exchanged last
	over    map[messages.Secret]bool // access tokens that have been rejected, or may have been killed

	asked    map[Caller]messages.Ask
	answered map[Caller][]messages.Reply

	row   happening // what the story is about; empty on the way to it
	alice Caller    // who asks then; zero: nobody
	at    State     // then
}

func newWatch(t *testing.T, name string, r *Rules, told map[pairing]bool) *watch {
	return &watch{
		t: t, name: name, rules: r, told: told,
		over: map[messages.Secret]bool{}, asked: map[Caller]messages.Ask{}, answered: map[Caller][]messages.Reply{},
	}
}

func (w *watch) breaks(format string, args ...any) {
	w.t.Helper()
	w.t.Errorf(w.name+": "+format, args...)
}

// stepped looks at one step.
func (w *watch) stepped(now time.Time, pair pairing, ev Event, after Session, effects []Effect) {
	w.told[pair] = true
	if !now.Before(w.out.Until) {
		w.out = Publish{}
	}
	if a, ok := ev.(Ask); ok && a.Caller != 0 {
		w.asked[a.Caller] = a.Ask
		if w.row != "" && w.alice == 0 {
			w.alice, w.at = a.Caller, pair.state
		}
	}
	if d, ok := ev.(Done); ok && d.Leaf == w.mint.Number {
		w.mint = Mint{}
	}
	for _, e := range effects {
		w.effect(after, e)
	}
	if after.Leaf() != w.mint.Number { // given up
		w.mint = Mint{}
	}
	w.state(after)
	w.waiters(after)
}

func (w *watch) effect(after Session, e Effect) {
	switch e := e.(type) {
	case Publish:
		w.killed(e.Token, "published")
		w.out = e
		delete(w.over, e.Token.Access) // what was to kill it has failed
	case Withdraw:
		w.out = Publish{}
	case Answer:
		w.answer(after, e)
	case Mint:
		w.mints(e)
	case Exchange:
		if w.rules.Exchanging != ByRequest {
			w.breaks("asks for %s in exchange", e.For)
		}
		w.subject = e.Subject
	case RevokeToken:
		if !w.rules.Revocable {
			w.breaks("has nothing to end %s by", e.Token.Reveal())
		}
	}
}

// mints: who can only give out what it was given mints never, what can be used once
// goes with a Mint of those kinds only, proofs with one of a login, and who kills the
// token by it withdraws it before.
func (w *watch) mints(m Mint) {
	switch {
	case w.rules.static():
		w.breaks("mints")
	case len(m.Proofs) > 0 && !w.rules.Proofs:
		w.breaks("sends proofs")
	case (m.Refresh != "") != (w.rules.OneTime && len(m.Proofs) == 0):
		w.breaks("mints with the refresh token %q", m.Refresh.Reveal())
	case m.Refresh != "" && w.rules.RenewalRevokes && !w.out.Token.IsZero():
		w.breaks("kills %s, which is given out", w.out.Token.Access.Reveal())
	}
	if m.Refresh != "" && w.rules.RenewalRevokes {
		w.over[w.subject] = true
	}
	w.mint = m
}

// killed: nobody is given a token that a renewal under way is killing.
func (w *watch) killed(t messages.Token, how string) {
	if w.rules.RenewalRevokes && w.mint.Refresh != "" && t.Refresh == w.mint.Refresh {
		w.breaks("%s is %s while it is being killed", t.Access.Reveal(), how)
	}
}

func (w *watch) answer(after Session, a Answer) {
	w.answered[a.Caller] = append(w.answered[a.Caller], a.Reply)
	if len(w.answered[a.Caller]) > 1 {
		w.breaks("answers one caller twice")
	}
	if err := a.Reply.Err; err != nil {
		if !w.rules.Human && final(err) {
			w.breaks("needs no human, and says %v", err)
		}
		return
	}
	switch ask := w.asked[a.Caller].(type) {
	case messages.Revoke:
		if !w.out.Token.IsZero() {
			w.breaks("says that it is revoked and gives out %s", w.out.Token.Access.Reveal())
		}
	case messages.Reject:
		if w.out.Token.Access == ask.Token {
			w.breaks("says that it is rejected and gives out %s", ask.Token.Reveal())
		}
		w.over[ask.Token] = true
	case messages.Exchange:
		if w.rules.Exchanging == ByRequest && w.over[w.subject] {
			w.breaks("gives what was exchanged for %s", w.subject.Reveal())
		}
		if w.rules.Exchanging == ByRequest && !strings.HasPrefix(a.Reply.Token.Access.Reveal(), "sub") {
			w.breaks("gives %s for an exchange", a.Reply.Token.Access.Reveal())
		}
	}
	if t := a.Reply.Token; !t.IsZero() {
		w.killed(t, "answered")
		if after.state == Revoked || after.state == Closed {
			w.breaks("gives %s in %s", t.Access.Reveal(), after.state)
		}
	}
}

func final(err error) bool {
	return errors.Is(err, messages.ErrLoginRequired) || errors.Is(err, messages.ErrNotEstablished) ||
		errors.Is(err, messages.ErrOutcomeUnknown)
}

// state: what is given out is what is held, valid; and who keeps a session alive has a
// moment at which he renews it.
func (w *watch) state(s Session) {
	if why := impossible(w.rules, pairing{s.state, aGet}); why != "" {
		w.breaks("is %s: %s", s.state, why)
	}
	if out := w.out.Token; !out.IsZero() && (!s.state.valid() || out.Access != s.pair.token.Access) {
		w.breaks("gives out %s in %s", out.Access.Reveal(), s.state)
	}
	if !w.rules.KeepAlive {
		return
	}
	switch s.state {
	case Acquiring, Fresh, Stale, Expired, Cooling:
		if s.Wake().IsZero() {
			w.breaks("does not wake in %s", s.state)
		}
	}
	if s.state == Fresh && !s.run.active() && s.Wake().After(s.pair.staleAt) {
		w.breaks("sleeps while it becomes stale")
	}
}

// waiters: nobody waits for nothing.
func (w *watch) waiters(s Session) {
	st := step{Session: s}
	if st.waiting()+len(s.logins)+len(s.revoke.askers)+len(s.revoke.behind) == 0 && s.run.login == nil {
		return
	}
	if s.state == Closed || s.Wake().IsZero() || !s.run.active() && !s.exchanges.flying() {
		w.breaks("somebody waits for nothing in %s", s.state)
	}
}
