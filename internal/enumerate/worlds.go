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
		renewalRevokes(), revokeAgainstRenewal(), revokeCrash(), loginAgainstRenewal(),
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
		unlucky:  1,
		life:     2 * time.Minute,
		start:    70 * time.Second,
		grid:     10 * time.Second,
	}
}

func calm() World {
	w := rotating()
	w.Name = "rotating-calm"
	w.Doc = `A refresh token that can be used once, on a server that ends the family when it is used twice. Nothing goes wrong.
In it: 2 processes that have not looked at the store yet, 2 tokens.
Left out: all faults, Reject, Revoke, logins.`
	w.read = false
	return w
}

func rotatingStrict() World {
	w := rotating()
	w.Name = "rotating-strict"
	w.Doc = `A refresh token that can be used once, on a server that ends the family when it is used twice.
In it: 2 tokens, 1 fault with process A: a leaf that is cut off, refused, answered twice or served by a replica that lags behind, a process that stands still.
Left out: what rotating-late and rotating-crash have; faults of B, which differs from A in its name alone and in that it did not renew last; a second fault.`
	w.faults = these(beUnheard, fail, twice, readBehind, pause)
	w.budget.faults = 1
	return w
}

func rotatingLate() World {
	w := rotating()
	w.Name = "rotating-late"
	w.Doc = `The same with a request that hangs.
In it: 2 tokens, 1 Mint of process A that hangs.
Left out: as in rotating-strict; leaves at the store that hang (in rotating-strict they are cut off, which tells the process sooner).`
	w.faults = these(beLate)
	w.spare = atTheEndpoint
	w.budget.faults = 1
	return w
}

func rotatingCrash() World {
	w := rotating()
	w.Name = "rotating-crash"
	w.Doc = `The same with a crash.
In it: 2 tokens, 1 crash of process A while a Mint is under way.
Left out: as in rotating-strict; a crash at any other moment (revoke-crash has them, without renewals).`
	w.spare = atTheEndpoint
	w.faults = these(crash)
	w.budget.faults = 1
	return w
}

func rotatingGrace() World {
	w := rotating()
	w.Name = "rotating-grace"
	w.Doc = `The same on a server that forgives reuse for a minute, and then gives out a pair beside the first.
In it: 3 tokens, 1 Mint of process A that is cut off.
Left out: all other faults (rotating-strict, rotating-late and rotating-crash have them).`
	w.rules.ReuseGrace, w.forgives = time.Minute, time.Minute
	w.tokens = 3
	w.faults = these(beUnheard)
	w.spare = atTheEndpoint
	w.budget.faults = 1
	return w
}

func renewalRevokes() World {
	w := rotating()
	w.Name = "renewal-revokes"
	w.Doc = `A server that kills the old access token when it renews the pair.
In it: 2 tokens, 1 Mint of process A that is cut off or refused.
Left out: all other faults (rotating-strict, rotating-late and rotating-crash have them).`
	w.rules.RenewalRevokes, w.kills = true, true
	w.faults = these(beUnheard, fail)
	w.spare = atTheEndpoint
	w.budget.faults = 1
	return w
}

// atTheEndpoint spares the leaves that go elsewhere than to the token endpoint.
func atTheEndpoint(e machine.Effect) bool {
	_, mint := e.(machine.Mint)
	return !mint
}

func storeDown() World {
	w := rotating()
	w.Name = "store-down"
	w.Doc = `The store goes down once, at any moment and for any time up to 40 s: from a token's staleness to its end.
In it: 2 tokens.
Left out: a fault beside it.`
	w.budget.outages = 1
	w.outage = 40 * time.Second
	return w
}

func clientCredentials() World {
	w := rotating()
	w.Name = "client-credentials"
	w.Doc = `A grant that can be used again.
In it: 3 tokens, 1 Mint of process A that is refused or cut off.
Left out: other faults, and a Reject of a good token.`
	w.rules = machine.Rules{Revocable: true, Identity: messages.Digest{1}}
	w.tokens = 3
	w.faults = these(fail, beUnheard)
	w.spare = atTheEndpoint
	w.budget.faults = 1
	return w
}

func revokeAgainstRenewal() World {
	w := rotating()
	w.Name = "revoke-against-renewal"
	w.Doc = `Revoke while either process renews.
In it: 2 tokens, 1 Revoke, by either process.
Left out: a second Revoke, and faults (revoke-crash has both).`
	w.budget.revokes = 1
	w.revokers = 3
	return w
}

func revokeCrash() World {
	w := rotating()
	w.Name = "revoke-crash"
	w.Doc = `Revoke, by either process and by both, with a crash in between; the kind is configured with the first pair, and is
offered it again at every start.
In it: the pair that both hold, 2 Revokes, 1 crash of process A.
Left out: renewals (revoke-against-renewal has them): the history ends where one is wanted.`
	w.rules.Given = w.token(1, 0)
	w.tokens, w.start = 1, 0
	w.budget.revokes = 2
	w.revokers = 3
	w.restarts = true
	w.faults = these(crash)
	w.budget.faults = 1
	return w
}

func loginAgainstRenewal() World {
	w := rotating()
	w.Name = "login-against-renewal"
	w.Doc = `A new grant is established while either process renews the old one.
In it: 3 tokens, of which one comes by a login in either process, later than the pair that is held.
Left out: faults.`
	w.tokens = 3
	w.budget.logins = 1
	return w
}
