package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// An Exchange is a Get whose token, once it is there, is exchanged: callers come
// to the gate of this file (exchange) from where others are given the token.
// What the endpoint gives for a token never lives longer than that, takes its
// place nowhere, and goes with it (see sever and forsake).

const (
	// setsAtMost bounds the sets that are kept; which was asked for least lately goes first.
	setsAtMost = 64

	// flightsAtMost bounds the exchanges with a slot, or a place in its queue.
	flightsAtMost = 16
)

// exchanges is what has been exchanged for a session's token.
type exchanges struct {
	sets []*exchange // which was asked for last is the last

	grant, generation uint64 // of the session's token
}

// exchange is one set of scopes, resource, audience, actor and shared link: what
// was given for it, or why nothing was, and the flight under way for it.
type exchange struct {
	set  messages.Digest
	want messages.Exchange // in the words of who came first

	token     messages.Token // zero: there is none
	expiredAt time.Time      // it is not given out any more
	parent    pair           // what it was given for: its place and its access token

	failures int // in a row
	cause    cause
	due      time.Time // not asked for before; zero: it has not failed
	refused  pair      // the place of the subject that was refused; zero: none was

	rejectedAt time.Time // the last Reject that had an effect

	flight *flight // nil: none is under way
}

// exchangeAsked answers Exchange.
func (s *step) exchangeAsked(id Caller, x messages.Exchange) {
	s.ip = x.ClientIP
	switch s.rules.Exchanging {
	case NoExchange:
		s.tell(id, messages.Reply{Err: messages.ErrNotSupported})
	case OwnToken:
		s.get(caller{id: id, ip: x.ClientIP})
	case ByRequest:
		s.get(caller{id: id, ip: x.ClientIP, exchange: &x})
	}
}

// serve gives a caller what he has asked for, now that there is a token. It is
// the only way to a token for those who may want one in exchange for it.
func (s *step) serve(c caller) {
	if c.exchange != nil {
		s.exchange(c)
		return
	}
	s.answer(c, messages.Reply{Token: s.pair.token})
}

// exchange is the gate: it gives a caller the token of his set, or the error that the
// set cools down with, or has him join the one flight of the set.
func (s *step) exchange(c caller) {
	c.newer = false
	if !s.state.valid() { // the token was over when it came
		s.get(c)
		return
	}
	x := s.setOf(*c.exchange)
	switch {
	case x == nil:
		s.answer(c, messages.Reply{Err: messages.Later(messages.ErrOverloaded, refreshPause,
			messages.Failure{Reason: "too many different exchanges are under way"})})
	case x.flight == nil && s.serves(x):
		s.answer(c, messages.Reply{Token: x.token})
	case x.flight == nil && s.rests(x):
		s.answer(c, messages.Reply{Err: x.cause.error(x.due.Sub(s.now))})
	default:
		s.join(x, c)
	}
}

// serves reports whether the token of a set may be given out.
func (s *step) serves(x *exchange) bool {
	mine := x.parent.grant == s.pair.grant && (!s.rules.RenewalRevokes || x.parent.generation == s.pair.generation)
	return mine && x.token.Access != "" && s.now.Before(x.expiredAt)
}

// rests reports whether a set that has failed is not tried again yet. One whose
// subject was refused is as soon as there is a newer one.
func (s *step) rests(x *exchange) bool {
	if x.refused.generation != 0 && newer(s.pair.grant, s.pair.generation, x.refused.grant, x.refused.generation) {
		return false
	}
	return s.now.Before(x.due)
}

// setOf returns the entry of a set, made if there is none; nil: there is no room.
func (s *step) setOf(want messages.Exchange) *exchange {
	if s.exchanges == nil {
		s.exchanges = &exchanges{grant: s.pair.grant, generation: s.pair.generation}
	}
	return s.exchanges.of(want)
}

func (e *exchanges) of(want messages.Exchange) *exchange {
	set := digestOf(want)
	i := slices.IndexFunc(e.sets, func(x *exchange) bool { return x.set == set })
	if i >= 0 {
		x := e.sets[i]
		e.sets = append(slices.Delete(e.sets, i, i+1), x)
		return x
	}
	if !e.makeRoom() {
		return nil
	}
	x := &exchange{set: set, want: want}
	e.sets = append(e.sets, x)
	return x
}

// makeRoom forgets what was asked for least lately, and reports false if there is a
// flight under way for each set.
func (e *exchanges) makeRoom() bool {
	if len(e.sets) < setsAtMost {
		return true
	}
	i := slices.IndexFunc(e.sets, func(x *exchange) bool { return x.flight == nil })
	if i < 0 {
		return false
	}
	e.sets = slices.Delete(e.sets, i, i+1)
	return true
}

// digestOf tells sets from each other. The order of the scopes is none of their
// differences, and neither is who asks.
func digestOf(x messages.Exchange) messages.Digest {
	scopes := slices.Compact(slices.Sorted(slices.Values(x.Scopes)))
	parts := append(scopes, x.Resource, x.Audience, x.SharedLink)
	if x.Actor != nil {
		parts = append(parts, x.Actor.Token.Reveal(), x.Actor.Type)
	}
	var text strings.Builder
	fmt.Fprint(&text, len(scopes), x.Actor != nil)
	for _, part := range parts {
		fmt.Fprintf(&text, " %d:%s", len(part), part)
	}
	return messages.DigestOf(messages.Secret(text.String()))
}

// rejectExchanged is told that a resource server refused a token that was given
// in exchange, for more than one set perhaps. As with the session's own, one a
// ForceInterval is believed.
func (s *step) rejectExchanged(x *exchange, r messages.Reject) error {
	if pause := x.rejectedAt.Add(s.settings.ForceInterval).Sub(s.now); !x.rejectedAt.IsZero() && pause > 0 {
		return messages.Later(messages.ErrUnavailable, pause,
			messages.Failure{Reason: "another token of this exchange was rejected a moment ago"})
	}
	for _, x := range s.exchanges.all() {
		if x.token.Access == r.Token {
			x.rejectedAt, x.token = s.now, messages.Token{}
		}
	}
	s.forsake(r.Token) // a server may give what it was given
	s.emit(messages.Rejected{Header: s.head(), Cause: r.Cause})
	return nil
}

// forsake is told that a resource server refused a token that may have been renewed since.
// What was exchanged for it goes; who waits for more of that begins again with the newer one.
// Nothing is exchanged for it any more, so the endpoint is not asked again for another Reject.
func (s *step) forsake(access messages.Secret) {
	for _, x := range s.exchanges.all() {
		if x.parent.token.Access == access {
			x.token = messages.Token{}
		}
	}
	for _, x := range s.exchanges.inOrder() {
		if f := x.flight; f.leg == exchanging && f.subject.token.Access == access {
			s.turnBack(x)
		}
	}
}

// exchanged returns the set whose token this is; nil: none is given out.
func (s *step) exchanged(access messages.Secret) *exchange {
	for _, x := range s.exchanges.all() {
		if x.token.Access == access && s.serves(x) {
			return x
		}
	}
	return nil
}

// rebase has the moments of what was exchanged go along with the clocks.
func (e *exchanges) rebase(now time.Time) {
	for _, x := range e.all() {
		rebase(now, &x.expiredAt, &x.token.Issued, &x.token.Expiry)
		if x.flight != nil {
			rebase(now, &x.flight.limit)
		}
	}
}

// all returns the sets; e may be nil.
func (e *exchanges) all() []*exchange {
	if e == nil {
		return nil
	}
	return e.sets
}
