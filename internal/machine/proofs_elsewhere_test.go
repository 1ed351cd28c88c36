package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

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
