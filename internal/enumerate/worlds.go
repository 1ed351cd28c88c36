package enumerate

import (
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// Worlds returns the worlds that are walked.
func Worlds() []World {
	return []World{
		calm(), storeDown(), rotatingStrict(), rotatingLate(), rotatingCrash(), rotatingGrace(), clientCredentials(),
		renewalRevokes(), rejected(), revokeAgainstRenewal(), revokeCrash(), loginAgainstRenewal(), loginAgainstRevoke(),
		loginAgainstRevokes(),
	}
}

// rotating is a world whose grant is a refresh token that can be used once: both
// processes hold the first pair, which is about to become stale.
func rotating() World {
	return World{
		rules:    machine.Rules{OneTime: true, Human: true, Revocable: true, Identity: messages.Digest{1}},
		settings: machine.Settings{Store: machine.Traits{Shared: true, Durable: true}},
		callers:  1,
		tokens:   2,
		first:    true,
		stored:   true,
		read:     true,
		life:     2 * time.Minute,
		start:    70 * time.Second,
		grid:     10 * time.Second,
	}
}

// The processes with which something can go wrong.
const (
	onlyA  = 1
	either = 3
)

// called gives a world its name, and says what is in it.
func (w World) called(name, doc string) World {
	w.Name, w.Doc = name, doc
	return w
}

// oneFault has one thing go wrong with one of some processes.
func (w World) oneFault(unlucky uint8, of ...moveKind) World {
	w.budget.faults, w.unlucky, w.faults = 1, unlucky, these(of...)
	return w
}

// atMints has things go wrong with nothing but Mints.
func (w World) atMints() World {
	w.spare = atTheEndpoint
	return w
}

// atTheEndpoint spares the leaves that go elsewhere than to the token endpoint.
func atTheEndpoint(e machine.Effect) bool {
	_, mint := e.(machine.Mint)
	return !mint
}

func calm() World {
	w := rotating().called("rotating-calm", `A refresh token that can be used once, on a server that ends the family when it is used twice. Nothing goes wrong.
In it: 2 processes that have not looked at the store yet, 2 tokens.
Left out: all faults, Reject, Revoke, logins.`)
	w.read = false
	return w
}

func rotatingStrict() World {
	return rotating().called("rotating-strict", `A refresh token that can be used once, on a server that ends the family when it is used twice.
In it: 2 tokens, 1 fault with either process: a leaf that is cut off, refused, answered twice or served by a replica that lags behind, a process that stands still.
Left out: what rotating-late and rotating-crash have; a second fault.`).
		oneFault(either, beUnheard, fail, twice, readBehind, pause)
}

func rotatingLate() World {
	return rotating().called("rotating-late", `The same with a leaf that hangs.
In it: 2 tokens, 1 leaf of either process that hangs.
Left out: as in rotating-strict.`).
		oneFault(either, beLate)
}

func rotatingCrash() World {
	return rotating().called("rotating-crash", `The same with a crash.
In it: 2 tokens, 1 crash of either process while a leaf is under way.
Left out: as in rotating-strict; a crash while nothing is under way (revoke-crash has that, without renewals).`).
		oneFault(either, crash)
}

func rotatingGrace() World {
	w := rotating().called("rotating-grace", `The same on a server that forgives reuse for a minute, and then gives out a pair beside the first.
In it: 3 tokens, 1 Mint of process A that is cut off.
Left out: all other faults (rotating-strict, rotating-late and rotating-crash have them); a fault of B, which would be another's only in
that B renews a little later than A.`).
		oneFault(onlyA, beUnheard).atMints()
	w.rules.ReuseGrace, w.forgives = time.Minute, time.Minute
	w.tokens = 3
	return w
}

func renewalRevokes() World {
	w := rotating().called("renewal-revokes", `A server that kills the old access token when it renews the pair.
In it: 2 tokens, 1 Mint of either process that is cut off or refused.
Left out: all other faults (rotating-strict, rotating-late and rotating-crash have them).`).
		oneFault(either, beUnheard, fail).atMints()
	w.rules.RenewalRevokes, w.kills = true, true
	return w
}

func storeDown() World {
	w := rotating().called("store-down", `The store goes down once, at any moment and for any time up to 40 s: from a token's staleness to its end.
In it: 2 tokens.
Left out: a fault beside it.`)
	w.budget.outages = 1
	w.outage = 40 * time.Second
	return w
}

func clientCredentials() World {
	w := rotating().called("client-credentials", `A grant that can be used again.
In it: 3 tokens, 1 Mint of either process that is refused or cut off.
Left out: other faults, and a Reject of a good token (rejected has it).`).
		oneFault(either, fail, beUnheard).atMints()
	w.rules = machine.Rules{Revocable: true, Identity: messages.Digest{1}}
	w.tokens = 3
	return w
}

func rejected() World {
	w := rotating().called("rejected", `A resource server refuses a token that is good.
In it: 3 tokens, 1 Reject of a good one in either process, at any moment.
Left out: faults.`)
	w.tokens = 3
	w.budget.rejects = 1
	return w
}

func revokeAgainstRenewal() World {
	w := rotating().called("revoke-against-renewal", `Revoke while either process renews.
In it: 2 tokens, 2 Revokes, by either process or by both.
Left out: faults (revoke-crash has them).`)
	w.budget.revokes, w.revokers = 2, either
	return w
}

func revokeCrash() World {
	w := rotating().called("revoke-crash", `Revoke, by either process and by both, with a crash in between; the kind is configured with the first pair, and is
offered it again at every start.
In it: the pair that both hold, 2 Revokes, 1 crash of either process at any moment.
Left out: renewals (revoke-against-renewal has them): the history ends where one is wanted.`).
		oneFault(either, crash)
	w.rules.Given = w.token(1, 0)
	w.tokens, w.start = 1, 0
	w.budget.revokes, w.revokers = 2, either
	w.restarts = true
	return w
}

func loginAgainstRenewal() World {
	w := rotating().called("login-against-renewal", `A new grant is established while either process renews the old one.
In it: 3 tokens, of which one comes by a login in either process, later than the pair that is held.
Left out: faults.`)
	w.tokens = 3
	w.budget.logins = 1
	return w
}

func loginAgainstRevoke() World {
	w := rotating().called("login-against-revoke", `A new grant is established while either process revokes the old one, or has.
In it: the pair that both hold, one more that comes by a login in either process, 1 Revoke by either, 1 fault with either process: a
leaf that is cut off, refused, answered twice or served by a replica that lags behind, a process that stands still or ends.
Left out: renewals (login-against-renewal has them): the history ends where one is wanted; a leaf that hangs.`).
		oneFault(either, beUnheard, fail, twice, readBehind, pause, crash)
	w.start, w.life = 10*time.Second, 24*time.Hour // a login is later than the pair held
	w.budget.logins, w.budget.revokes, w.revokers = 1, 1, either
	return w
}

func loginAgainstRevokes() World {
	w := loginAgainstRevoke().called("login-against-revokes", `The same with another Revoke.
In it: 2 Revokes, by either process or by both, 1 leaf of either that is cut off.
Left out: as in login-against-revoke; the other faults (login-against-revoke has them).`).
		oneFault(either, beUnheard)
	w.budget.revokes = 2
	return w
}
