package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// A tombstone is about what was there when it was written, and not about the grant that
// another process has begun over it: who asks after that asks for that one too.
func TestRevokeThatJoinsAnotherEndsWhatWasBegunOverItsTombstone(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		storeHolds().revokes("eve").unheard().
		establishedElsewhere("tok8", "ref8").
		revokes("fay").
		storeUp().lands().
		gets("bob").
		ends().ends().
		ends().ends().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0
12:00:00 Revoked: fay waits
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: bob gets ErrRevoked
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone (conflict); eve gets nil; save a tombstone with ref8tok8; revoke ref8
12:00:00 Revoked: revoke tok8
12:00:00 Revoked: save the empty tombstone; fay gets nil
12:00:00 Revoked: carol gets ErrRevoked
`)
}

// The same while the watch has told of the new grant before.
func TestRevokeThatJoinsAnotherEndsTheGrantItsProcessHasHeardOf(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").
		establishedElsewhere("tok8", "ref8").hears().
		revokes("fay").
		ends().ends().
		gets("bob").
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: fay waits
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone (conflict); eve gets nil; save a tombstone with ref8tok8; revoke ref8
12:00:00 Revoked: bob gets ErrRevoked
12:00:00 Revoked: revoke tok8
12:00:00 Revoked: save the empty tombstone; fay gets nil
`)
}

// A watch that is behind has not told of the new grant.
func TestRevokeOfWhatIsRevokedLooksAtTheStore(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").ends().ends().
		revokes("fay").
		establishedElsewhere("tok8", "ref8").
		revokes("grace").
		gets("bob").
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
12:00:00 Revoked: fay gets nil
12:00:00 Revoked: save a tombstone with ref8tok8; revoke ref8
12:00:00 Revoked: bob gets ErrRevoked
12:00:00 Revoked: revoke tok8
12:00:00 Revoked: save the empty tombstone; grace gets nil
`)
}

// A replica that is behind has the tombstone of before.
func TestRevokeThatHasFoundANewGrantDoesNotLookBehindIt(t *testing.T) {
	s := newStory(t, persistent, betweenP).
		gets("alice").
		revokes("eve").ends().ends().
		establishedElsewhere("tok8", "ref8").
		storeHolds().revokes("fay").lands()
	if l := s.outstanding(isStores).effect.(Load); l.Min != s.shelf.rev {
		t.Errorf("it takes revision %d for an answer, and has seen %d", l.Min, s.shelf.rev)
	}
}

// It has heard of two grants over its tombstone before it was told that that has landed.
func TestRevokeThatWasOvertakenTwiceDoesNotLookBehindTheSecond(t *testing.T) {
	s := newStory(t, persistent, betweenP).
		gets("alice").
		storeHolds().revokes("eve").unheard().
		establishedElsewhere("tok8", "ref8").hears().
		revokedElsewhere().hears().
		establishedElsewhere("tok9", "ref9").hears().
		lands().ends().ends().
		gets("bob")
	if l := s.outstanding(isStores).effect.(Load); l.Min != s.shelf.rev {
		t.Errorf("it takes revision %d for an answer, and has seen %d", l.Min, s.shelf.rev)
	}
}

func TestRevokeOfNothingLooksAtTheStore(t *testing.T) {
	newStory(t, stored, betweenP).telling("saves").
		gets("alice").
		establishedElsewhere("tok8", "ref8").
		revokes("eve").
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Dead; alice gets ErrLoginRequired
12:00:00 Dead -> Revoked; withdrawn; save a tombstone with ref8tok8; revoke ref8
12:00:00 Revoked: revoke tok8
12:00:00 Revoked: save the empty tombstone; eve gets nil
`)
}

// What is left of a Revoke that has failed is ended first.
func TestRevokeThatResumesEndsTheNextGrantToo(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").answers401().
		establishedElsewhere("tok8", "ref8").
		revokes("fay").
		ends().ends().
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: eve gets ErrUnavailable (401), retry after 1s
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save a tombstone with ref8tok8; revoke ref8
12:00:00 Revoked: revoke tok8
12:00:00 Revoked: save the empty tombstone; fay gets nil
`)
}

func TestRevokeOfWhatIsRevokedIsNotDoneWithoutTheStore(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").ends().ends().
		storeDown().revokes("fay").
		storeUp().after(2 * time.Second).
		revokes("grace").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
12:00:00 Revoked: load (down); fay gets ErrUnavailable, retry after 1.671s
12:00:02 Revoked: grace gets nil
`)
}

func TestRevokeThatJoinsAnotherIsNotDoneWithoutTheStore(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").revokes("fay").ends().
		storeDown().ends().
		storeUp().after(3 * time.Second).
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: fay waits
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone (down); eve gets nil; fay gets ErrUnavailable, retry after 1.671s
12:00:01.671 Revoked: save the empty tombstone
`)
}

func TestRevokeThatJoinsAnotherIsToldOfTheEnd(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").revokes("fay").revokes("grace").
		leaves("fay").
		closes().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: fay waits
12:00:00 Revoked: grace waits
12:00:00 Revoked -> Closed; withdrawn; eve gets ErrClosed; grace gets ErrClosed
12:00:00 Closed: revoke tok0
12:00:00 Closed: save the empty tombstone
`)
}

// A Revoke is about what was begun before it.
func TestTokenOfferedWhileARevokeLooksIsInstalledAfterIt(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").ends().ends().
		storeHolds().revokes("fay").
		after(time.Second).establishes("dan", "tok9", "ref9").
		storeUp().lands().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
12:00:00 Revoked: load
12:00:01 Revoked -> Acquiring; dan gets nil
12:00:01 Acquiring -> Fresh; fay gets nil; save tok9 as 2.1
12:00:01 Fresh: bob gets tok9
`)
}

// Where nobody else writes, what the session knows is all there is.
func TestRevokeOfWhatIsRevokedAsksNobodyWhereNobodyElseWrites(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		revokes("eve").revokes("fay").ends().ends().
		storeDown().revokes("grace").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: fay waits
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil; fay gets nil
12:00:00 Revoked: grace gets nil
`)
}

// Two processes were given tokens of two logins, and both put theirs in the first place.
func TestRevokeEndsWhatTheStoreHasInThePlaceOfAnUnsavedPair(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		storeHolds().gets("alice").lands().breaks().
		renewedElsewhere("tok8", "ref8").
		storeUp().revokes("eve").
		ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:00 Acquiring -> Fresh; alice gets tok0; unsaved
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); save a tombstone with ref8tok8; revoke ref8
12:00:00 Revoked: revoke tok8
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
`)
}

func TestRevokeEndsAnUnsavedPairOfWhichATombstoneDoesNotKnow(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		storeHolds().gets("alice").lands().breaks().
		revokedElsewhere().
		storeUp().revokes("eve").
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:00 Acquiring -> Fresh; alice gets tok0; unsaved
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
`)
}

// What comes late from the store is what is being ended already.
func TestRevokeEndsAPairOnceThatWasSavedAfterAll(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		storeHolds().gets("alice").lands().unheard().
		after(3 * time.Second).
		storeUp().revokes("eve").
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:03 Acquiring -> Fresh; alice gets tok0; unsaved
12:00:03 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); save a tombstone with ref0tok0; revoke ref0
12:00:03 Revoked: revoke tok0
12:00:03 Revoked: save the empty tombstone; eve gets nil
`)
}

func TestRevokeThatCouldNotLookEndsTheNewGrantWhenItCan(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").ends().ends().
		storeDown().revokes("fay").
		establishedElsewhere("tok8", "ref8").
		storeUp().after(2 * time.Second).
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
12:00:00 Revoked: load (down); fay gets ErrUnavailable, retry after 1.671s
12:00:01.671 Revoked: save a tombstone with ref8tok8; revoke ref8
12:00:02 Revoked: revoke tok8
12:00:02 Revoked: save the empty tombstone
`)
}

func TestRevokeEndsATokenThatWasOfferedBesideTheOneOfAnother(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		storeHolds().revokes("eve").lands().
		renewedElsewhere("tok8", "ref8").
		storeUp().lands().
		ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Revoked; withdrawn; load
12:00:00 Revoked: save a tombstone with ref0tok0
12:00:00 Revoked: save a tombstone with ref8tok8; revoke ref8
12:00:00 Revoked: revoke tok8
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
`)
}

// A pair that has been renewed elsewhere goes with what it was renewed to.
func TestRevokeEndsAnUnsavedPairAndTheNewestOfTheOther(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		storeHolds().gets("alice").lands().breaks().
		revokes("eve").
		renewedElsewhere("tok8", "ref8").lands().lands().
		renewedElsewhere("tok9", "ref9").
		storeUp().lands().
		ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:00 Acquiring -> Fresh; alice gets tok0; unsaved
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0
12:00:00 Revoked: load
12:00:00 Revoked: save a tombstone with ref8tok8
12:00:00 Revoked: save a tombstone with ref9tok9; revoke ref9
12:00:00 Revoked: revoke tok9
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
`)
}

func TestRevokeEndsAPairOnceThatAnotherHasRevokedAfterAll(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		storeHolds().gets("alice").lands().unheard().
		after(3 * time.Second).
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).
		storeUp().revokes("eve").
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:03 Acquiring -> Fresh; alice gets tok0; unsaved
12:00:03 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); revoke ref0
12:00:03 Revoked: revoke tok0
12:00:03 Revoked: save the empty tombstone; eve gets nil
`)
}

func TestRevokeEndsAnUnsavedPairOnceItsTombstoneHasLanded(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		storeHolds().gets("alice").lands().breaks().
		storeUp().revokes("eve").
		revokedElsewhere().hears().
		ends().
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:00 Acquiring -> Fresh; alice gets tok0; unsaved
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: save the empty tombstone; eve gets nil
`)
}

func TestRevokeEndsWhatIsBehindATombstoneOnce(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		storeHolds().gets("alice").lands().breaks().
		renewedElsewhere("tok8", "ref8").
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).
		storeUp().revokes("eve").
		revokedElsewhere().hears().
		ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:00 Acquiring -> Fresh; alice gets tok0; unsaved
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); revoke ref8
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
`)
}

// A grant that was begun over a tombstone of ours and has been revoked since lies behind a
// tombstone too: what is minted while the store does not answer is of the next grant.
func TestTokenAfterARevokeThatWasOvertakenByAnotherIsOfAGrantOfItsOwn(t *testing.T) {
	newStory(t, betweenP).telling("saves").
		gets("alice").minted("tok1").
		storeHolds().revokes("eve").unheard().
		establishedElsewhere("tok8", "").
		revokedElsewhere().hears().
		storeUp().lands().
		storeDown().
		ends().
		gets("bob").minted("tok2").
		storeUp().after(time.Minute).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; save tok1 as 1.1; alice gets tok1
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with tok1
12:00:00 Revoked: revoke tok1
12:00:00 Revoked -> Empty; eve gets nil
12:00:00 Empty -> Acquiring; load (down); load (down); renewal 3: mint
12:00:00 Acquiring -> Fresh; save tok2 as 3.1 (down); bob gets tok2; unsaved
12:00:01.902 Fresh: save tok2 as 3.1; saved
`)
}

// What the server has ended is not ended again because the tombstone was written once more.
func TestEndIsNotForgottenForATombstoneThatIsWrittenAgain(t *testing.T) {
	newStory(t, persistent, betweenP, Settings{Retries: -1}).telling("saves").
		gets("alice").
		writes(doubtfullyRevoked).hears().
		revokes("fay").
		denied().
		storeHolds().ends().
		writes(func(r *messages.Record) { r.Renewer = "Y" }).
		storeUp().lands().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:00 Revoked: renewal 2: mint with ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone
12:00:00 Revoked: fay gets nil; save the empty tombstone
12:00:00 Revoked: bob gets ErrRevoked
`)
}
