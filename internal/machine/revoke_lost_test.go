package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// What a Revoke is about is not lost on the way to its end, whatever is heard meanwhile.

func TestTokenThatIsEndedBehindATombstoneIsNotForgottenForAnother(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		revokes("fay").
		storeUp().lands().
		ends().ends().
		answers503().
		revokedElsewhere().hears().
		after(time.Second).
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:01 Fresh: eve gets nil; load
12:00:01 Fresh -> Revoked; withdrawn
12:00:01 Revoked: revoke ref0
12:00:01 Revoked: revoke tok0
12:00:01 Revoked: revoke ref9
12:00:01.298 Revoked: revoke ref9
12:00:02 Revoked: revoke tok9
12:00:02 Revoked: fay gets nil
`)
}

func TestPairThatADoubtHasBroughtIsNotForgottenForAnother(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		writes(doubtfullyRevoked).hears().
		revokes("fay").minted("tok1").
		revokedElsewhere().writes(func(r *messages.Record) { r.Doubted = false }).hears().
		answers503().after(time.Second).
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:00 Revoked: renewal 2: mint with ref0
12:00:00 Revoked: revoke ref1
12:00:00.298 Revoked: revoke ref1
12:00:01 Revoked: revoke tok1
12:00:01 Revoked: fay gets nil
`)
}

func TestTokenOfTheGrantBeforeIsNotForgottenForTheEndOfTheNext(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		storeHolds().revokes("eve").unheard().
		establishedElsewhere("tok8", "ref8").
		revokedElsewhere().hears().
		storeUp().lands().
		answers503().after(time.Second).
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0
12:00:00 Revoked: revoke ref0
12:00:00.294 Revoked: revoke ref0
12:00:01 Revoked: revoke tok0
12:00:01 Revoked -> Empty; eve gets nil
`)
}

func TestGrantThatIsReplacedWhileItIsRevokedIsEndedToo(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		storeHolds().revokes("fay").
		establishedElsewhere("tok8", "ref8").
		storeUp().lands().
		ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0
12:00:00 Revoked: save a tombstone with ref8tok8; revoke ref8
12:00:00 Revoked: revoke tok8
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; fay gets nil
`)
}

func TestGivenTokenIsEndedThoughAnotherHasTakenItsPlace(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").lands().
		revokes("fay").
		establishedElsewhere("tok8", "ref8").hears().
		storeUp().lands().
		ends().ends().ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:01 Fresh: eve gets nil; load
12:00:01 Fresh: save tok9 as 2.1
12:00:01 Fresh -> Revoked; withdrawn
12:00:01 Revoked: save a tombstone with ref8tok8; revoke ref8
12:00:01 Revoked: revoke tok8
12:00:01 Revoked: revoke ref0
12:00:01 Revoked: revoke tok0
12:00:01 Revoked: revoke ref9
12:00:01 Revoked: revoke tok9
12:00:01 Revoked: save the empty tombstone; fay gets nil
`)
}

func TestMintedTokenIsEndedThoughAnotherHasTakenItsPlace(t *testing.T) {
	newStory(t, credentials, betweenP).telling("saves").
		gets("alice").minted("tok0").
		after(time.Second).refreshes("bob").
		revokes("fay").
		renewedElsewhere("tok8", "").hears().
		minted("tok1").
		ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:01 Fresh -> Stale; renewal 2: mint
12:00:01 Stale -> Revoked; withdrawn; bob gets ErrRevoked
12:00:01 Revoked: save a tombstone with tok8; revoke tok8
12:00:01 Revoked: revoke tok0
12:00:01 Revoked: revoke tok1
12:00:01 Revoked: save the empty tombstone; fay gets nil
`)
}

// The newer of two that were there before is saved as the next grant.
func TestTokenInTheStoreIsEndedWithTheOneThatIsGivenInItsPlace(t *testing.T) {
	newer := persistent
	newer.Given = token("tok9", "ref9", noon.Add(time.Second), time.Hour)
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		after(2 * time.Second).restarts(newer).revokes("fay").
		ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:02 Empty -> Revoked; withdrawn; save a tombstone with ref9tok9; revoke ref9
12:00:02 Revoked: revoke tok9
12:00:02 Revoked: revoke ref0
12:00:02 Revoked: revoke tok0
12:00:02 Revoked: save the empty tombstone; fay gets nil
`)
}

// The watch may look while the session still ends something else.
func TestGivenTokenIsNotForgottenBecauseTheWatchHasLooked(t *testing.T) {
	newStory(t, stored, betweenP).telling("saves").
		storeHolds().revokes("fay").lands().
		after(time.Second).establishes("eve", "tok9", "ref9").
		revokes("grace").
		writes(func(r *messages.Record) {
			r.Grant, r.Generation, r.Token = 1, 1, token("tok8", "ref8", noon, time.Hour)
		}).hears().
		storeUp().lands().
		ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Revoked; withdrawn; load
12:00:00 Revoked -> Empty; fay gets nil
12:00:01 Empty -> Acquiring; eve gets nil; load
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: save a tombstone with ref9tok9; revoke ref9
12:00:01 Revoked: revoke tok9
12:00:01 Revoked: revoke ref8
12:00:01 Revoked: revoke tok8
12:00:01 Revoked: save the empty tombstone; grace gets nil
`)
}

func TestRevokeIsNotConfirmedBeforeWhatWasLeftOverIsEnded(t *testing.T) {
	newStory(t, credentials, betweenP).telling("saves").
		gets("alice").minted("tok0").
		revokes("fay").answers401().
		gets("bob").revokes("grace").answers503().
		answers503().after(time.Second).ends().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with tok0; revoke tok0
12:00:00 Revoked: fay gets ErrUnavailable (401), retry after 1s
12:00:00 Revoked -> Acquiring; renewal 3: mint
12:00:00 Acquiring -> Revoked; withdrawn; bob gets ErrRevoked
12:00:00 Revoked: revoke tok0
12:00:00.222 Revoked: revoke tok0
12:00:01 Revoked: save the empty tombstone; grace gets nil
`)
}

func TestRevokeThatJoinsTheLastWriteOfAnotherEndsWhatWasGivenBetween(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		revokes("fay").ends().storeHolds().ends().
		after(time.Second).establishes("eve", "tok9", "ref9").
		revokes("grace").storeUp().lands().
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone
12:00:01 Revoked -> Acquiring; eve gets nil
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: revoke ref9
12:00:01 Revoked: revoke tok9
12:00:01 Revoked: save the empty tombstone; fay gets nil; grace gets nil
`)
}

func TestRevokeThatWaitsForAnotherLooksForWhatIsBegunOverBoth(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").
		establishedElsewhere("tok8", "ref8").
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).hears().
		establishedElsewhere("tok9", "ref9").
		revokes("grace").
		answers401().
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: grace waits
12:00:00 Revoked: eve gets ErrUnavailable (401), retry after 1s; save a tombstone with ref9tok9; revoke ref9
12:00:00 Revoked: revoke tok9
12:00:00 Revoked: save the empty tombstone; grace gets nil
`)
}

// What was revoked stays so though its token is configured, and whoever wrote the tombstone.
func TestTokenOfBeforeTheLastRevokeUndoesNone(t *testing.T) {
	for _, store := range []Traits{betweenP, onDisk} {
		newStory(t, persistent, store).
			gets("alice").
			revokes("fay").ends().ends().
			after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
			revokes("grace").
			storeUp().lands().ends().ends().
			restarts().gets("bob").
			want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: fay gets nil
12:00:01 Revoked -> Acquiring; eve gets nil; load
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: revoke ref9
12:00:01 Revoked: revoke tok9
12:00:01 Revoked: grace gets nil
12:00:01 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
`)
	}
}

func TestTokenOfBeforeARevokeBehindAnothersTombstoneUndoesNone(t *testing.T) {
	older := persistent
	older.Given = token("tok5", "ref5", noon.Add(time.Second), time.Hour)
	newStory(t, persistent, betweenP).
		gets("alice").
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).
		after(2 * time.Second).revokes("fay").ends().ends().
		restarts(older).gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:02 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); revoke ref0
12:00:02 Revoked: revoke tok0
12:00:02 Revoked: fay gets nil
12:00:02 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
`)
}

func TestWhatIsEstablishedBehindARevokeIsSavedThoughNobodyAsks(t *testing.T) {
	newStory(t, stored, betweenP).telling("saves").
		storeHolds().revokes("fay").
		after(time.Second).establishes("eve", "tok9", "ref9").
		lands().storeUp().lands().
		want(`
12:00:00 Empty -> Revoked; withdrawn; load
12:00:01 Revoked -> Acquiring; eve gets nil
12:00:01 Acquiring: fay gets nil; load
12:00:01 Acquiring -> Fresh; save tok9 as 1.1
`)
}

// When a Revoke was asked for is in the key: the tombstone that it writes says so.
func TestRevokesThatWereAskedForAtTwoTimesDiffer(t *testing.T) {
	var keys [2]string
	for i, d := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond} {
		s := newStory(t, persistent, betweenP).
			gets("alice").
			storeHolds().after(40 * time.Minute).refreshes("bob").
			late(d).revokes("fay").late(2*time.Second - d)
		keys[i] = s.cur.session.Key(s.now)
	}
	if keys[0] == keys[1] {
		t.Error("the same key")
	}
}

// What was left over of a grant is not taken for the one that was to be begun.
func TestTokenThatCouldNotBeEndedIsNotRenewedFrom(t *testing.T) {
	newStory(t, credentials, betweenP, Settings{Retries: -1}).telling("saves").
		gets("alice").minted("tok0").
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).hears().
		gets("bob").revokes("fay").fails(messages.Failure{Verdict: messages.Hopeless, Status: 400}).
		answers401().
		gets("carol").minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:00 Revoked -> Acquiring; renewal 2: mint
12:00:00 Acquiring -> Revoked; withdrawn; bob gets ErrRevoked
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: fay gets ErrUnavailable (401), retry after 1s
12:00:00 Revoked -> Acquiring; renewal 4: mint
12:00:00 Acquiring -> Fresh; save tok1 as 3.1; carol gets tok1; revoke tok0
`)
}

func TestGrantThatWasReplacedAndRevokedBeforeItsTombstoneIsEndedToo(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		storeHolds().revokes("fay").
		establishedElsewhere("tok8", "ref8").
		revokedElsewhere().
		storeUp().lands().
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; fay gets nil
`)
}

func TestTokenThatWasRenewedAndRevokedElsewhereIsEndedToo(t *testing.T) {
	newStory(t, credentials, betweenP).telling("saves").
		gets("alice").minted("tok0").
		storeHolds().revokes("fay").
		renewedElsewhere("tok8", "").
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).
		storeUp().lands().
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with tok0
12:00:00 Revoked: revoke tok8
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; fay gets nil
`)
}

// Who waits behind another's Revoke asked when he did, and what was established since goes on.
func TestEstablishSurvivesARevokeThatWaitsForAnother(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").
		establishedElsewhere("tok8", "ref8").
		after(time.Second).revokes("fay").
		after(time.Second).establishes("gus", "tok9", "ref9").
		after(time.Second).ends().ends().
		gets("bob").
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:01 Revoked: fay waits
12:00:02 Revoked -> Acquiring; gus gets nil
12:00:03 Acquiring: revoke tok0
12:00:03 Acquiring: save the empty tombstone (conflict); eve gets nil; save a tombstone with ref8tok8; revoke ref8
12:00:03 Acquiring: bob waits
12:00:03 Acquiring: revoke tok8
12:00:03 Acquiring -> Fresh; save the empty tombstone; fay gets nil; save tok9 as 3.1; bob gets tok9
`)
}

// A doubt is about the token that may be spent, and not about the one that is given in its place.
func TestDoubtOfTheTokenBeforeIsNotAboutTheGivenOne(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:55:00").refreshes("bob").answerLost().
		storeHolds().establishes("eve", "tok9", "ref9").lands().
		revokes("fay").
		storeUp().lands().
		ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:55:00 Fresh -> Stale; renewal 2: mint with ref0
12:55:00 Stale: in doubt; bob gets ErrUnavailable, retry after 2m0s; fails; due again 12:57:00
12:55:00 Stale: eve gets nil; load
12:55:00 Stale: save tok9 as 2.1
12:55:00 Stale -> Revoked; withdrawn
12:55:00 Revoked: save a tombstone with ref9tok9; revoke ref9
12:55:00 Revoked: revoke tok9
12:55:00 Revoked: revoke ref0
12:55:00 Revoked: revoke tok0
12:55:00 Revoked: save the empty tombstone; fay gets nil
`)
}

func TestClaimOnTheTokenBeforeIsNotAboutTheGivenOne(t *testing.T) {
	newer := persistent
	newer.Given = token("tok9", "ref9", noon.Add(time.Second), time.Hour)
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		claimedElsewhere(10 * time.Second).
		after(2 * time.Second).restarts(newer).revokes("fay").
		ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:02 Empty -> Revoked; withdrawn; save a tombstone with ref9tok9; revoke ref9
12:00:02 Revoked: revoke tok9
12:00:02 Revoked: revoke ref0
12:00:02 Revoked: revoke tok0
12:00:02 Revoked: save the empty tombstone; fay gets nil
`)
}

func TestTokenThatCouldNotBeEndedIsNotForgottenForANewGrant(t *testing.T) {
	newStory(t, stored, betweenP).telling("saves").
		gets("alice").
		storeHolds().establishes("eve", "tok9", "ref9").
		revokes("fay").storeUp().lands().
		answers401().
		writes(func(r *messages.Record) {
			r.Grant, r.Generation, r.Token = 1, 1, token("tok8", "ref8", noon, time.Hour)
		}).hears().
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Dead; alice gets ErrLoginRequired
12:00:00 Dead -> Acquiring; eve gets nil; load
12:00:00 Acquiring -> Revoked; withdrawn
12:00:00 Revoked: revoke ref9
12:00:00 Revoked: fay gets ErrUnavailable (401), retry after 1s
12:00:00 Revoked -> Fresh; adopted; revoke ref9
12:00:00 Fresh: revoke tok9
`)
}

// A record that nobody can read says nothing about a token that was given before the Revoke.
func TestGivenTokenIsNotSavedAfterARevokeThatCouldNotRead(t *testing.T) {
	s := newStory(t, stored, betweenP).telling("saves").
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		revokes("fay")
	s.answers(s.outstanding(isStores), Foreign{})
	s.answers(s.outstanding(isStores), Foreign{})
	s.storeUp().writes(func(r *messages.Record) {
		r.Grant, r.Generation, r.Token = 1, 1, token("tok8", "ref8", noon, time.Hour)
	}).hears().
		gets("bob").
		ends().ends().
		want(`
12:00:01 Empty -> Acquiring; eve gets nil; load
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: load
12:00:01 Revoked: fay gets ErrUnavailable, retry after 1s; revoke ref9
12:00:01 Revoked -> Fresh; woke
12:00:01 Fresh: bob gets tok8
12:00:01 Fresh: revoke tok9
`)
}
