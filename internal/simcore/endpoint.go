package simcore

import (
	"context"
	"time"

	"github.com/holdfast-go/holdfast/actor"
	"github.com/holdfast-go/holdfast/messages"
)

// endpoint is how the processes talk to the server. It answers at once; what takes time,
// or goes wrong, is the business of the leaf that is being served.
type endpoint struct{ world *World }

var _ actor.Endpoint = endpoint{}

var errDenied = messages.Failure{Verdict: messages.GrantDenied, Status: 400, Code: "invalid_grant"}

// refuses is what the leaf is told without being done: what its fate says, or that there
// are too many requests.
func (e endpoint) refuses() error {
	w := e.world
	switch l := w.serving; {
	case l.refusal != nil:
		return l.refusal
	case !w.calm && w.server.limited(w.now, w.script.Terms.Limit):
		return messages.Failure{Status: 429, RetryAfter: time.Second}
	}
	return nil
}

// Mint grants a token.
func (e endpoint) Mint(_ context.Context, now time.Time, m actor.Mint) (messages.Token, error) {
	if err := e.refuses(); err != nil {
		return messages.Token{}, err
	}
	w, l := e.world, e.world.serving
	rules := &w.rules[l.seat.index]
	p := pair{session: l.seat.index, by: l.by, leaf: m.Number}
	switch {
	case len(m.Proofs) > 0:
		return e.login(l, now, m, p)
	case !rules.OneTime:
		if w.strikes(Denied, l.key) {
			return messages.Token{}, errDenied
		}
		p.family = w.server.newFamily(p.session)
		return w.issue(l, now, p), nil
	}
	return e.rotate(l, now, m, p)
}

// rotate spends a refresh token.
func (e endpoint) rotate(l *leaf, now time.Time, m actor.Mint, p pair) (messages.Token, error) {
	w := e.world
	old := w.server.pair(m.Refresh)
	if old != nil && w.strikes(Denied, l.key) { // the human takes the grant back
		f := &w.server.families[old.family]
		f.dead, f.excused = true, true
		w.known[p.session].troubled = true
	}
	switch w.server.spend(m.Refresh, w.now, &w.script.Terms, w.rules[p.session].RenewalRevokes) {
	case refused:
		return messages.Token{}, errDenied
	case reused:
		w.checkReuse(l, numberOf(m.Refresh))
		return messages.Token{}, errDenied
	case granted:
	}
	p.family, p.parent = old.family, numberOf(m.Refresh)
	w.server.rotations++
	t := w.issue(l, now, p)
	if w.script.Terms.Keeps {
		t.Refresh = ""
	}
	return t, nil
}

// wrongProof is a proof that the server does not accept.
const wrongProof messages.Secret = "wrong"

// login begins a grant.
func (e endpoint) login(l *leaf, now time.Time, m actor.Mint, p pair) (messages.Token, error) {
	w := e.world
	if m.Proofs[0] == wrongProof {
		return messages.Token{}, messages.Failure{Verdict: messages.GrantDenied, Status: 401}
	}
	w.loggedIn(p.session)
	p.family = w.server.login(p.session, w.script.Terms.OneLogin)
	return w.issue(l, now, p), nil
}

// issue has the server issue a pair. Its process counts the life from the sending.
func (w *World) issue(l *leaf, now time.Time, p pair) messages.Token {
	p.life = w.lifeOf(l)
	p.issued, p.expiry = w.now, w.now+p.life
	w.renewals++
	n := w.server.issue(p)
	t := messages.Token{Access: accessOf(n), Issued: now, Expiry: now.Add(p.life)}
	if w.rules[p.session].OneTime {
		t.Refresh = refreshOf(n)
		if d := w.script.Terms.RefreshLife; d > 0 {
			t.RefreshExpiry = now.Add(d)
		}
	}
	return t
}

func (w *World) lifeOf(l *leaf) time.Duration {
	life := w.script.Terms.Life
	switch {
	case w.calm:
		return max(life, time.Hour)
	case w.strikes(Short, l.key):
		return pick(w.chance(l.key, 0x5407), 0, time.Second, 3*time.Second)
	}
	return life
}

// Exchange gives a token in exchange for another.
func (e endpoint) Exchange(_ context.Context, now time.Time, x actor.Exchange) (messages.Token, error) {
	if err := e.refuses(); err != nil {
		return messages.Token{}, err
	}
	w, l := e.world, e.world.serving
	if !w.server.alive(x.Subject, w.now) {
		return messages.Token{}, pick(w.chance(l.key, 0xe8), errDenied,
			messages.Failure{Verdict: messages.Hopeless, Status: 400, Code: "invalid_request"},
			messages.Failure{Verdict: messages.Hopeless, Status: 401, Code: "invalid_token"})
	}
	life := w.lifeOf(l) * pick[time.Duration](w.chance(l.key, 0xe9), 1, 2, 4, 16) / 4
	w.server.exchanged = append(w.server.exchanged, exchanged{
		session: l.seat.index, subject: numberOf(x.Subject), expiry: w.now + life, scope: x.For.Scopes[0],
	})
	return messages.Token{
		Access: messages.Secret(exchangedName(len(w.server.exchanged))), Refresh: "r0", Issued: now, Expiry: now.Add(life),
	}, nil
}

// RevokeToken ends a token.
func (e endpoint) RevokeToken(_ context.Context, _ time.Time, r actor.RevokeToken) error {
	if err := e.refuses(); err != nil {
		return err
	}
	w := e.world
	w.checkEnds(w.serving, r.Token)
	return w.server.revoke(r.Token, r.Refresh, &w.script.Terms)
}
