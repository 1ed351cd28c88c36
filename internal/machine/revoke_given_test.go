package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// A token may be given, or a grant be begun, before a Revoke, beside it and behind it.

// A token that may be spent is used once before it is ended: only then does the server end what
// it has brought. Who goes on behind another's tombstone knows it from that.
func TestRevokeBehindATombstoneOfAnotherKeepsItsDoubt(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		writes(doubtfullyRevoked).hears().
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		revokes("fay").
		storeUp().lands().
		denied().
		ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:01 Revoked -> Acquiring; eve gets nil; load
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: renewal 3: mint with ref0
12:00:01 Revoked: revoke tok0
12:00:01 Revoked: revoke ref9
12:00:01 Revoked: revoke tok9
12:00:01 Revoked: save the empty tombstone; fay gets nil
`)
}

// The doubt is about one token.
func TestDoubtIsNotAboutWhatIsGivenAfterIt(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		writes(doubtfullyRevoked).hears().
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		lands().
		revokes("fay").
		storeUp().lands().
		ends().ends().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:01 Revoked -> Acquiring; eve gets nil; load
12:00:01 Acquiring: save tok9 as 2.1
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: save a tombstone with ref9tok9; revoke ref9
12:00:01 Revoked: revoke tok9
12:00:01 Revoked: revoke ref0
12:00:01 Revoked: revoke tok0
12:00:01 Revoked: save the empty tombstone; fay gets nil
`)
}

func TestDoubtIsNotAboutWhatIsFoundAfterIt(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		writes(doubtfullyRevoked).hears().
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		revokes("fay").
		establishedElsewhere("tok8", "ref8").
		storeUp().lands().
		denied().ends().
		ends().ends().
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:01 Revoked -> Acquiring; eve gets nil; load
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: renewal 3: mint with ref0
12:00:01 Revoked: revoke tok0
12:00:01 Revoked: revoke ref9
12:00:01 Revoked: revoke tok9
12:00:01 Revoked: save a tombstone with ref8tok8; revoke ref8
12:00:01 Revoked: revoke tok8
12:00:01 Revoked: save the empty tombstone; fay gets nil
`)
}

func doubtfullyRevoked(r *messages.Record) { r.Status, r.Doubted = messages.Revoking, true }

// A look may be answered after the watch has told of something newer.
func TestGrantIsNotForgottenForATombstoneBeforeIt(t *testing.T) {
	s := newStory(t, persistent, betweenP).
		gets("alice").
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).hears().
		storeHolds().revokes("fay").
		revokedElsewhere()
	look := s.outstanding(isStores)
	found := s.shelf.serve(look.effect)
	s.establishedElsewhere("tok8", "ref8").hears().
		answers(look, found).storeUp().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:00 Revoked: load
12:00:00 Revoked -> Empty; fay gets nil
12:00:00 Empty -> Acquiring -> Fresh; woke; bob gets tok8
`)
}

// What was given over a tombstone, and not saved yet, is ended before the Revoke is confirmed.
func TestRevokeOfATokenGivenOverATombstoneEndsItFirst(t *testing.T) {
	for _, store := range []Traits{betweenP, onDisk} {
		newStory(t, persistent, store).
			gets("alice").
			revokedElsewhere().hears().
			after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
			revokes("fay").
			storeUp().lands().
			ends().ends().
			want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:01 Revoked -> Acquiring; eve gets nil; load
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: revoke ref9
12:00:01 Revoked: revoke tok9
12:00:01 Revoked: fay gets nil
`)
	}
}

// The same where it was being saved, and another process has ended what was before it.
func TestRevokeOfATokenThatIsBeingSavedOverATombstoneEndsItFirst(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).hears().
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		lands().revokes("fay").
		revokedElsewhere().hears().
		storeUp().lands().
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:01 Revoked -> Acquiring; eve gets nil; load
12:00:01 Acquiring: save tok9 as 2.1
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: save a tombstone with ref9tok9; revoke ref9
12:00:01 Revoked: revoke tok9
12:00:01 Revoked: save the empty tombstone; fay gets nil
`)
}

// An end that has failed is tried again.
func TestRevokeIsNotConfirmedWhileItsLastTokenLives(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		revokedElsewhere().hears().
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		revokes("fay").
		storeUp().lands().
		answers503().after(time.Second).
		ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:01 Revoked -> Acquiring; eve gets nil; load
12:00:01 Acquiring -> Revoked; withdrawn
12:00:01 Revoked: revoke ref9
12:00:01.298 Revoked: revoke ref9
12:00:02 Revoked: revoke tok9
12:00:02 Revoked: fay gets nil
`)
}

// What is established after a Revoke is not ended by its run, which may go on for long.
func TestRunOfARevokeDoesNotEndWhatIsEstablishedBehindIt(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("fay").ends().
		storeHolds().ends().
		unheard().breaks().
		after(time.Second).establishes("eve", "tok9", "ref9").
		storeUp().
		after(time.Second).
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked: save the empty tombstone
12:00:00 Revoked: fay gets nil
12:00:01 Revoked -> Acquiring; eve gets nil
12:00:01.671 Acquiring -> Revoked -> Acquiring -> Fresh; save the empty tombstone (conflict); withdrawn; revoked elsewhere; save the empty tombstone; save tok9 as 2.1
12:00:02 Fresh: bob gets tok9
`)
}

// The grant over a tombstone is revoked by whom that concerns.
func TestGrantOverATombstoneIsLeftToItsOwnRevoke(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		storeHolds().revokes("fay").unheard().
		establishedElsewhere("tok8", "ref8").hears().
		storeUp().lands().
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).hears().
		ends().ends().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0
12:00:00 Revoked: revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked -> Empty; fay gets nil
12:00:00 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
`)
}

// The same while the first token is still being ended.
func TestRevokeGoesOnThoughTheNextGrantIsRevokedMeanwhile(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		revokes("fay").
		establishedElsewhere("tok8", "ref8").
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).hears().
		ends().ends().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0; revoke ref0
12:00:00 Revoked: revoke tok0
12:00:00 Revoked -> Empty; save the empty tombstone (conflict); fay gets nil
12:00:00 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
`)
}

// A Revoke that has not looked at the store yet is about what was given before it alone.
func TestRevokeEndsWhatWasGivenBeforeItAndNotWhatIsGivenAfterIt(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		storeHolds().revokes("fay").
		after(time.Second).establishes("eve", "tok9", "ref9").
		lands().storeUp().
		ends().ends().
		gets("bob").
		want(`
12:00:00 Empty -> Revoked; withdrawn; load
12:00:01 Revoked -> Acquiring; eve gets nil
12:00:01 Acquiring: revoke ref0
12:00:01 Acquiring: revoke tok0
12:00:01 Acquiring -> Fresh; save the empty tombstone; fay gets nil; save tok9 as 2.1
12:00:01 Fresh: bob gets tok9
`)
}

// A session is revoked when somebody asks for it, and not when the store has taken that.
func TestEstablishSurvivesARevokeThatIsStillToBeWritten(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		restarts().
		storeHolds().revokes("fay").
		after(time.Second).establishes("eve", "tok9", "ref9").
		after(time.Second).lands().
		storeUp().lands().
		ends().ends().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Empty -> Revoked; withdrawn; load
12:00:01 Revoked -> Acquiring; eve gets nil
12:00:02 Acquiring: save a tombstone with ref0tok0
12:00:02 Acquiring: revoke ref0
12:00:02 Acquiring: revoke tok0
12:00:02 Acquiring -> Fresh; save the empty tombstone; fay gets nil; save tok9 as 2.1
12:00:02 Fresh: bob gets tok9
`)
}

// What was begun elsewhere meanwhile, and is ended with the rest, is not given again either.
func TestRevokedTokenIsNotGivenAgainThoughItIsYoungerThanItsRevoke(t *testing.T) {
	again := persistent
	again.Given = token("tok8", "ref8", noon.Add(time.Second), time.Hour)
	newStory(t, persistent, betweenP).
		gets("alice").
		restarts().
		storeHolds().revokes("fay").
		after(time.Second).establishedElsewhere("tok8", "ref8").
		lands().storeUp().lands().
		ends().ends().
		restarts(again).gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Empty -> Revoked; withdrawn; load
12:00:01 Revoked: save a tombstone with ref8tok8
12:00:01 Revoked: revoke ref8
12:00:01 Revoked: revoke tok8
12:00:01 Revoked: fay gets nil
12:00:01 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
`)
}

func TestTokenOfBeforeARevokeUndoesNone(t *testing.T) {
	older := persistent
	older.Given = token("tok5", "ref5", noon.Add(30*time.Minute), time.Hour)
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:40:00").revokes("fay").ends().ends().
		restarts(older).gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:40:00 Fresh -> Revoked; withdrawn; revoke ref0
12:40:00 Revoked: revoke tok0
12:40:00 Revoked: fay gets nil
12:40:00 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
`)
}

func TestTokenOfBeforeARevokeThatHasJoinedAnotherUndoesNone(t *testing.T) {
	older := persistent
	older.Given = token("tok5", "ref5", noon.Add(time.Second), time.Hour)
	newStory(t, persistent, betweenP).
		gets("alice").
		storeHolds().revokes("eve").unheard().
		establishedElsewhere("tok8", "ref8").
		after(2 * time.Second).revokes("fay").
		storeUp().lands().
		ends().ends().
		ends().ends().
		restarts(older).gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with ref0tok0
12:00:02 Revoked: fay waits
12:00:02 Revoked: revoke ref0
12:00:02 Revoked: revoke tok0
12:00:02 Revoked: save the empty tombstone (conflict); eve gets nil; revoke ref8
12:00:02 Revoked: revoke tok8
12:00:02 Revoked: fay gets nil
12:00:02 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
`)
}

// Nor is a grant that was begun and revoked there gone on with, though the store is away.
func TestGrantThatWasRevokedOverATombstoneIsNotRenewed(t *testing.T) {
	newStory(t, credentials, betweenP, Settings{Retries: -1}).telling("saves").
		gets("alice").minted("tok0").
		revokes("fay").
		establishedElsewhere("tok8", "").
		writes(func(r *messages.Record) { r.Status = messages.Revoking }).hears().
		ends().
		storeDown().gets("bob").minted("tok1").
		storeUp().after(2 * time.Second).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; save a tombstone with tok0; revoke tok0
12:00:00 Revoked -> Empty; save the empty tombstone (conflict); fay gets nil
12:00:00 Empty -> Acquiring; load (down); load (down); renewal 3: mint
12:00:00 Acquiring -> Fresh; save tok1 as 3.1 (down); bob gets tok1; unsaved
12:00:01.902 Fresh: save tok1 as 3.1; saved
`)
}
