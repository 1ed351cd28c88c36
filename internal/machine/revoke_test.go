package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestRevokeIsNotDoneUntilTheServerSays(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		revokes("eve").
		gets("bob").
		after(time.Second).ends().
		after(time.Second).ends().
		gets("carol").revokes("eve").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: bob gets ErrRevoked
12:00:01 Revoked: revoke tok0
12:00:02 Revoked: save the empty tombstone; eve gets nil
12:00:02 Revoked: carol gets ErrRevoked
12:00:02 Revoked: eve gets nil
`)
}

func TestRevokeTellsThoseWhoAreHeld(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		refreshes("bob").
		revokes("eve").
		minted("tok2").
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale -> Revoked; withdrawn; bob gets ErrRevoked
12:00:00 Revoked: revoke tok2
12:00:00 Revoked: revoke tok1
12:00:00 Revoked: eve gets nil
`)
}

// The systems we come from answered success on 401.
func TestRevokeThatIsRefusedIsAnError(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		revokes("eve").answers401().
		revokes("eve").ends().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Revoked; withdrawn; revoke tok1
12:00:00 Revoked: eve gets ErrUnavailable (401), retry after 1s
12:00:00 Revoked: revoke tok1
12:00:00 Revoked: eve gets nil
`)
}

func TestRevokeIsTriedAgainWhileSomebodyWaits(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		revokes("eve").answers503().
		after(time.Second).answers503().
		after(3 * time.Second).ends().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Revoked; withdrawn; revoke tok1
12:00:00.298 Revoked: revoke tok1
12:00:01.743 Revoked: revoke tok1
12:00:04 Revoked: eve gets nil
`)
}

func TestSilentRevocationEndpointHangsNobody(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		revokes("eve").
		after(time.Minute).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Revoked; withdrawn; revoke tok1
12:00:11.298 Revoked: revoke tok1
12:00:23.041 Revoked: revoke tok1
12:00:34.041 Revoked: eve gets ErrUnavailable, retry after 1s
`)
}

func TestRenewalEndingAfterRevokeInstallsNothing(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves", "published").
		gets("alice").
		at("12:53:00").gets("bob").
		revokes("eve").
		minted("tok1").
		gets("carol").
		ends().ends().
		gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; tok0 published, stale 12:49:04.530, until 12:57:00; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale -> Revoked; withdrawn
12:53:00 Revoked: save a tombstone with ref1tok1; revoke ref1
12:53:00 Revoked: carol gets ErrRevoked
12:53:00 Revoked: revoke tok1
12:53:00 Revoked: save the empty tombstone; eve gets nil
12:53:00 Revoked: dan gets ErrRevoked
`)
}

func TestLateTokenOfAnEarlierLifeIsEndedAtTheServer(t *testing.T) {
	newStory(t).
		gets("alice").leaves("alice").
		after(12*time.Second).gets("bob").minted("tok1").
		revokes("eve").ends().
		mintedLate("tok0", "").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:11 Acquiring -> Cooling; fails; due again 12:00:12
12:00:12 Cooling -> Expired -> Acquiring; renewal 2: mint
12:00:12 Acquiring -> Fresh; recovered from 1; bob gets tok1
12:00:12 Fresh -> Revoked; withdrawn; revoke tok1
12:00:12 Revoked: eve gets nil
12:00:12 Revoked: revoke tok0
`)
}

func TestRevokedTokenDoesNotComeBackFromTheStore(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		revokes("eve").ends().ends().
		after(time.Minute).restarts().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: eve gets nil
12:01:00 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
`)
}

func TestRevokeIsResumedFromTheStoreAfterARestart(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		revokes("eve").
		restarts().
		gets("bob").
		revokes("eve").ends().ends().
		restarts().revokes("eve").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
12:00:00 Empty -> Revoked; withdrawn; eve gets nil
`)
}

func TestAccessTokensThatCannotBeEndedDoNotStopARevoke(t *testing.T) {
	newStory(t, persistent).
		gets("alice").
		revokes("eve").ends().
		fails(messages.Failure{Verdict: messages.Hopeless, Status: 400, Code: "unsupported_token_type"}).
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: eve gets nil
`)
}

func TestRevokeNeedsARevocationEndpoint(t *testing.T) {
	newStory(t, Rules{}).
		gets("alice").minted("tok1").
		revokes("eve").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh: eve gets ErrNotSupported
12:00:00 Fresh: bob gets tok1
`)
}

func TestNextGetAfterARevokeBeginsANewGrant(t *testing.T) {
	newStory(t, betweenP).telling("saves", "claims").
		gets("alice").minted("tok1").
		revokes("eve").gets("bob").
		ends().
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; claim for 20s; renewal 1: mint
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; alice gets tok1
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with tok1; revoke tok1
12:00:00 Revoked: bob waits
12:00:00 Revoked -> Acquiring; save the empty tombstone; eve gets nil; claim for 20s; renewal 3: mint
12:00:00 Acquiring -> Fresh; save tok2 as 2.1; bob gets tok2
`)
}

// Who could not end a token with its grant ends it before the next one lives.
func TestNewGrantAfterAFailedRevokeStillEndsTheOldToken(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		revokes("eve").answers401().
		gets("bob").minted("tok2").
		ends().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Revoked; withdrawn; revoke tok1
12:00:00 Revoked: eve gets ErrUnavailable (401), retry after 1s
12:00:00 Revoked -> Acquiring; renewal 3: mint
12:00:00 Acquiring -> Fresh; bob gets tok2; revoke tok1
`)
}

func TestRevokeGoesOnWithoutTheStoreAndIsNotDone(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		storeDown().revokes("eve").
		gets("bob").
		storeUp().after(2 * time.Second).
		revokes("fay").ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0 (down); eve gets ErrUnavailable, retry after 1.671s
12:00:00 Revoked: bob gets ErrRevoked
12:00:01.671 Revoked: save a tombstone with ref0tok0; revoke ref0
12:00:02 Revoked: fay waits
12:00:02 Revoked: revoke tok0
12:00:02 Revoked: save the empty tombstone; fay gets nil
`)
}

func TestTombstoneThatCannotBeEmptiedIsDoneAllTheSame(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		revokes("eve").ends().
		storeDown().ends().
		storeUp().after(3 * time.Second).
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone (down); eve gets nil
12:00:01.671 Revoked: save the empty tombstone
`)
}

func TestRevokeOfAnEmptySessionAsksNobody(t *testing.T) {
	newStory(t).
		revokes("eve").
		gets("alice").
		want(`
12:00:00 Empty -> Revoked -> Empty; withdrawn; eve gets nil
12:00:00 Empty -> Acquiring; renewal 2: mint
`)
}

func TestDoubtfulTokenIsUsedOnceBeforeItIsEnded(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").answerLost().
		revokes("eve").
		minted("tok1").
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: in doubt; fails; due again 12:57:00
12:53:00 Stale -> Revoked; withdrawn; save a tombstone with ref0tok0, in doubt; renewal 3: mint with ref0
12:53:00 Revoked: revoke ref1
12:53:00 Revoked: revoke tok1
12:53:00 Revoked: save the empty tombstone; eve gets nil
`)
}

func TestDenialLeavesTheAccessTokenToARevokeInDoubt(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		at("12:53:00").gets("bob").answerLost().
		revokes("eve").denied().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: in doubt; fails; due again 12:57:00
12:53:00 Stale -> Revoked; withdrawn; renewal 3: mint with ref0
12:53:00 Revoked: revoke tok0
12:53:00 Revoked: eve gets nil
`)
}

func TestRevokeInDoubtWithoutAVerdictIsAnError(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		at("12:53:00").gets("bob").answerLost().
		revokes("eve").answerLost().
		after(time.Second).answerLost().
		after(3 * time.Second).answerLost().
		restarts().revokes("eve").denied().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: in doubt; fails; due again 12:57:00
12:53:00 Stale -> Revoked; withdrawn; renewal 3: mint with ref0
12:53:00.298 Revoked: renewal 3: mint with ref0, attempt 2
12:53:01.743 Revoked: renewal 3: mint with ref0, attempt 3
12:53:04 Revoked: eve gets ErrUnavailable, retry after 1s
12:53:04 Empty -> Revoked; withdrawn; renewal 1: mint with ref0
12:53:04 Revoked: revoke tok0
12:53:04 Revoked: eve gets nil
`)
}

func TestClosedSessionFinishesItsTombstone(t *testing.T) {
	s := newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		storeDown().revokes("eve").
		closes().
		storeUp().after(5 * time.Second)
	s.want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0 (down); eve gets ErrUnavailable, retry after 1.671s
12:00:00 Revoked -> Closed; withdrawn
12:00:00 Closed: save a tombstone with ref0tok0; revoke ref0
`)
}
