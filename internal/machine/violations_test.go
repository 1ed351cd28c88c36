package machine

import (
	"testing"
	"time"
)

// The violations that the model of the protocol found in an earlier wording of
// its rules, V1 to V9. In each story the right thing happens.

// between begins a story of A and B, who share a store and hold tok0 of 12:00.
func between(t *testing.T, rules Rules, with ...any) *story {
	return newStory(t, append(with, rules, betweenP)...).gets("alice").on("B").gets("bob").on("A").since()
}

// V1: Revoke while a Mint of our own is about to be sent.
func TestRevokeEndsWhatItsOwnMintBrings(t *testing.T) {
	between(t, persistent).telling("saves").
		at("12:53:00").gets("alice").
		revokes("eve").
		after(time.Second).minted("tok1").
		ends().ends().
		want(`
12:53:00 A Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:53:00 A Stale -> Revoked; withdrawn
12:53:01 A Revoked: save a tombstone with ref1tok1; revoke ref1
12:53:01 A Revoked: revoke tok1
12:53:01 A Revoked: save the empty tombstone; eve gets nil
`)
}

// V2: Revoke while another's Mint is under way. The token that it is spending is
// spent once more, so the family has ended when Revoke is done.
func TestRevokeEndsWhatAnothersMintHasBrought(t *testing.T) {
	between(t, persistent).telling("saves").
		at("12:58:00").on("B").gets("bob").
		on("A").revokes("eve").denied().ends().
		on("B").minted("tok1").ends().ends().
		gets("bob").
		want(`
12:58:00 B Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 A Fresh -> Expired -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); save a tombstone with ref0tok0, in doubt; renewal 2: mint with ref0
12:58:00 A Revoked: revoke tok0
12:58:00 A Revoked: save the empty tombstone; eve gets nil
12:58:00 B Acquiring -> Revoked; save tok1 as 1.2 (conflict); withdrawn; revoked elsewhere; bob gets ErrRevoked; revoke ref1
12:58:00 B Revoked: revoke tok1
12:58:00 B Revoked: bob gets ErrRevoked
`)
}

// V2: and what the other has published unsaved it takes back.
func TestPairPublishedUnsavedIsTakenBackAfterARevokeElsewhere(t *testing.T) {
	between(t, persistent).telling("saves").
		at("12:58:00").on("B").gets("bob").
		storeHolds().minted("tok1").
		after(3 * time.Second).storeUp().
		on("A").revokes("eve").
		on("B").hears().
		on("A").denied().ends().
		on("B").ends().ends().
		gets("bob").
		want(`
12:58:00 B Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 B Acquiring: save tok1 as 1.2
12:58:03 B Acquiring -> Fresh; bob gets tok1; unsaved
12:58:03 A Fresh -> Expired -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); save a tombstone with ref0tok0, in doubt; renewal 2: mint with ref0
12:58:03 B Fresh -> Revoked; withdrawn; revoked elsewhere; revoke ref1
12:58:03 A Revoked: revoke tok0
12:58:03 A Revoked: save the empty tombstone; eve gets nil
12:58:03 B Revoked: revoke tok1
12:58:03 B Revoked: bob gets ErrRevoked
`)
}

// V2: nor does it publish unsaved what it knows to be revoked.
func TestPairThatCannotBeSavedIsNotPublishedAfterARevokeElsewhere(t *testing.T) {
	between(t, persistent).telling("saves").
		at("12:58:00").on("B").gets("bob").
		storeHolds().minted("tok1").
		on("A").revokes("eve").
		on("B").hears().
		after(3 * time.Second).
		ends().ends().
		want(`
12:58:00 B Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 B Acquiring: save tok1 as 1.2
12:58:00 A Fresh -> Expired -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); save a tombstone with ref0tok0, in doubt; renewal 2: mint with ref0
12:58:00 B Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
12:58:03 B Revoked: revoke ref1
12:58:03 B Revoked: revoke tok1
`)
}

// V2: nor does it save over the tombstone what comes after it.
func TestPairThatComesAfterARevokeElsewhereIsEnded(t *testing.T) {
	between(t, persistent).telling("saves").
		at("12:58:00").on("B").gets("bob").
		on("A").revokes("eve").
		on("B").hears().
		minted("tok1").
		ends().ends().
		on("A").denied().ends().
		on("B").gets("bob").
		want(`
12:58:00 B Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 A Fresh -> Expired -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); save a tombstone with ref0tok0, in doubt; renewal 2: mint with ref0
12:58:00 B Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
12:58:00 B Revoked: revoke ref1
12:58:00 B Revoked: revoke tok1
12:58:00 A Revoked: revoke tok0
12:58:00 A Revoked: save the empty tombstone; eve gets nil
12:58:00 B Revoked: bob gets ErrRevoked
`)
}

// V3: two Revokes at once. The second does not take the first one's word.
func TestSecondRevokeAsksTheServerItself(t *testing.T) {
	between(t, persistent).telling("saves").
		revokes("eve").
		on("B").revokes("fay").
		ends().ends().
		on("A").ends().ends().
		want(`
12:00:00 A Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 B Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); revoke ref0
12:00:00 B Revoked: revoke tok0
12:00:00 B Revoked: save the empty tombstone; fay gets nil
12:00:00 A Revoked: revoke tok0
12:00:00 A Revoked: save the empty tombstone (conflict); eve gets nil
`)
}

// V3: nor is what its own Mint has brought forgotten for another's tombstone, which is about the
// token before: a server that forgives reuse has not ended it.
func TestPairThatCameAfterARevokeIsEndedThoughAnotherHasRevokedToo(t *testing.T) {
	between(t, persistent).telling("saves").
		at("12:58:00").gets("alice").
		revokes("eve").storeHolds().minted("tok1").
		on("B").revokes("fay").
		on("A").hears().
		storeUp().lands().
		on("B").denied().ends().
		on("A").denied().ends().ends().ends().
		want(`
12:58:00 A Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 A Acquiring -> Revoked; withdrawn; alice gets ErrRevoked
12:58:00 A Revoked: save a tombstone with ref1tok1
12:58:00 B Fresh -> Expired -> Revoked; withdrawn; save a tombstone with ref0tok0 (conflict); save a tombstone with ref0tok0, in doubt; renewal 2: mint with ref0
12:58:00 A Revoked: renewal 3: mint with ref0
12:58:00 B Revoked: revoke tok0
12:58:00 B Revoked: save the empty tombstone; fay gets nil
12:58:00 A Revoked: revoke tok0
12:58:00 A Revoked: revoke ref1
12:58:00 A Revoked: revoke tok1
12:58:00 A Revoked: save the empty tombstone (conflict); eve gets nil
`)
}

// V4: the old pair finds the same generation of a new grant.
func TestPairOfTheOldGrantDoesNotOverwriteTheNewOne(t *testing.T) {
	between(t, persistent).telling("saves").
		at("12:58:00").on("B").gets("bob").
		on("A").establishes("eve", "tok9", "ref9").
		on("B").minted("tok1").
		ends().ends().
		gets("carol").
		want(`
12:58:00 B Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 A Fresh -> Expired -> Acquiring -> Fresh; eve gets nil; save tok9 as 2.1
12:58:00 B Acquiring -> Fresh; save tok1 as 1.2 (conflict); adopted; bob gets tok9; revoke ref1
12:58:00 B Fresh: revoke tok1
12:58:00 B Fresh: carol gets tok9
`)
}

// V5: the new grant is heard of while the old Mint is out, and the store is down.
func TestPairOfTheOldGrantIsNotPublishedUnsaved(t *testing.T) {
	between(t, persistent).
		at("12:58:00").on("B").gets("bob").
		on("A").establishes("eve", "tok9", "ref9").
		on("B").hears().
		storeDown().minted("tok1").
		ends().ends().
		gets("carol").
		want(`
12:58:00 B Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 A Fresh -> Expired -> Acquiring -> Fresh; eve gets nil
12:58:00 B Acquiring -> Stale; adopted; bob gets tok9
12:58:00 B Stale -> Fresh; revoke ref1
12:58:00 B Fresh: revoke tok1
12:58:00 B Fresh: carol gets tok9
`)
}

// V5: or while the old pair is being saved.
func TestPairOfTheOldGrantIsNotPublishedWhileItIsBeingSaved(t *testing.T) {
	between(t, persistent).
		at("12:58:00").on("B").gets("bob").
		storeHolds().minted("tok1").
		on("A").establishes("eve", "tok9", "ref9").
		on("B").hears().
		breaks().
		ends().ends().
		gets("carol").
		want(`
12:58:00 B Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 B Acquiring: save tok1 as 1.2
12:58:00 A Fresh -> Expired -> Acquiring -> Fresh; eve gets nil
12:58:00 B Acquiring -> Stale; adopted; bob gets tok9
12:58:00 B Stale -> Fresh; revoke ref1
12:58:00 B Fresh: revoke tok1
12:58:00 B Fresh: carol gets tok9
`)
}

// V6: a crash between the tombstone and RevokeToken.
func TestRevokeAfterACrashWithinARevokeIsNotDoneBeforeTheServerSays(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("eve").
		restarts(stored).
		revokes("eve").ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Empty -> Revoked; withdrawn; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone; eve gets nil
`)
}

// V7: a crash within Revoke, and the configured token is given again.
func TestGivenTokenDoesNotUndoARevokeThatCrashed(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		revokes("eve").
		restarts().
		gets("alice").refreshes("bob").
		restarts().
		revokes("eve").ends().ends().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoke ref0
12:00:00 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; alice gets ErrRevoked
12:00:00 Revoked: bob gets ErrRevoked
12:00:00 Empty -> Revoked; withdrawn; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: eve gets nil
12:00:00 Revoked: carol gets ErrRevoked
`)
}

// V8: with RenewalRevokes the old access token may be dead as soon as somebody
// renews: others hold their callers while the record shows a claim, even one
// whose owner is silent.
func TestTokenThatAnotherMayBeKillingIsNotServed(t *testing.T) {
	between(t, killing()).
		at("12:53:00").gets("alice").
		on("B").hears().gets("bob").
		on("A").answerLost().
		on("B").after(20 * time.Second).gets("carol").
		want(`
12:53:00 A Fresh -> Stale -> Acquiring; alice gets tok0; withdrawn; renewal 2: mint with ref0
12:53:00 B Fresh -> Expired; withdrawn
12:53:00 B Expired -> Acquiring
12:53:00 A Acquiring -> Cooling; in doubt; fails; due again 12:53:01
12:53:20 B Acquiring: carol waits
`)
}

// V9: a doubtful token is sent again within ReuseGrace of when it may have been
// spent first, and then not before the margin.
func TestDoubtfulTokenIsNotSentAgainAfterTheGraceAndBeforeTheMargin(t *testing.T) {
	forgiving := persistent
	forgiving.ReuseGrace = time.Minute
	newStory(t, forgiving, betweenP).
		gets("alice").
		at("12:53:00").gets("alice").answerLost().
		after(30 * time.Second).gets("bob").answerLost().
		after(25 * time.Second).gets("carol").refreshes("dan").
		at("12:56:59").gets("eve").
		at("12:57:00").gets("fay").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:53:00 Stale: in doubt; fails; due again 12:53:01.428
12:53:30 Stale: bob gets tok0; renewal 3: mint with ref0
12:53:30 Stale: in doubt; fails; due again 12:53:32.919
12:53:55 Stale: carol gets tok0; fails; due again 12:57:00
12:53:55 Stale: dan gets ErrUnavailable, retry after 3m5s
12:56:59 Stale: eve gets tok0
12:57:00 Stale -> Expired -> Acquiring; renewal 5: mint with ref0
`)
}

// V9: a claim takes its time, and the server may have ceased to forgive meanwhile.
func TestDoubtfulTokenIsNotSentAgainAfterAClaimThatOutlastsTheGrace(t *testing.T) {
	forgiving := persistent
	forgiving.ReuseGrace = time.Minute
	newStory(t, forgiving, betweenP).telling("claims").
		gets("alice").
		at("12:53:00").gets("alice").answerLost().
		at("12:53:49").storeHolds().gets("bob").lands().
		after(time.Second).lands().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; alice gets tok0; claim for 20s; renewal 2: mint with ref0
12:53:00 Stale: in doubt; fails; due again 12:53:01.428
12:53:49 Stale: bob gets tok0; load
12:53:49 Stale: claim for 20s, in doubt
12:53:50 Stale: fails; due again 12:57:00
12:53:50 Stale: carol gets tok0
`)
}

// V9: somebody else's claim in doubt is not taken over early either.
func TestClaimInDoubtIsNotTakenOverWithinTheGrace(t *testing.T) {
	forgiving := persistent
	forgiving.ReuseGrace = time.Minute
	between(t, forgiving).
		at("12:53:00").gets("alice").answerLost().
		after(30 * time.Second).gets("alice").
		on("B").hears().refreshes("bob").
		after(40 * time.Second).
		want(`
12:53:00 A Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:53:00 A Stale: in doubt; fails; due again 12:53:01.428
12:53:30 A Stale: alice gets tok0; renewal 3: mint with ref0
12:53:30 B Fresh -> Stale
12:53:41 A Stale: in doubt; fails; due again 12:53:43.919
12:54:00 B Stale: bob gets ErrUnavailable, retry after 3m0s
`)
}
