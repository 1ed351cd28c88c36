package machine

import (
	"errors"
	"slices"
	"testing"

	"github.com/holdfast-go/holdfast/messages"
)

// ended holds a line of the table against what its row promises.
func (w *watch) ended(s *story) {
	w.t.Helper()
	if w.alice == 0 {
		return
	}
	got := w.answered[w.alice]
	switch { // who asks is answered, or kept
	case len(got) == 1 && s.cur.waiting[w.alice], len(got) == 0 && !keeps(s.cur.session, w.alice):
		w.breaks("alice has %d answers, and is kept: %v", len(got), keeps(s.cur.session, w.alice))
	case len(got) == 0 && mustKnow(w.rules, w.at, w.row) != nil:
		w.breaks("alice is held in %s", w.at)
	case len(got) == 1:
		w.reply(s, got[0])
	}
}

// keeps reports whether a session keeps a caller.
func keeps(s Session, id Caller) bool {
	for _, c := range s.held {
		if c.id == id && !c.left {
			return true
		}
	}
	for _, x := range s.exchanges.all() {
		if x.flight == nil {
			continue
		}
		for _, c := range x.flight.askers.here() {
			if c.id == id {
				return true
			}
		}
	}
	for _, l := range s.logins {
		if l.caller == id {
			return true
		}
	}
	for _, c := range append(slices.Clone(s.revoke.askers), s.revoke.behind...) {
		if c == id {
			return true
		}
	}
	return s.run.login != nil && s.run.login.caller == id
}

func (w *watch) reply(s *story, r messages.Reply) {
	w.t.Helper()
	if want := mustKnow(w.rules, w.at, w.row); want != nil && !errors.Is(r.Err, want) {
		w.breaks("alice is told %v; want %v", r.Err, want)
	}
	switch w.row {
	case aGet:
		w.got(r)
	case aRevoke:
		if w.rules.Forgets && r.Err == nil && !w.rules.Revocable {
			w.breaks("says that the server has ended what it has not")
		}
		if w.rules.Forgets && w.at != Closed && !s.cur.session.pair.token.IsZero() {
			w.breaks("has not forgotten its tokens")
		}
	case anEstablish:
		if w.at != Closed && r.Err != nil {
			w.breaks("refuses a token: %v", r.Err)
		}
	}
}

// mustKnow is what a kind says at once whatever it holds; nil: it depends.
func mustKnow(r *Rules, at State, what happening) error {
	switch {
	case what == aRefresh && r.static(), what == anExchange && r.Exchanging == NoExchange:
		return messages.ErrNotSupported
	case at == Closed:
		return messages.ErrClosed
	case what == aRevoke && !r.Revocable && !r.Forgets, what == aLogin && !r.Proofs:
		return messages.ErrNotSupported
	case at == Revoked && r.Human && (what == aGet || what == aRefresh || what == anExchange):
		return messages.ErrRevoked
	}
	return nil
}

// got holds the answer to a Get against the state that it came in.
func (w *watch) got(r messages.Reply) {
	w.t.Helper()
	_, later := messages.RetryAfter(r.Err)
	switch {
	case w.at.valid() && r.Token.Access != "tok0" && r.Token.Access != "tok8":
		w.breaks("does not give out what is valid: %v", r.Err)
	case w.at == Cooling && (!later || !errors.Is(r.Err, messages.ErrUnavailable)):
		w.breaks("does not say when to come back: %v", r.Err)
	case w.at == Dead && !final(r.Err):
		w.breaks("does not say that a human is needed: %v", r.Err)
	case !w.rules.Human && errors.Is(r.Err, messages.ErrRevoked):
		w.breaks("stays revoked")
	}
}

// A Revoke of a kind that cannot be revoked, and proofs for one that has no
// login, leave everything as it was.
func TestWhatAKindDoesNotSupportChangesNothing(t *testing.T) {
	for _, k := range kinds {
		for _, what := range []messages.Ask{messages.Revoke{}, messages.Refresh{}, messages.Exchange{}, messages.Establish{Proofs: []messages.Secret{"proof"}}} {
			for _, w := range ways {
				if mustKnow(&k.rules, w.state, happeningOfAsk(what)) == nil || w.of != nil && !w.of(&k.rules) {
					continue
				}
				s := w.enter(newStory(t, k.rules, Settings{Retries: -1}))
				s.terse = true
				s.ticks()
				key := s.cur.session.Key(s.now)
				if s.asks("", what); s.cur.session.Key(s.now) != key {
					t.Errorf("%s, %s, %T: %v", k.name, w.name, what, s.texts())
				}
			}
		}
	}
}

func TestExchangeOfItsOwnTokenIsAGet(t *testing.T) {
	for _, k := range kinds {
		if k.rules.Exchanging != OwnToken {
			continue
		}
		for _, w := range ways {
			get := k.story(t, Traits{}, w, table[0].row, map[pairing]bool{})
			exchange := k.story(t, Traits{}, w, table[2].row, map[pairing]bool{})
			if get != exchange {
				t.Errorf("%s: Get and Exchange differ:\n%s%s", k.name, get, exchange)
			}
		}
	}
}
