package machine

import (
	"net/netip"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestSessionWithoutALoginIsNotEstablished(t *testing.T) {
	newStory(t, provable).
		gets("alice").
		proves("eve", "proof").minted("tok1").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Dead; alice gets ErrNotEstablished
12:00:00 Dead -> Acquiring; renewal 2: mint for proof
12:00:00 Acquiring -> Fresh; eve gets nil
12:00:00 Fresh: bob gets tok1
`)
}

func TestLoginIsSavedBeforeAnybodyIsTold(t *testing.T) {
	newStory(t, provable, onDisk).telling("saves", "loads").
		proves("eve", "one", "two").
		gets("alice").
		after(time.Second).minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; load; renewal 1: mint for one for two
12:00:00 Acquiring: alice waits
12:00:01 Acquiring -> Fresh; save tok1 as 1.1; alice gets tok1; eve gets nil
`)
}

func TestLoginReplacesTheSessionOnceItHasSucceeded(t *testing.T) {
	newStory(t, provable).telling("saves").
		proves("eve", "first").minted("tok1").
		after(time.Minute).proves("eve", "second").
		gets("alice").
		minted("tok2").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:01:00 Fresh: renewal 2: mint for second
12:01:00 Fresh: alice gets tok1
12:01:00 Fresh: save tok2 as 2.1; eve gets nil
12:01:00 Fresh: bob gets tok2
`)
}

func TestLoginEndsTheOldPairWhereTheServerCan(t *testing.T) {
	revocable := provable
	revocable.Revocable, revocable.Forgets = true, false
	newStory(t, revocable).
		proves("eve", "first").minted("tok1").
		after(time.Minute).proves("eve", "second").minted("tok2").ends().ends().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:01:00 Fresh: renewal 2: mint for second
12:01:00 Fresh: eve gets nil; revoke ref1
12:01:00 Fresh: revoke tok1
`)
}

func TestLoginThatFailsLeavesWhatWasThere(t *testing.T) {
	newStory(t, provable).
		proves("eve", "first").minted("tok1").
		at("12:53:00").proves("eve", "wrong").denied().
		gets("alice").minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:53:00 Fresh: renewal 2: mint for wrong
12:53:00 Fresh: eve gets ErrLoginRequired (400)
12:53:00 Fresh -> Stale; alice gets tok1; renewal 3: mint with ref1
12:53:00 Stale -> Fresh
`)
}

// Who found the token stale while the login was under way has had no effect, so
// it is published again for the next one.
func TestStaleTokenIsRenewedAfterALoginThatFailed(t *testing.T) {
	newStory(t, provable).telling("published").
		proves("eve", "first").minted("tok1").
		at("12:53:00").proves("eve", "wrong").
		gets("").
		denied().
		gets("").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; tok1 published, stale 12:49:04.530, until 12:57:00; eve gets nil
12:53:00 Fresh: renewal 2: mint for wrong
12:53:00 Fresh -> Stale
12:53:00 Stale: eve gets ErrLoginRequired (400); tok1 published, stale 12:49:04.530, until 12:57:00
12:53:00 Stale: renewal 3: mint with ref1
`)
}

// And that from when it is stale, and not from when a token before it was to be renewed again.
func TestTokenIsNotStaleLaterBecauseTheOneBeforeWas(t *testing.T) {
	newStory(t, provable, betweenP).telling("published").
		proves("eve", "first").minted("tok1").
		at("12:53:00").gets("").answers429(5*time.Minute).
		writes(func(r *messages.Record) {
			r.Generation++
			r.Token = token("tok2", "ref2", r.Token.Issued.Add(53*time.Minute), 5*time.Minute)
		}).hears().
		at("12:57:00").proves("eve", "wrong").
		gets("").
		denied().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; tok1 published, stale 12:49:04.530, until 12:57:00; eve gets nil
12:53:00 Fresh -> Stale; renewal 2: mint with ref1
12:53:00 Stale: tok1 published, stale 12:58:00, until 12:57:00; fails; due again 12:58:00
12:53:00 Stale -> Fresh; adopted; tok2 published, stale 12:56:53.910, until 12:57:30
12:57:00 Fresh: renewal 3: mint for wrong
12:57:00 Fresh -> Stale
12:57:00 Stale: eve gets ErrLoginRequired (400); tok2 published, stale 12:56:53.910, until 12:57:30
`)
}

func TestLoginThatFailsLetsTheDeadBeDead(t *testing.T) {
	newStory(t, provable).
		proves("eve", "first").minted("tok1").
		at("12:58:00").gets("alice").denied().
		proves("eve", "wrong").
		gets("bob").
		denied().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref1
12:58:00 Acquiring -> Dead; withdrawn; alice gets ErrLoginRequired (400)
12:58:00 Dead -> Acquiring; renewal 3: mint for wrong
12:58:00 Acquiring: bob waits
12:58:00 Acquiring -> Dead; eve gets ErrLoginRequired (400); bob gets ErrLoginRequired (400)
12:58:00 Dead: carol gets ErrLoginRequired (400)
`)
}

func TestLoginThatFailsLetsTheEndpointCool(t *testing.T) {
	newStory(t, provable, Settings{Retries: -1}).
		proves("eve", "first").minted("tok1").
		at("12:58:00").gets("alice").answers429(5*time.Second).
		proves("eve", "wrong").denied().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref1
12:58:00 Acquiring -> Cooling; alice gets ErrUnavailable (429), retry after 5s; fails; due again 12:58:05
12:58:00 Cooling -> Acquiring; renewal 3: mint for wrong
12:58:00 Acquiring -> Cooling; eve gets ErrLoginRequired (400)
12:58:00 Cooling: bob gets ErrUnavailable (429), retry after 5s
`)
}

// Who was held while the login failed is served by a renewal.
func TestHeldCallersAreServedAfterALoginThatFailed(t *testing.T) {
	newStory(t, provable).
		proves("eve", "first").minted("tok1").
		at("12:58:00").proves("eve", "wrong").
		gets("alice").
		denied().minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint for wrong
12:58:00 Acquiring: alice waits
12:58:00 Acquiring: eve gets ErrLoginRequired (400); renewal 3: mint with ref1
12:58:00 Acquiring -> Fresh; alice gets tok2
`)
}

func TestLoginIsTriedAgainOnlyIfTheServerHasNotUsedTheProofs(t *testing.T) {
	newStory(t, provable).
		proves("eve", "proof").answers503().after(2 * time.Second).answerLost().
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for proof
12:00:00.504 Acquiring: renewal 1: mint for proof, attempt 2
12:00:02 Acquiring -> Dead; eve gets ErrUnavailable, retry after 1s
12:00:02 Dead: alice gets ErrNotEstablished
`)
}

func TestLoginWaitsForTheRenewalUnderWay(t *testing.T) {
	newStory(t, provable).telling("saves").
		proves("eve", "first").minted("tok1").
		at("12:53:00").gets("alice").
		proves("eve", "second").
		minted("tok2").minted("tok3").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:53:00 Fresh -> Stale; alice gets tok1; renewal 2: mint with ref1
12:53:00 Stale: eve waits
12:53:00 Stale -> Fresh; save tok2 as 1.2; renewal 3: mint for second
12:53:00 Fresh: save tok3 as 2.1; eve gets nil
`)
}

// A renewal that waits for a slot, or for another process, has nothing to bring that a new
// grant does not make needless.
func TestLoginDoesNotWaitForARenewalThatWaits(t *testing.T) {
	newStory(t, provable).
		proves("eve", "first").minted("tok1").
		at("12:58:00").queueHolds().gets("alice").
		proves("eve", "second").slot().minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:58:00 Fresh -> Expired -> Acquiring; queue
12:58:00 Acquiring: queue
12:58:00 Acquiring: renewal 3: mint for second
12:58:00 Acquiring -> Fresh; alice gets tok2; eve gets nil
`)
	newStory(t, provable, betweenP).
		proves("eve", "first").minted("tok1").
		at("12:58:00").claimedElsewhere(20*time.Second).gets("alice").
		proves("eve", "second").minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:58:00 Fresh -> Expired -> Acquiring
12:58:00 Acquiring: renewal 3: mint for second
12:58:00 Acquiring -> Fresh; alice gets tok2; eve gets nil
`)
}

// A renewal that is queued for its second attempt still has its claim: other processes
// would take it for that of a process that has died while it spent the token.
func TestLoginEndsTheClaimOfTheRenewalThatItDoesNotWaitFor(t *testing.T) {
	newStory(t, provable, betweenP).telling("saves").
		proves("eve", "first").minted("tok1").
		at("12:58:00").gets("alice").
		queueHolds().answers503().
		after(3*time.Second).proves("eve", "second").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref1
12:58:00.743 Acquiring: queue
12:58:03 Acquiring: release the claim; queue
`)
}

// Otherwise a login that fails would let a renewal begin anew before its time.
func TestLoginWaitsForARenewalThatBacksOff(t *testing.T) {
	newStory(t, provable).
		proves("eve", "first").minted("tok1").
		at("12:58:00").gets("alice").answers429(time.Second).
		proves("eve", "second").
		after(2 * time.Second).minted("tok2").minted("tok3").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref1
12:58:00 Acquiring: eve waits
12:58:01 Acquiring: renewal 2: mint with ref1, attempt 2
12:58:02 Acquiring -> Fresh; alice gets tok2; renewal 3: mint for second
12:58:02 Fresh: eve gets nil
`)
}

func TestLoginsHaveTheirRunsOneAfterAnother(t *testing.T) {
	newStory(t, provable).
		proves("eve", "one").
		proves("dan", "two").
		minted("tok1").minted("tok2").
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for one
12:00:00 Acquiring: dan waits
12:00:00 Acquiring -> Fresh; eve gets nil; renewal 2: mint for two
12:00:00 Fresh: dan gets nil
12:00:00 Fresh: alice gets tok2
`)
}

// A token that was offered while the login waited is older than what it brings.
func TestLoginReplacesATokenThatWasOfferedBeforeItBegan(t *testing.T) {
	newStory(t, provable, onDisk).telling("saves").
		proves("eve", "first").minted("tok1").
		at("12:53:00").gets("alice").
		proves("eve", "second").
		establishes("dan", "tok9", "ref9").
		after(time.Second).minted("tok2").minted("tok3").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:53:00 Fresh -> Stale; alice gets tok1; renewal 2: mint with ref1
12:53:00 Stale: eve waits
12:53:00 Stale: dan gets nil
12:53:01 Stale -> Fresh; save tok2 as 1.2; renewal 3: mint for second
12:53:01 Fresh: save tok3 as 2.1; eve gets nil
12:53:01 Fresh: bob gets tok3
`)
}

func TestTooManyLoginsAreRefused(t *testing.T) {
	s := newStory(t, provable).proves("eve", "one")
	for range loginsAtMost {
		s.proves("dan", "more")
	}
	s.since().proves("carol", "too many").want(`
12:00:00 Acquiring: carol gets ErrOverloaded, retry after 1s
`)
}

func TestLoginThatWaitsForItsRunIsToldAfterHoldFor(t *testing.T) {
	newStory(t, provable, Settings{LeafTimeout: time.Minute}).
		proves("eve", "one").
		proves("dan", "two").
		after(31 * time.Second).
		minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for one
12:00:00 Acquiring: dan waits
12:00:30 Acquiring: dan gets ErrUnavailable, retry after 1s
12:00:31 Acquiring -> Fresh; eve gets nil
`)
}

func TestCallerLeavesAndHisLoginGoesOn(t *testing.T) {
	newStory(t, provable).
		proves("eve", "one").
		proves("dan", "two").
		leaves("eve").leaves("dan").
		minted("tok1").
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for one
12:00:00 Acquiring: dan waits
12:00:00 Acquiring -> Fresh
12:00:00 Fresh: alice gets tok1
`)
}

func TestLoginSendsTheAddressOfItsCaller(t *testing.T) {
	ip := netip.MustParseAddr("192.0.2.1")
	newStory(t, provable).
		proves("eve", "one").
		asks("dan", messages.Establish{Proofs: []messages.Secret{"two"}, ClientIP: ip}).
		minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for one
12:00:00 Acquiring: dan waits
12:00:00 Acquiring -> Fresh; eve gets nil; renewal 2: mint for two for 192.0.2.1
`)
}

// A pair that comes late is saved before anything else. The login that it has pushed aside goes on after it.
func TestLoginIsNotForgottenForAPairThatComesLate(t *testing.T) {
	newStory(t, provable).
		proves("eve", "one").minted("tok0").
		at("12:58:00").gets("alice").leaves("alice").
		after(11*time.Second).queueHolds().
		proves("dan", "two").
		mintedLate("tok1", "ref1").
		slot().minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for one
12:00:00 Acquiring -> Fresh; eve gets nil
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:11 Acquiring -> Cooling; in doubt; fails; due again 12:58:12
12:58:11 Cooling -> Acquiring; queue
12:58:11 Acquiring -> Fresh; recovered from 1; queue
12:58:11 Fresh: renewal 5: mint for two
12:58:11 Fresh: dan gets nil
`)
}
