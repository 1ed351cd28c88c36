package machine

import (
	"testing"
	"time"
)

func TestExpiredPairFromTheStoreIsRenewedNotServed(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		at("15:00:00").restarts(stored).
		gets("bob").minted("tok1").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
15:00:00 Empty -> Acquiring; woke; withdrawn; renewal 1: mint with ref0
15:00:00 Acquiring -> Fresh; bob gets tok1
`)
}

func TestStoredPairIsServedAfterARestart(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		at("12:30:00").restarts(stored).
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:30:00 Empty -> Acquiring -> Fresh; woke; bob gets tok0
`)
}

func TestEmptyStoreAsksForALogin(t *testing.T) {
	newStory(t, stored).
		gets("alice").gets("bob").refreshes("carol").
		want(`
12:00:00 Empty -> Acquiring -> Dead; alice gets ErrLoginRequired
12:00:00 Dead: bob gets ErrLoginRequired
12:00:00 Dead: carol gets ErrLoginRequired
`)
}

func TestEmptyStoreOfAnAuthorizationIsErrNotEstablished(t *testing.T) {
	unborn := stored
	unborn.Unborn = true
	newStory(t, unborn).
		gets("alice").
		establishes("eve", "tok1", "ref1").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Dead; alice gets ErrNotEstablished
12:00:00 Dead -> Acquiring -> Fresh; eve gets nil
12:00:00 Fresh: bob gets tok1
`)
}

// A grant that can be used again is used without the store.
func TestStoreThatNeverAnswersHangsNobody(t *testing.T) {
	newStory(t, betweenP).storeHolds().
		gets("alice").
		after(22 * time.Second).minted("tok1").
		after(3 * time.Second).
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; load
12:00:11 Acquiring: load
12:00:22 Acquiring: renewal 1: mint
12:00:22 Acquiring: save tok1 as 1.1
12:00:25 Acquiring -> Fresh; alice gets tok1; unsaved
12:00:25 Fresh: bob gets tok1
`)
}

// One that can be used once is not risked: the caller is told.
func TestOneTimeGrantIsNotSpentWithoutTheStore(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		storeDown().
		at("12:53:00").gets("bob").
		at("12:58:00").gets("carol").
		after(10 * time.Second).gets("dan").
		after(10 * time.Second).storeUp().
		gets("eve").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; load (down); fails; due again 12:53:01.428
12:58:00 Stale -> Expired -> Acquiring; load (down)
12:58:00.743 Acquiring: load (down)
12:58:02.227 Acquiring -> Cooling; load (down); carol gets ErrUnavailable, retry after 2s; fails; due again 12:58:04.227
12:58:10 Cooling -> Expired -> Acquiring; load (down)
12:58:10.743 Acquiring: load (down)
12:58:12.227 Acquiring -> Cooling; load (down); dan gets ErrUnavailable, retry after 4s; fails; due again 12:58:16.227
12:58:20 Cooling -> Expired -> Acquiring; renewal 5: mint with ref0
`)
}

func TestSilentStoreHangsNobodyBeforeTheFirstToken(t *testing.T) {
	newStory(t, stored, betweenP).storeHolds().
		gets("alice").
		after(time.Minute).
		want(`
12:00:00 Empty -> Acquiring; load
12:00:11.504 Acquiring: load
12:00:23.181 Acquiring: load
12:00:30 Acquiring: alice gets ErrUnavailable, retry after 1s
12:00:34.181 Acquiring -> Cooling; fails; due again 12:00:35.181
`)
}

func TestFailedSaveLosesNoRotatedToken(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").
		storeDown().minted("tok1").
		gets("carol").
		after(2 * time.Second).storeUp().
		after(3 * time.Second).restarts(stored).
		gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale -> Fresh; save tok1 as 1.2 (down); unsaved
12:53:00 Fresh: carol gets tok1
12:53:01.671 Fresh: save tok1 as 1.2 (down)
12:53:04.154 Fresh: save tok1 as 1.2; saved
12:53:05 Empty -> Acquiring -> Fresh; woke; dan gets tok1
`)
}

func TestSlowSaveIsPublishedUnsavedAndResentAsItWas(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		at("12:58:00").gets("bob").
		storeHolds().minted("tok1").
		unheard().
		after(3 * time.Second).storeUp().
		after(3 * time.Second).
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring: save tok1 as 1.2
12:58:03 Acquiring -> Fresh; bob gets tok1; unsaved
12:58:04.671 Fresh: save tok1 as 1.2; saved
`)
}

// A one-time pair that is not in the store is saved before it is spent.
func TestUnsavedPairIsNotSpentBeforeItIsSaved(t *testing.T) {
	newStory(t, persistent).telling("saves").
		gets("alice").
		at("12:58:00").gets("bob").
		storeDown().minted("tok1").
		refreshes("carol").
		after(time.Second).storeUp().
		after(4 * time.Second).refreshes("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Fresh; save tok1 as 1.2 (down); bob gets tok1; unsaved
12:58:00 Fresh -> Stale; save tok1 as 1.2 (down); carol gets ErrUnavailable, retry after 1.146s; fails; due again 12:58:01.146
12:58:02.483 Stale: save tok1 as 1.2; saved
12:58:05 Stale: renewal 5: mint with ref1
`)
}

func TestReusableGrantIsMintedAgainThoughItsPairIsUnsaved(t *testing.T) {
	newStory(t, onDisk).telling("saves").
		storeDown().
		gets("alice").minted("tok1").
		refreshes("bob").minted("tok2").
		storeUp().after(time.Minute).
		want(`
12:00:00 Empty -> Acquiring; load (down); renewal 1: mint
12:00:00 Acquiring -> Fresh; save tok1 as 1.1 (down); alice gets tok1; unsaved
12:00:00 Fresh -> Stale; load (down); renewal 2: mint
12:00:00 Stale -> Fresh; save tok2 as 1.2 (down); bob gets tok2; unsaved
12:00:02.880 Fresh: save tok2 as 1.2; saved
`)
}

func TestCloseWaitsForAnUnsavedPair(t *testing.T) {
	s := newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").
		storeDown().minted("tok1").
		closes().
		after(time.Second)
	if s.cur.session.Quiet() {
		t.Error("nothing is left to be saved")
	}
	s.storeUp().after(10 * time.Second)
	if !s.cur.session.Quiet() {
		t.Error("something is left to be saved")
	}
	s.want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale -> Fresh; save tok1 as 1.2 (down); unsaved
12:53:00 Fresh -> Closed; withdrawn; save tok1 as 1.2 (down)
12:53:02.483 Closed: save tok1 as 1.2; saved
`)
}

func TestCloseWaitsForARotatingMint(t *testing.T) {
	s := newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").refreshes("carol").
		closes().
		gets("dan")
	if s.cur.session.Quiet() {
		t.Error("the Mint is not waited for")
	}
	s.minted("tok1").restarts(stored).gets("eve").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: carol waits
12:53:00 Stale -> Closed; withdrawn; carol gets ErrClosed
12:53:00 Closed: dan gets ErrClosed
12:53:00 Closed: save tok1 as 1.2
12:53:00 Empty -> Acquiring -> Fresh; woke; eve gets tok1
`)
}

func TestCloseEndsItsOwnClaim(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves", "claims").
		gets("alice").
		at("12:53:00").storeHolds().gets("bob").
		lands().closes().lands().lands().
		on("B").gets("carol").
		want(`
12:00:00 A Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 A Fresh -> Stale; bob gets tok0; load
12:53:00 A Stale: claim for 20s
12:53:00 A Stale -> Closed; withdrawn
12:53:00 A Closed: release the claim
12:53:00 B Empty -> Acquiring -> Stale; woke; carol gets tok0; claim for 20s; renewal 1: mint with ref0
`)
}

func TestRecordOfAnotherIdentityIsNeitherUsedNorOverwritten(t *testing.T) {
	mine, other := persistent, stored
	mine.Identity[0], other.Identity[0] = 1, 2
	newStory(t, mine, onDisk).telling("saves").
		gets("alice").
		restarts(other).
		gets("bob").
		revokes("eve").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Empty -> Acquiring -> Cooling; bob gets ErrInvalid; fails; due again 12:05:00
12:00:00 Cooling -> Revoked; withdrawn; eve gets ErrUnavailable, retry after 1s
`)
}

// What the store tells of a token comes from another clock.
func TestRecordFromTheFutureIsNotTrusted(t *testing.T) {
	newStory(t, persistent, onDisk).telling("published").
		gets("alice").
		late(-10 * time.Minute).restarts(stored).gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; tok0 published, stale 12:49:04.530, until 12:57:00; alice gets tok0
11:50:00 Empty -> Acquiring; woke; withdrawn; renewal 1: mint with ref0
`)
}

func TestRecordFromTheNearFutureCountsFromNow(t *testing.T) {
	newStory(t, persistent, onDisk).telling("published").
		gets("alice").
		late(-time.Minute).restarts(stored).gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; tok0 published, stale 12:49:04.530, until 12:57:00; alice gets tok0
11:59:00 Empty -> Acquiring -> Fresh; woke; tok0 published, stale 12:48:04.530, until 12:56:00; bob gets tok0
`)
}

// A Load names the lowest revision that it accepts: a replica that lags behind
// does not move the session back.
func TestStaleReplicaIsNotBelieved(t *testing.T) {
	s := newStory(t, persistent, betweenP).
		gets("alice").
		at("12:53:00").refreshes("bob").minted("tok1").
		storeHolds().refreshes("carol")
	old := s.shelf.record
	old.Generation, old.Token = 1, persistent.Given
	s.answers(s.outstanding(isStores), Found{Rev: 1, Record: old}).
		gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; renewal 2: mint with ref0
12:53:00 Stale -> Fresh; bob gets tok1
12:53:00 Fresh -> Stale; load
12:53:00 Stale: carol gets ErrUnavailable, retry after 1.146s; fails; due again 12:53:01.146
12:53:00 Stale: dan gets tok1
`)
}

func TestSessionSleepsOnlyWhenTheStoreHasEverything(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		at("12:58:00").gets("bob").
		storeDown().minted("tok1").
		sleeps().
		storeUp().after(2 * time.Second).
		sleeps().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Fresh; save tok1 as 1.2 (down); bob gets tok1; unsaved
12:58:01.671 Fresh: saved
12:58:02 Fresh -> Empty; withdrawn; slept
`)
}

// Not even by the next try of the renewal that could not save it.
func TestUnsavedRefreshTokenIsNotSpentByTheNextTryEither(t *testing.T) {
	newStory(t, persistent).telling("saves").
		gets("alice").
		storeDown().lifetime(10 * time.Second).at("12:58:00").gets("bob").minted("tok1").
		after(9 * time.Second).gets("carol").
		after(3 * time.Second).
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Fresh; save tok1 as 1.2 (down); bob gets tok1; unsaved
12:58:01.671 Fresh: save tok1 as 1.2 (down)
12:58:04.154 Fresh: save tok1 as 1.2 (down)
12:58:07.139 Fresh: save tok1 as 1.2 (down)
12:58:09 Fresh -> Expired -> Acquiring; save tok1 as 1.2 (down)
12:58:09.660 Acquiring: save tok1 as 1.2 (down)
12:58:10.011 Acquiring -> Cooling; save tok1 as 1.2 (down); carol gets ErrUnavailable, retry after 1s; fails; due again 12:58:11.011
`)
}

// Nor if somebody else has written meanwhile, so that it has to be saved once more.
func TestUnsavedRefreshTokenIsNotSpentAfterAConflictEither(t *testing.T) {
	newStory(t, persistent, Settings{Retries: -1}).telling("saves").
		gets("alice").
		storeDown().at("12:58:00").gets("bob").minted("tok1").
		diedElsewhere().storeUp().
		after(time.Second).refreshes("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Fresh; save tok1 as 1.2 (down); bob gets tok1; unsaved
12:58:01 Fresh -> Stale; save tok1 as 1.2 (conflict); save tok1 as 1.2; saved; renewal 3: mint with ref1
`)
}
