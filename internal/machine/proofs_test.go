package machine

import (
	"net/netip"
	"strings"
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

func TestLoginAfterARevokeBeginsOverTheTombstone(t *testing.T) {
	newStory(t, provable, betweenP).telling("saves").
		proves("eve", "first").minted("tok1").
		after(time.Second).revokes("mallory").
		gets("alice").
		proves("eve", "second").minted("tok2").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:00:01 Fresh -> Revoked; withdrawn; save a tombstone with ref1tok1; save the empty tombstone; mallory gets ErrNotSupported
12:00:01 Revoked: alice gets ErrRevoked
12:00:01 Revoked -> Acquiring; renewal 3: mint for second
12:00:01 Acquiring -> Fresh; save tok2 as 2.1; eve gets nil
12:00:01 Fresh: bob gets tok2
`)
}

func TestRevokeOvertakesALoginUnderWay(t *testing.T) {
	newStory(t, provable, betweenP).telling("saves").
		proves("eve", "first").minted("tok1").
		proves("eve", "second").
		revokes("mallory").
		minted("tok2").
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:00:00 Fresh: renewal 2: mint for second
12:00:00 Fresh -> Revoked; withdrawn; eve gets ErrRevoked
12:00:00 Revoked: save a tombstone with ref2tok2; save the empty tombstone; mallory gets ErrNotSupported
12:00:00 Revoked: alice gets ErrRevoked
`)
}

func TestRevokeElsewhereOvertakesALoginUnderWay(t *testing.T) {
	newStory(t, provable, betweenP).telling("saves").
		proves("eve", "first").minted("tok1").
		proves("eve", "second").
		revokedElsewhere().hears().
		minted("tok2").
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:00:00 Fresh: renewal 2: mint for second
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:00 Revoked: eve gets ErrRevoked
12:00:00 Revoked: alice gets ErrRevoked
`)
}

// A token of elsewhere that is offered meanwhile makes no difference.
func TestRevokeElsewhereOvertakesALoginThoughATokenIsOffered(t *testing.T) {
	newStory(t, provable, betweenP).telling("saves").
		proves("eve", "first").minted("tok1").
		proves("eve", "second").
		revokedElsewhere().hears().
		after(time.Second).establishes("dan", "tok9", "ref9").
		minted("tok2").
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:00:00 Fresh: renewal 2: mint for second
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:01 Revoked -> Acquiring; dan gets nil
12:00:01 Acquiring -> Fresh; eve gets ErrRevoked; save tok9 as 2.1
12:00:01 Fresh: alice gets tok9
`)
}

func TestLoginFindsARevokeElsewhereBeforeItSendsTheProofs(t *testing.T) {
	newStory(t, provable, betweenP).telling("saves").
		proves("eve", "first").minted("tok1").
		revokedElsewhere().
		proves("eve", "second").minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:00:00 Fresh -> Acquiring; withdrawn; revoked elsewhere; renewal 2: mint for second
12:00:00 Acquiring -> Fresh; save tok2 as 2.1; eve gets nil
`)
}

func TestLoginThatFailsLetsTheRevokedBeRevoked(t *testing.T) {
	newStory(t, provable).
		proves("eve", "first").minted("tok1").
		revokes("mallory").
		proves("eve", "wrong").
		gets("alice").
		denied().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:00:00 Fresh -> Revoked; withdrawn; mallory gets ErrNotSupported
12:00:00 Revoked -> Acquiring; renewal 3: mint for wrong
12:00:00 Acquiring: alice waits
12:00:00 Acquiring -> Revoked; eve gets ErrLoginRequired (400); alice gets ErrRevoked
12:00:00 Revoked: bob gets ErrRevoked
`)
}

// A Revoke that cannot write its tombstone leaves no trace in the store, and the token
// that it has revoked is valid.
func TestLoginThatFailsGivesNothingBackThatWasRevokedWithoutATombstone(t *testing.T) {
	newStory(t, provable, betweenP).
		proves("eve", "first").minted("tok1").
		writes(func(r *messages.Record) { r.Identity = messages.DigestOf("another") }).
		revokes("bob").
		proves("eve", "second").
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref1tok1 (conflict); bob gets ErrUnavailable, retry after 1s
12:00:00 Revoked -> Acquiring -> Empty; eve gets ErrInvalid
12:00:00 Empty -> Acquiring -> Cooling; carol gets ErrInvalid; fails; due again 12:05:00
`)
}

// The Revoke before it comes to its end elsewhere while the proofs are on their way.
func TestLoginOverATombstoneIsNotEndedByTheSameRevoke(t *testing.T) {
	revoking := func(r *messages.Record) { r.Status = messages.Revoking }
	newStory(t, provable, betweenP).telling("saves").
		proves("eve", "first").minted("tok1").
		writes(revoking).hears().
		proves("eve", "second").
		revokedElsewhere().
		minted("tok2").
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:00 Revoked -> Acquiring; renewal 2: mint for second
12:00:00 Acquiring -> Fresh; save tok2 as 2.1 (conflict); save tok2 as 2.1; eve gets nil
12:00:00 Fresh: alice gets tok2
`)
}

// The same where nobody has told us: the Save finds out.
func TestRevokeElsewhereIsFoundByTheSaveOfALogin(t *testing.T) {
	newStory(t, provable, betweenP).telling("saves").
		proves("eve", "first").minted("tok1").
		proves("eve", "second").
		revokedElsewhere().
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:00:00 Fresh: renewal 2: mint for second
12:00:00 Fresh -> Revoked; save tok2 as 2.1 (conflict); withdrawn; revoked elsewhere; eve gets ErrRevoked
`)
}

// Whatever else is written while the proofs are on their way, the new grant is
// written over it.
func TestLoginIsWrittenOverARenewalAClaimAndADeathElsewhere(t *testing.T) {
	for name, elsewhere := range map[string]func(*story) *story{
		"renewal": func(s *story) *story { return s.renewedElsewhere("tok9", "ref9") },
		"claim":   func(s *story) *story { return s.claimedElsewhere(20 * time.Second) },
		"death":   (*story).diedElsewhere,
	} {
		s := newStory(t, provable, betweenP).
			proves("eve", "first").minted("tok1").
			proves("eve", "second")
		elsewhere(s).minted("tok2").since().gets("alice")
		s.want(`
12:00:00 Fresh: alice gets tok2
`)
		if r := s.shelf.record; r.Grant != 2 || r.Generation != 1 || r.Status != messages.Alive || r.Token.Access != "tok2" {
			t.Errorf("%s: the record is %d.%d, status %d", name, r.Grant, r.Generation, r.Status)
		}
	}
}

// The server ends a login for the next one.
func TestLoginYieldsToALoginElsewhereThatBeganLater(t *testing.T) {
	s := newStory(t, provable, betweenP).
		proves("eve", "first").minted("tok1").
		proves("eve", "second").
		after(time.Second).establishedElsewhere("tok9", "ref9").
		minted("tok2")
	s.gets("alice").want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:00:00 Fresh: renewal 2: mint for second
12:00:01 Fresh: save tok2 as 2.1 (conflict); adopted; eve gets nil
12:00:01 Fresh: alice gets tok9
`)
	if r := s.shelf.record; r.Grant != 2 || r.Token.Access != "tok9" {
		t.Errorf("the record is %d.%d", r.Grant, r.Generation)
	}
}

func TestLoginIsWrittenOverALoginElsewhereThatBeganBefore(t *testing.T) {
	s := newStory(t, provable, betweenP).
		proves("eve", "first").minted("tok1").
		after(time.Second).proves("eve", "second").
		late(-time.Millisecond).establishedElsewhere("tok9", "ref9").
		late(time.Millisecond).minted("tok2")
	s.since().gets("alice").want(`
12:00:01 Fresh: alice gets tok2
`)
	if r := s.shelf.record; r.Grant != 3 || r.Token.Access != "tok2" {
		t.Errorf("the record is %d.%d", r.Grant, r.Generation)
	}
}

func TestLoginWithoutTheStoreSendsNothing(t *testing.T) {
	newStory(t, provable, betweenP, Settings{Retries: -1}).
		storeDown().
		proves("eve", "first").
		storeUp().
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring -> Empty; load (down); eve gets ErrUnavailable, retry after 1s
12:00:00 Empty -> Acquiring -> Dead; alice gets ErrNotEstablished
`)
}

func TestLoginThatCannotBeSavedIsServedUnsaved(t *testing.T) {
	newStory(t, provable, onDisk).telling("saves").
		proves("eve", "first").
		storeDown().minted("tok1").
		gets("alice").
		storeUp().after(2 * time.Second).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1 (down); eve gets nil; unsaved
12:00:00 Fresh: alice gets tok1
12:00:01.468 Fresh: save tok1 as 1.1; saved
`)
}

// The server has begun the new grant, and may have ended the old one for it.
func TestLateAnswerToALoginIsNotLost(t *testing.T) {
	newStory(t, provable).telling("saves").
		proves("eve", "first").minted("tok1").
		proves("eve", "second").
		after(11*time.Second).
		gets("alice").
		mintedLate("tok2", "ref2").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; eve gets nil
12:00:00 Fresh: renewal 2: mint for second
12:00:11 Fresh: eve gets ErrUnavailable, retry after 1s
12:00:11 Fresh: alice gets tok1
12:00:11 Fresh: save tok2 as 2.1
12:00:11 Fresh: bob gets tok2
`)
}

// What comes back for a grant that a later login has replaced is ended.
func TestLateAnswerToALoginThatWasReplacedIsEnded(t *testing.T) {
	revocable := provable
	revocable.Revocable, revocable.Forgets = true, false
	newStory(t, revocable).
		proves("eve", "first").
		after(11*time.Second).
		proves("eve", "second").minted("tok2").
		mintedLate("tok1", "ref1").
		ends().ends().
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:11 Acquiring -> Dead; eve gets ErrUnavailable, retry after 1s
12:00:11 Dead -> Acquiring; renewal 2: mint for second
12:00:11 Acquiring -> Fresh; eve gets nil
12:00:11 Fresh: revoke ref1
12:00:11 Fresh: revoke tok1
12:00:11 Fresh: alice gets tok2
`)
}

func TestLateAnswerToALoginThatWasRevokedIsEnded(t *testing.T) {
	revocable := provable
	revocable.Revocable, revocable.Forgets = true, false
	newStory(t, revocable).
		proves("eve", "first").
		revokes("mallory").
		after(11*time.Second).
		mintedLate("tok1", "ref1").
		ends().ends().
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Revoked; withdrawn; eve gets ErrRevoked
12:00:11 Revoked -> Empty; mallory gets nil
12:00:11 Empty: revoke ref1
12:00:11 Empty: revoke tok1
12:00:11 Empty -> Acquiring -> Dead; alice gets ErrNotEstablished
`)
}

func TestCloseWaitsForALoginAndSavesIt(t *testing.T) {
	newStory(t, provable, onDisk).telling("saves").
		proves("eve", "first").
		proves("dan", "second").
		closes().
		minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring: dan waits
12:00:00 Acquiring -> Closed; withdrawn; eve gets ErrClosed; dan gets ErrClosed
12:00:00 Closed: save tok1 as 1.1
`)
}

func TestKindsWithoutALoginDoNotKnowProofs(t *testing.T) {
	for _, rules := range []Rules{credentials, persistent, fixed} {
		newStory(t, rules).proves("eve", "proof").want(`
12:00:00 Empty: eve gets ErrNotSupported
`)
	}
}

func TestRefreshTokenThatHasRunOutIsNotSent(t *testing.T) {
	newStory(t, provable).
		proves("eve", "first").mintedUntil("tok1", "ref1", noon.Add(55*time.Minute)).
		at("12:56:00").gets("alice").
		gets("bob").
		at("12:58:00").gets("carol").
		proves("eve", "second").minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:56:00 Fresh -> Stale -> Ending; alice gets tok1; the refresh token has run out
12:56:00 Ending: bob gets tok1
12:58:00 Ending -> Dead; carol gets ErrLoginRequired
12:58:00 Dead -> Acquiring; renewal 3: mint for second
12:58:00 Acquiring -> Fresh; eve gets nil
`)
}

func TestRefreshTokenThatHasRunOutOverNight(t *testing.T) {
	newStory(t, provable, onDisk).
		proves("eve", "first").mintedUntil("tok1", "ref1", noon.Add(2*time.Hour)).
		at("14:00:00").restarts().gets("alice").
		since().gets("bob").
		want(`
14:00:00 Dead: bob gets ErrLoginRequired
`)
}

func TestTokenOfUnknownEndIsGivenOutUntilItIsRefused(t *testing.T) {
	forever := fixed
	forever.Given = messages.Token{Access: "tok0"}
	newStory(t, forever, onDisk).
		gets("alice").
		after(10*365*24*time.Hour).asks("bob", messages.Get{MinValidity: time.Hour}).
		restarts().gets("carol").
		refreshes("dan").
		rejects("eve", "tok0").
		gets("fay").
		want(`
12:00:00 Empty -> Acquiring -> Ending; alice gets tok0
12:00:00 Ending: bob gets tok0
12:00:00 Empty -> Acquiring -> Ending; woke; carol gets tok0
12:00:00 Ending: dan gets ErrNotSupported
12:00:00 Ending -> Dead; withdrawn; rejected; eve gets nil
12:00:00 Dead: fay gets ErrLoginRequired
`)
}

func TestAnotherTokenWithoutATimeTakesThePlaceOfTheOne(t *testing.T) {
	one, other := fixed, fixed
	one.Given, other.Given = messages.Token{Access: "tok0"}, messages.Token{Access: "tok1"}
	newStory(t, one, onDisk).
		gets("alice").
		restarts(other).gets("bob").
		revokes("carol").ends().
		restarts(one).gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Ending; alice gets tok0
12:00:00 Empty -> Acquiring -> Ending; bob gets tok1
12:00:00 Ending -> Revoked; withdrawn; revoke tok1
12:00:00 Revoked: carol gets nil
12:00:00 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; dan gets ErrRevoked
`)
}

// What was decided about the given token stays decided: neither of the two says when it
// was issued, so looking again would bring the old one back.
func TestTokenThatWasReplacedDoesNotComeBackAfterSleep(t *testing.T) {
	old := fixed
	old.Given = messages.Token{Access: "tok0"}
	newStory(t, old).
		gets("alice").
		rejects("bob", "tok0").
		asks("carol", messages.Establish{Token: messages.Token{Access: "tok1", Expiry: noon.Add(time.Hour)}}).
		gets("alice").
		after(2 * time.Hour).gets("dave").
		sleeps().gets("erin").
		want(`
12:00:00 Empty -> Acquiring -> Ending; alice gets tok0
12:00:00 Ending -> Dead; withdrawn; rejected; bob gets nil
12:00:00 Dead -> Acquiring -> Ending; carol gets nil
12:00:00 Ending: alice gets tok1
14:00:00 Ending -> Dead; dave gets ErrLoginRequired
14:00:00 Dead -> Empty; withdrawn; slept
14:00:00 Empty -> Acquiring -> Dead; woke; erin gets ErrLoginRequired; withdrawn
`)
}

// Another process has begun to renew while the refresh token was good.
func TestRefreshTokenThatRunsOutWhileAnotherRenewsIsNotMissed(t *testing.T) {
	for _, begin := range []func(*story) *story{
		func(s *story) *story { return s },
		func(s *story) *story { return s.restarts() },
	} {
		s := newStory(t, provable, betweenP).
			proves("eve", "proof").mintedUntil("tok1", "ref1", noon.Add(70*time.Minute)).
			at("13:09:55").claimedElsewhere(20 * time.Second).at("13:10:01").since()
		begin(s).gets("alice").
			renewedElsewhere("tok2", "ref2").hears()
		if got := s.texts(); len(got) != 2 || got[1] != "13:10:01 Acquiring -> Fresh; adopted; alice gets tok2" {
			t.Errorf("the story went another way:\n%s", strings.Join(got, "\n"))
		}
	}
}

func TestRefreshTokenThatHasRunOutIsMissedOnceTheOtherHasGivenUp(t *testing.T) {
	newStory(t, provable, betweenP).
		proves("eve", "proof").mintedUntil("tok1", "ref1", noon.Add(70*time.Minute)).
		at("13:09:55").claimedElsewhere(20 * time.Second).at("13:10:01").gets("alice").
		writes(func(*messages.Record) {}).hears().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for proof
12:00:00 Acquiring -> Fresh; eve gets nil
13:10:01 Fresh -> Expired -> Acquiring
13:10:01 Acquiring -> Dead; alice gets ErrLoginRequired; the refresh token has run out
`)
}
