package machine

import (
	"testing"
	"time"
)

// All who come meanwhile wait for one look, which takes no slot.
func TestUnseenTokenIsGivenOutAfterALook(t *testing.T) {
	newStory(t, persistent, betweenP).telling("published").
		gets("alice").
		at("12:20:00").storeHolds().queueHolds().unseen().
		gets("bob").gets("carol").
		after(time.Second).lands().
		gets("dave").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; tok0 published, stale 12:49:04.530, until 12:57:00; alice gets tok0
12:20:00 Fresh -> Expired; withdrawn
12:20:00 Expired -> Acquiring; load
12:20:00 Acquiring: carol waits
12:20:01 Acquiring -> Fresh; tok0 published, stale 12:49:04.530, until 12:57:00; bob gets tok0; carol gets tok0
12:20:01 Fresh: dave gets tok0
`)
}

func TestUnseenTokenThatWasRevokedElsewhereIsNotGivenOut(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:20:00").revokedElsewhere().
		gets("bob").
		unseen().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:20:00 Fresh: bob gets tok0
12:20:00 Fresh -> Expired; withdrawn
12:20:00 Expired -> Acquiring -> Revoked; withdrawn; revoked elsewhere; carol gets ErrRevoked
`)
}

func TestUnseenTokenGivesWayToANewerOne(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:20:00").renewedElsewhere("tok7", "ref7").
		unseen().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:20:00 Fresh -> Expired; withdrawn
12:20:00 Expired -> Acquiring -> Fresh; adopted; bob gets tok7
`)
}

// A store that does not answer says nothing about a revocation, so neither does the
// session give out what may have been revoked.
func TestUnseenTokenIsNotGivenOutWhileTheStoreIsDown(t *testing.T) {
	newStory(t, persistent, betweenP, Settings{Retries: -1}).
		gets("alice").
		at("12:20:00").unseen().
		storeDown().gets("bob").gets("carol").
		after(time.Second).storeUp().
		gets("dave").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:20:00 Fresh -> Expired; withdrawn
12:20:00 Expired -> Acquiring -> Cooling; load (down); bob gets ErrUnavailable, retry after 1s; fails; due again 12:20:01
12:20:00 Cooling: carol gets ErrUnavailable, retry after 1s
12:20:01 Cooling -> Expired -> Acquiring -> Fresh; dave gets tok0; recovered from 1
`)
}

// What can be minted without the store is: the server says that the grant is good.
func TestUnseenTokenOfAReusableGrantIsReplacedWhileTheStoreIsDown(t *testing.T) {
	newStory(t, credentials, betweenP).
		gets("alice").minted("tok1").
		at("12:20:00").unseen().
		storeDown().gets("bob").minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:20:00 Fresh -> Expired; withdrawn
12:20:00 Expired -> Acquiring; load (down); load (down); renewal 2: mint
12:20:00 Acquiring -> Fresh; save tok2 as 1.2 (down); bob gets tok2; unsaved
`)
}

// A renewal that has nothing but a place in the queue does not keep callers waiting there.
func TestUnseenTokenIsLookedAtThoughTheEndpointHasNoSlot(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:53:00").queueHolds().gets("bob").
		unseen().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; queue
12:53:00 Stale -> Expired; withdrawn
12:53:00 Expired -> Acquiring -> Stale; carol gets tok0; queue
`)
}

// What the store has says nothing about what the server has done.
func TestUnseenTokenThatMayBeKilledStaysWithheld(t *testing.T) {
	killing := persistent
	killing.RenewalRevokes = true
	newStory(t, killing, betweenP).
		gets("alice").
		at("12:53:00").gets("bob").unseen().
		gets("carol").answerLost().
		after(time.Second).
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale -> Acquiring; bob gets tok0; withdrawn; renewal 2: mint with ref0
12:53:00 Acquiring: carol waits
12:53:00 Acquiring: in doubt
12:53:00.743 Acquiring: renewal 2: mint with ref0, attempt 2
`)
}

func TestUnseenSessionThatIsKeptAliveLooksByItself(t *testing.T) {
	kept := persistent
	kept.KeepAlive = true
	newStory(t, kept, betweenP).telling("loads").
		gets("alice").
		at("12:20:00").storeHolds().unseen().
		after(time.Second).lands().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; load; alice gets tok0
12:20:00 Fresh -> Acquiring; withdrawn; load
12:20:01 Acquiring -> Fresh
`)
}

// The look is none of the endpoint's business: a renewal behind the token is due again
// when it was.
func TestUnseenTokenThatIsSeenLeavesTheEndpointAlone(t *testing.T) {
	newStory(t, persistent, betweenP).telling("published").
		gets("alice").
		at("12:53:00").gets("bob").answers503().
		unseen().
		gets("carol").
		after(time.Minute).gets("dave").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; tok0 published, stale 12:49:04.530, until 12:57:00; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: tok0 published, stale 12:53:01.428, until 12:57:00; fails; due again 12:53:01.428
12:53:00 Stale -> Expired; withdrawn
12:53:00 Expired -> Acquiring -> Stale; tok0 published, stale 12:53:01, until 12:57:00; carol gets tok0; tok0 published, stale 12:53:01.428, until 12:57:00
12:54:00 Stale: dave gets tok0; renewal 4: mint with ref0
`)
}

// An endpoint that has asked to be left alone is, as it is when a token ends.
func TestUnseenTokenWaitsAsLongAsTheEndpointHasAsked(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:53:00").gets("bob").answers429(2 * time.Minute).
		unseen().
		gets("carol").
		after(2 * time.Minute).gets("dave").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: fails; due again 12:55:00
12:53:00 Stale -> Cooling; withdrawn
12:53:00 Cooling: carol gets ErrUnavailable (429), retry after 2m0s
12:55:00 Cooling -> Expired -> Acquiring -> Stale; dave gets tok0; renewal 3: mint with ref0
`)
}

// Nor is a refresh token that may be spent sent any earlier for it.
func TestUnseenTokenDoesNotShortenADoubt(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:53:00").gets("bob").answerLost().
		at("12:54:00").unseen().gets("carol").
		refreshes("dave").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: in doubt; fails; due again 12:57:00
12:54:00 Stale -> Expired; withdrawn
12:54:00 Expired -> Acquiring -> Stale; carol gets tok0
12:54:00 Stale: dave gets ErrUnavailable, retry after 3m0s
`)
}

// What is seen again may have nothing left to renew it from, and its session then says so to
// the end.
func TestUnseenTokenWhoseRefreshTokenHasRunOutIsTheLast(t *testing.T) {
	newStory(t, provable, betweenP).
		proves("eve", "first").mintedUntil("tok1", "ref1", noon.Add(10*time.Minute)).
		at("12:20:00").unseen().
		gets("alice").
		at("12:58:00").gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:20:00 Fresh -> Expired; withdrawn
12:20:00 Expired -> Acquiring -> Ending; alice gets tok1
12:58:00 Ending -> Dead; bob gets ErrLoginRequired
`)
}

// Who refuses an unseen token refuses it for good.
func TestUnseenTokenThatIsRejectedIsNotSeenAgain(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:20:00").unseen().
		rejects("bob", "tok0").
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:20:00 Fresh -> Expired; withdrawn
12:20:00 Expired: rejected; bob gets nil
12:20:00 Expired -> Acquiring; renewal 2: mint with ref0
`)
}

// A kind that begins anew after a Revoke looks at the store, too, and that look shows nothing.
func TestUnseenTokenThatIsRevokedIsNotSeenAgain(t *testing.T) {
	for _, acts := range []func(*story) *story{
		func(s *story) *story { return s.unseen().revokes("bob").ends().gets("carol") },
		func(s *story) *story { return s.revokes("bob").ends().storeHolds().gets("carol").unseen().lands() },
	} {
		s := newStory(t, credentials, betweenP).gets("alice").minted("tok1").storeUp()
		acts(s)
		if s.cur.state(s.now).valid() {
			t.Error("a token is given out that was revoked")
		}
	}
}
