package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestTwoProcessesRenewOnce(t *testing.T) {
	newStory(t, persistent, betweenP).telling("claims").
		gets("alice").
		on("B").gets("bob").
		at("12:58:00").on("A").gets("alice").
		on("B").gets("bob").
		on("A").minted("tok1").
		on("B").after(5 * time.Second).
		want(`
12:00:00 A Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 B Empty -> Acquiring -> Fresh; woke; bob gets tok0
12:58:00 A Fresh -> Expired -> Acquiring; claim for 20s; renewal 2: mint with ref0
12:58:00 B Fresh -> Expired -> Acquiring
12:58:00 A Acquiring -> Fresh; alice gets tok1
12:58:02.481 B Acquiring -> Fresh; adopted; bob gets tok1
`)
}

func TestWaiterHearsOfTheRenewalByTheWatch(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		on("B").gets("bob").
		at("12:58:00").on("A").gets("alice").
		on("B").hears().gets("bob").
		on("A").minted("tok1").
		on("B").hears().
		want(`
12:00:00 A Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 B Empty -> Acquiring -> Fresh; woke; bob gets tok0
12:58:00 A Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 B Fresh -> Expired
12:58:00 B Expired -> Acquiring
12:58:00 A Acquiring -> Fresh; alice gets tok1
12:58:00 B Acquiring -> Fresh; adopted; bob gets tok1
`)
}

func TestProcessWithoutCallersStandsBy(t *testing.T) {
	newStory(t, persistent, betweenP).telling("published").
		gets("alice").
		claimedElsewhere(20 * time.Second).
		at("12:53:00").gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; tok0 published, stale 12:49:04.530, until 12:57:00; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; tok0 published, stale 12:53:12.474, until 12:57:00
`)
}

func TestHeldCallersOfAWaiterAreToldWhenTheTakeoverComes(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		claimedElsewhere(20 * time.Second).
		at("12:58:00").gets("bob").
		after(30 * time.Second).gets("carol").
		after(8 * time.Second).denied().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring
12:58:30 Acquiring: bob gets ErrUnavailable, retry after 5.783s
12:58:30 Acquiring: carol waits
12:58:35.959 Acquiring: renewal 2: mint with ref0
12:58:38 Acquiring -> Dead; withdrawn; carol gets ErrOutcomeUnknown (400)
`)
}

func TestReusableGrantIsTakenOverEarly(t *testing.T) {
	newStory(t, betweenP).telling("claims").
		gets("alice").minted("tok1").
		claimedElsewhere(20 * time.Second).
		at("12:58:00").gets("bob").
		after(27 * time.Second).
		want(`
12:00:00 Empty -> Acquiring; claim for 20s; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:58:00 Fresh -> Expired -> Acquiring
12:58:26.969 Acquiring: claim for 20s; renewal 2: mint
`)
}

// Only the time in which the store answered counts.
func TestTakeoverIsNotJudgedWhileTheStoreIsSilent(t *testing.T) {
	newStory(t, betweenP, Settings{HoldFor: 5 * time.Minute}).telling("claims").
		gets("alice").minted("tok1").
		claimedElsewhere(20 * time.Second).
		at("12:58:00").gets("bob").
		after(3 * time.Second).storeHolds().
		after(3 * time.Second).
		want(`
12:00:00 Empty -> Acquiring; claim for 20s; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:58:00 Fresh -> Expired -> Acquiring
12:58:04.494 Acquiring: load
`)
}

// Where the watch saw the claim arrive, a server that forgives reuse is asked
// before that ends.
func TestForgivingServerIsTakenOverEarly(t *testing.T) {
	forgiving := persistent
	forgiving.ReuseGrace = time.Minute
	newStory(t, forgiving, betweenP).telling("claims").
		gets("alice").
		at("12:53:00").claimedElsewhere(10 * time.Second).hears().
		refreshes("bob").
		after(14 * time.Second).
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale
12:53:12.641 Stale: claim for 20s, in doubt; renewal 2: mint with ref0
`)
}

func TestGapMakesATakeoverLate(t *testing.T) {
	forgiving := persistent
	forgiving.ReuseGrace = time.Minute
	newStory(t, forgiving, betweenP, Settings{HoldFor: 10 * time.Minute}).telling("claims").
		gets("alice").
		at("12:53:00").claimedElsewhere(10 * time.Second).hears().
		gaps().
		refreshes("bob").
		at("12:57:03").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale
12:57:00.195 Stale -> Acquiring; claim for 20s, in doubt; renewal 2: mint with ref0
`)
}

// The claim is given up cleanly after a definite failure, so nobody waits for it.
func TestCleanGiveUpEndsTheClaim(t *testing.T) {
	newStory(t, persistent, betweenP, Settings{Retries: -1}).telling("claims", "saves").
		gets("alice").
		at("12:58:00").gets("bob").answers503().
		on("B").gets("carol").minted("tok1").
		want(`
12:00:00 A Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 A Fresh -> Expired -> Acquiring; claim for 20s; renewal 2: mint with ref0
12:58:00 A Acquiring -> Cooling; bob gets ErrUnavailable (503), retry after 1s; fails; due again 12:58:01; release the claim
12:58:00 B Empty -> Acquiring; woke; withdrawn; claim for 20s; renewal 1: mint with ref0
12:58:00 B Acquiring -> Fresh; save tok1 as 1.2; carol gets tok1
`)
}

func TestDoubtLeavesTheClaimStanding(t *testing.T) {
	newStory(t, persistent, betweenP, Settings{Retries: -1}).telling("claims", "saves").
		gets("alice").
		at("12:53:00").gets("bob").answerLost().
		on("B").gets("carol").refreshes("dan").
		want(`
12:00:00 A Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 A Fresh -> Stale; bob gets tok0; claim for 20s; renewal 2: mint with ref0
12:53:00 A Stale: in doubt; fails; due again 12:57:00
12:53:00 B Empty -> Acquiring -> Stale; woke; carol gets tok0
12:53:00 B Stale: dan waits
`)
}

func TestSlowClaimIsNotMintedUnder(t *testing.T) {
	newStory(t, persistent, betweenP).telling("claims").
		gets("alice").
		at("12:53:00").storeHolds().refreshes("bob").
		lands().
		late(10 * time.Second).lands().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; load
12:53:00 Stale: claim for 20s
12:53:10 Stale: bob gets ErrUnavailable, retry after 1.428s; fails; due again 12:53:11.428; release the claim
`)
}

func TestMintsDeadlineIsTheUnusedHalfOfTheClaim(t *testing.T) {
	s := newStory(t, persistent, betweenP, Settings{Claim: 6 * time.Second}).
		gets("alice").
		at("12:53:00").gets("bob")
	if got := s.outstanding(isMint).leaf.Deadline; got != 3*time.Second {
		t.Errorf("the Mint may take %s", got)
	}
}

func TestClaimOfADeadOwnerIsTakenOverAtOnce(t *testing.T) {
	newStory(t, persistent, onDisk).telling("claims").
		gets("alice").
		at("12:58:00").gets("bob").
		restarts(stored).
		gets("carol").denied().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; claim for 20s; renewal 2: mint with ref0
12:58:00 Empty -> Acquiring; woke; withdrawn; claim for 20s, in doubt; renewal 1: mint with ref0
12:58:00 Acquiring -> Dead; withdrawn; carol gets ErrOutcomeUnknown (400)
`)
}

func TestClaimOfADeadOwnerIsNotTakenOverWhileATokenIsValid(t *testing.T) {
	newStory(t, persistent, onDisk).telling("claims").
		gets("alice").
		at("12:50:00").gets("bob").
		restarts(stored).
		gets("carol").
		at("12:57:00").gets("dave").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:50:00 Fresh -> Stale; bob gets tok0; claim for 20s; renewal 2: mint with ref0
12:50:00 Empty -> Acquiring -> Stale; woke; carol gets tok0; fails; due again 12:57:00
12:57:00 Stale -> Expired -> Acquiring; claim for 20s, in doubt; renewal 2: mint with ref0
`)
}

func TestRecordThatIsGoneFromAStoreOfOurOwnIsNoOldRevision(t *testing.T) {
	s := newStory(t, persistent).
		gets("alice").
		at("12:58:00").gets("bob").
		storeHolds().denied()
	s.answers(s.outstanding(isStores), NotFound{}).
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring: load
12:58:00 Acquiring: save the death of 1.1
`)
}

func TestMemoryIsNotClaimedIn(t *testing.T) {
	newStory(t, persistent).telling("claims").
		gets("alice").
		at("12:58:00").gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
`)
}

func TestReusableGrantOnDiskIsNotClaimed(t *testing.T) {
	newStory(t, onDisk).telling("claims").gets("alice").want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
`)
}

func TestClaimThatWasOverwrittenIsNotReleasedOverATombstone(t *testing.T) {
	newStory(t, persistent, betweenP, Settings{Retries: -1}).telling("saves").
		gets("alice").
		at("12:58:00").gets("bob").
		revokedElsewhere().hears().
		answers503().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
12:58:00 Revoked: carol gets ErrRevoked
`)
}

// The generation rule: what was spent is still what the record has.
func TestPairIsSavedThoughTheClaimWasLost(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:58:00").gets("bob").
		claimedElsewhere(20 * time.Second).
		minted("tok1").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Fresh; save tok1 as 1.2 (conflict); save tok1 as 1.2; bob gets tok1
`)
}

func TestOvertakenPairIsDroppedAndNotRevoked(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:58:00").gets("bob").
		renewedElsewhere("tok9", "ref9").
		minted("tok1").
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Fresh; save tok1 as 1.2 (conflict); adopted; bob gets tok9
12:58:00 Fresh: carol gets tok9
`)
}

func TestPairOfAnotherGrantIsEndedAtTheServer(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:58:00").gets("bob").
		establishedElsewhere("tok9", "ref9").
		minted("tok1").
		ends().ends().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Fresh; save tok1 as 1.2 (conflict); adopted; bob gets tok9; revoke ref1
12:58:00 Fresh: revoke tok1
12:58:00 Fresh: carol gets tok9
`)
}

// The refresh token of the grant held now is not ended with it.
func TestPairOfAnotherGrantWithoutARefreshTokenEndsNothingElse(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:58:00").gets("bob").
		establishedElsewhere("tok9", "ref9").hears().
		mintedPair("tok1", "").
		ends().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Stale; adopted; bob gets tok9
12:58:00 Stale -> Fresh; revoke tok1
12:58:00 Fresh: carol gets tok9
`)
}

func TestKeepAliveWaitsForTheClaimOfAnother(t *testing.T) {
	keepAlive := persistent
	keepAlive.KeepAlive = true
	newStory(t, keepAlive, betweenP).
		gets("alice").
		claimedElsewhere(20 * time.Second).
		at("12:57:30").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:49:04.530 Fresh -> Stale
12:57:11.032 Stale -> Expired -> Acquiring; renewal 41: mint with ref0
12:57:22.032 Acquiring -> Cooling; in doubt; fails; due again 12:57:23.032
12:57:23.032 Cooling -> Expired -> Acquiring; renewal 42: mint with ref0
`)
}

// Who waited behind another's claim has gone, and with him the run; the token is kept alive all the same.
func TestKeepAliveGoesOnAfterWhoWaitedForAClaimHasGone(t *testing.T) {
	keepAlive := persistent
	keepAlive.KeepAlive = true
	newStory(t, keepAlive, betweenP).
		gets("alice").
		at("12:05:00").
		claimedElsewhere(20*time.Second).
		restarts().
		asks("bob", messages.Get{MinValidity: 58 * time.Minute}).
		after(time.Second).leaves("bob").
		at("12:57:12").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:05:00 Empty -> Acquiring -> Stale; woke
12:57:11.753 Stale -> Expired -> Acquiring; renewal 22: mint with ref0
`)
}

func TestWritesThatLandLateDoNotMoveTheSessionBack(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:58:00").gets("bob").
		storeHolds().minted("tok1").
		unheard().
		renewedElsewhere("tok2", "ref2").hears().
		lands().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring: save tok1 as 1.2
12:58:00 Acquiring -> Stale; adopted; bob gets tok2
12:58:00 Stale -> Fresh
12:58:00 Fresh: carol gets tok2
`)
}
