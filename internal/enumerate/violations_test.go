package enumerate

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// The violations that the model of the protocol found in an earlier wording of its rules, V1 to
// V9. Each guard is taken away from around the real machine, and the walk of a small world finds
// what it is there for. With the guard each of these worlds is walked to its end without a
// violation, when this test is asked for all of them (-world all). The stories of the right thing are in
// package machine, under the same numbers.

// machineStep is machine.Session.Step, or what is planted in its place.
type machineStep = func(machine.Session, time.Time, machine.Event) (machine.Session, []machine.Effect)

// needsGuard walks a world without a guard, which keeps a promise there.
func needsGuard(t *testing.T, w World, promise string, without machineStep) {
	t.Helper()
	w.Name = t.Name()
	if *world == "all" {
		checkClean(t, w)
	}
	w.step = without
	finds(t, w, promise)
}

// checkClean walks a world to its end, and finds nothing.
func checkClean(t *testing.T, w World) {
	t.Helper()
	for _, f := range walked(t, w).Violations {
		t.Errorf("with the guard: %s: %s\n%s", f.Name, f.Why, f.History)
	}
}

// finds walks a world until a promise is broken.
func finds(t *testing.T, w World, promise string) {
	t.Helper()
	w.only = promise
	r := Search(w, func(r *Result) bool { return len(r.Violations) > 0 })
	if len(r.Violations) == 0 {
		t.Fatalf("without the guard nothing is found in %d states", r.States)
	}
	t.Logf("without the guard, after %d states: %s\n%s", r.States, r.Violations[0].Why, r.Violations[0].History)
}

// revoking is rotating with Revokes by some processes.
func revoking(revokes int8, revokers uint8) World {
	w := rotating()
	w.budget.revokes, w.revokers = revokes, revokers
	return w
}

// V1: a Revoke waits for its own Mint, and ends what that brings.
func TestV1RevokeThatDoesNotWaitForItsOwnMintIsFound(t *testing.T) {
	needsGuard(t, revoking(1, 1), revokedDead, func(s machine.Session, now time.Time, ev machine.Event) (machine.Session, []machine.Effect) {
		leaf := s.Leaf()
		s, effects := s.Step(now, ev)
		if !revokes(ev) || leaf == 0 || s.Leaf() != leaf {
			return s, effects
		}
		s, more := s.Step(now, machine.Done{Leaf: leaf, Outcome: machine.Failed{}}) // as if nothing had been sent
		return s, append(effects, more...)
	})
}

func revokes(ev machine.Event) bool {
	ask, ok := ev.(machine.Ask)
	if !ok {
		return false
	}
	_, ok = ask.Ask.(messages.Revoke)
	return ok
}

// V2: a tombstone that stands where another had claimed says so, and the token is spent once
// before it is revoked.
func TestV2RevokeThatDoesNotMindAnothersMintIsFound(t *testing.T) {
	needsGuard(t, revoking(1, 1), revokedDead, reading(func(r *messages.Record) { r.Claim = messages.Claim{} }))
}

// V3: another's tombstone is not its confirmation.
func TestV3RevokeThatTakesAnothersWordIsFound(t *testing.T) {
	needsGuard(t, revoking(2, 3), revokedDead, reading(func(r *messages.Record) {
		if r.Status == messages.Revoking {
			r.Status, r.Token = messages.Gone, messages.Token{}
		}
	}))
}

// V4: a grant has a number of its own, which a generation is no substitute for.
func TestV4GrantThatIsNotToldFromTheOneBeforeIsFound(t *testing.T) {
	needsGuard(t, loginAgainstRenewal(), recordForward, planted(writing(func(r *messages.Record) { r.Grant = 1 })))
}

// writing has every write write something else.
func writing(change func(*messages.Record)) bug {
	return each(func(e machine.Effect) []machine.Effect {
		switch w := e.(type) {
		case machine.Save:
			change(&w.Record)
			return []machine.Effect{w}
		case machine.Claim:
			change(&w.Record)
			return []machine.Effect{w}
		}
		return []machine.Effect{e}
	})
}

// V5: what is published unsaved passes the commit guard too. Without it the pair of the old grant
// is: here the session gives the new grant out and forgets it again.
func TestV5OldPairThatIsPublishedAfterANewGrantIsFound(t *testing.T) {
	w := loginAgainstRenewal().oneFault(onlyA, fail)
	w.spare = atTheStore
	needsGuard(t, w, inOrder, func(s machine.Session, now time.Time, ev machine.Event) (machine.Session, []machine.Effect) {
		c, news := ev.(machine.Changed)
		if !news || s.Leaf() == 0 || c.Record.Grant == 1 {
			return s.Step(now, ev)
		}
		_, effects := s.Clone().Step(now, ev)
		return s, effects
	})
}

// V6: a tombstone keeps the token until the server has ended it.
func TestV6TombstoneWithoutItsTokenIsFound(t *testing.T) {
	w := revokeCrash()
	w.revokers = 1
	needsGuard(t, w, revokedDead, planted(writing(func(r *messages.Record) {
		if r.Status == messages.Revoking {
			r.Status, r.Token = messages.Gone, messages.Token{}
		}
	})))
}

// V7: a configured token is no later than the tombstone of a Revoke that came after it.
func TestV7GivenTokenThatUndoesARevokeIsFound(t *testing.T) {
	needsGuard(t, revokeCrash(), tombstoneStays, reading(func(r *messages.Record) {
		if r.Status.Tombstone() {
			r.Written = time.Time{}
		}
	}))
}

// V8: where a renewal kills the old access token, another's claim has callers held, also one that
// stands for a doubt. A claim is a doubt as soon as its owner is silent, which nobody can see; so here
// no claim is seen at all.
func TestV8TokenThatIsGivenOutWhileAnotherMayKillItIsFound(t *testing.T) {
	needsGuard(t, renewalRevokes(), killedNever, reading(func(r *messages.Record) { r.Claim = messages.Claim{} }))
}

// V9: where the server forgives reuse for a while, a token that may be spent is sent again only as
// long as that is known to last. Without the bound is with one that is far too long.
func TestV9RetryWithoutABoundOnWhenTheTokenWasSpentIsFound(t *testing.T) {
	w := rotatingGrace()
	w.rules.ReuseGrace, w.forgives = 10*time.Second, 10*time.Second // over before the access token's margin
	w.Name = t.Name()
	if *world == "all" {
		checkClean(t, w)
	}
	w.rules.ReuseGrace = 10 * time.Minute
	finds(t, w, spentLate)
}
