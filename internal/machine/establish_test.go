package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestEstablishedTokenReplacesTheGrant(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves", "published").
		gets("alice").
		after(time.Second).establishes("eve", "tok1", "ref1").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; tok0 published, stale 12:49:04.530, until 12:57:00; alice gets tok0
12:00:01 Fresh: eve gets nil; save tok1 as 2.1; tok1 published, stale 12:50:42.281, until 12:57:01
12:00:01 Fresh: bob gets tok1
`)
}

func TestEstablishWaitsForTheRenewalUnderWay(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").
		after(time.Second).establishes("eve", "tok9", "ref9").
		gets("carol").
		minted("tok1").
		gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:01 Stale: eve gets nil
12:53:01 Stale: carol gets tok0
12:53:01 Stale -> Fresh; save tok1 as 1.2; save tok9 as 2.1
12:53:01 Fresh: dan gets tok9
`)
}

func TestOlderTokenEstablishesNothing(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		late(-time.Hour).establishes("eve", "tok1", "ref1").
		late(time.Hour).gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
11:00:00 Fresh: eve gets nil
12:00:00 Fresh: bob gets tok0
`)
}

// A clock that was set has the store tell another time of a token than its holder knows.
func TestTokenThatIsHeldEstablishesNothing(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		after(time.Second).establishes("eve", "tok0", "ref0").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:01 Fresh: eve gets nil
12:00:01 Fresh: bob gets tok0
`)
}

func TestEstablishThatCannotBeSavedIsServedUnsaved(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		storeHolds().
		after(time.Second).establishes("eve", "tok1", "ref1").
		gets("bob").
		lands().breaks().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:01 Fresh: eve gets nil; load
12:00:01 Fresh: bob gets tok0
12:00:01 Fresh: save tok1 as 2.1
12:00:01 Fresh: unsaved
12:00:01 Fresh: carol gets tok1
`)
}

func TestEstablishWithoutTheStoreIsTriedAgain(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		storeDown().
		after(time.Second).establishes("eve", "tok1", "ref1").
		gets("bob").
		storeUp().after(2 * time.Second).
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:01 Fresh: eve gets nil; load (down); fails
12:00:01 Fresh: bob gets tok0
12:00:02 Fresh: recovered from 1
12:00:03 Fresh: carol gets tok1
`)
}

func TestStoredRecordWinsOverAnOlderGivenToken(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		at("12:53:00").refreshes("bob").minted("tok1").
		restarts().gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; renewal 2: mint with ref0
12:53:00 Stale -> Fresh; bob gets tok1
12:53:00 Empty -> Acquiring -> Fresh; woke; carol gets tok1
`)
}

func TestLaterGivenTokenWinsOverTheRecord(t *testing.T) {
	later := persistent
	later.Given = token("tok9", "ref9", noon.Add(time.Hour), time.Hour)
	newStory(t, persistent, onDisk).
		gets("alice").
		at("13:00:00").restarts(later).gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
13:00:00 Empty -> Acquiring -> Fresh; bob gets tok9
`)
}

func TestDeadRecordYieldsOnlyToALaterToken(t *testing.T) {
	later := persistent
	later.Given = token("tok9", "ref9", noon.Add(2*time.Hour), time.Hour)
	newStory(t, persistent, onDisk).
		gets("alice").
		at("12:58:00").gets("bob").denied().
		at("13:00:00").restarts().gets("carol").
		at("14:00:00").restarts(later).gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Dead; withdrawn; bob gets ErrLoginRequired (400)
13:00:00 Empty -> Acquiring -> Dead; woke; withdrawn; carol gets ErrLoginRequired (400)
14:00:00 Empty -> Acquiring -> Fresh; dan gets tok9
`)
}

func TestRevokedRecordYieldsOnlyToALaterToken(t *testing.T) {
	later := persistent
	later.Given = token("tok9", "ref9", noon.Add(2*time.Hour), time.Hour)
	newStory(t, persistent, onDisk).
		gets("alice").
		revokes("eve").ends().ends().
		at("13:00:00").restarts().gets("carol").
		at("14:00:00").restarts(later).gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: eve gets nil
13:00:00 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; carol gets ErrRevoked
14:00:00 Empty -> Acquiring -> Fresh; dan gets tok9
`)
}

// What is established while the old grant is still being ended is not revoked.
func TestEstablishDuringARevokeSurvivesIt(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		revokes("eve").
		after(time.Second).establishes("fay", "tok9", "ref9").
		gets("bob").
		after(time.Second).ends().ends().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoke ref0
12:00:01 Revoked -> Acquiring; fay gets nil
12:00:01 Acquiring: bob waits
12:00:02 Acquiring: revoke tok0
12:00:02 Acquiring -> Fresh; eve gets nil; bob gets tok9
12:00:02 Fresh: carol gets tok9
`)
}

func TestRevokeEndsATokenThatWasOfferedBeforeIt(t *testing.T) {
	newStory(t, persistent).
		gets("alice").
		after(time.Second).refreshes("bob").
		establishes("eve", "tok9", "ref9").
		revokes("fay").
		after(time.Second).mintedPair("tok1", "ref1").
		ends().ends().ends().ends().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:01 Fresh -> Stale; renewal 2: mint with ref0
12:00:01 Stale: eve gets nil
12:00:01 Stale -> Revoked; withdrawn; bob gets ErrRevoked
12:00:02 Revoked: revoke ref1
12:00:02 Revoked: revoke tok1
12:00:02 Revoked: revoke ref9
12:00:02 Revoked: revoke tok9
12:00:02 Revoked: fay gets nil
12:00:02 Revoked: carol gets ErrRevoked
`)
}

func TestGrantEstablishedElsewhereIsNotEndedByARevokeHere(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").
		after(time.Second).establishedElsewhere("tok9", "ref9").hears().
		ends().ends().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:01 Revoked: revoke tok0
12:00:01 Revoked -> Empty; save the empty tombstone (conflict); eve gets nil
12:00:01 Empty -> Acquiring -> Fresh; woke; bob gets tok9
`)
}

// What was being saved when it was revoked elsewhere is not given out because
// somebody has logged in again since.
func TestGivenTokenThatWasRevokedWhileItWasSavedIsNotPublished(t *testing.T) {
	newStory(t, persistent, betweenP).telling("published").
		storeHolds().gets("alice").lands().
		writes(func(r *messages.Record) { r.Grant, r.Status = 1, messages.Gone }).hears(). // by who was given it too
		after(time.Second).establishes("eve", "tok5", "ref5").
		after(2 * time.Second).
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:00 Acquiring -> Revoked; withdrawn; revoked elsewhere; alice gets ErrRevoked
12:00:01 Revoked -> Acquiring; eve gets nil
12:00:03 Acquiring: load
`)
}

// Who waits for a given token when the one before it runs out is told when to come again.
func TestGivenTokenThatCannotBeSavedIsDueAgain(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:40:00").storeHolds().establishes("eve", "tok9", "ref9").
		refreshes("bob").
		late(time.Hour).gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:40:00 Fresh: eve gets nil; load
12:40:00 Fresh -> Stale
13:40:00 Stale -> Acquiring; bob gets ErrUnavailable, retry after 1s
`)
}
