package machine

import (
	"testing"
	"time"
)

// What was lost is the answer for a pair that is held no more: the newer one has
// not been sent, so nothing is in doubt, and what comes late is not its successor.
func TestLostAnswerForAnOvertakenPairIsForgotten(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").
		renewedElsewhere("tok8", "ref8").hears().
		late(12*time.Second).ticks().
		mintedLate("tok1", "ref1").
		gets("carol").
		at("13:49:00").gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: adopted
12:53:12 Stale: fails; due again 12:53:13.146
12:53:12 Stale: carol gets tok8
13:49:00 Stale: dan gets tok8; renewal 3: mint with ref8
`)
}

// The same where a Revoke waits for the answer: the pair held is ended without
// being used before.
func TestLostAnswerForAnOvertakenPairIsNoDoubtOfARevoke(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").
		renewedElsewhere("tok8", "ref8").hears().
		revokes("carol").
		answerLost().ends().ends().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: adopted
12:53:00 Stale -> Revoked; withdrawn
12:53:00 Revoked: save a tombstone with ref8tok8; revoke ref8
12:53:00 Revoked: revoke tok8
12:53:00 Revoked: save the empty tombstone; carol gets nil
`)
}

// After an outage of the store the owner of a claim is back with its pair before a waiter
// takes the claim over, however long the outage was: a waiter counts only the time in which the
// store answers, and so little of it is left to an owner that backs off for long.
func TestOwnerIsBackFromAnOutageBeforeItsClaimIsTakenOver(t *testing.T) {
	between(t, persistent, Settings{HoldFor: time.Hour}).
		at("12:56:30").gets("alice").storeDown().minted("tok1").
		on("B").hears().
		at("12:57:31").on("A").storeUp().
		on("B").refreshes("bob").
		after(time.Minute).
		want(`
12:56:30 A Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:56:30 A Stale -> Fresh; save tok1 as 1.2 (down); unsaved
12:56:31.671 A Fresh: save tok1 as 1.2 (down)
12:56:34.154 A Fresh: save tok1 as 1.2 (down)
12:56:36.288 A Fresh: save tok1 as 1.2 (down)
12:56:38.966 A Fresh: save tok1 as 1.2 (down)
12:56:41.227 A Fresh: save tok1 as 1.2 (down)
12:56:44.569 A Fresh: save tok1 as 1.2 (down)
12:56:48.741 A Fresh: save tok1 as 1.2 (down)
12:56:51.801 A Fresh: save tok1 as 1.2 (down)
12:56:53.422 A Fresh: save tok1 as 1.2 (down)
12:56:55.668 A Fresh: save tok1 as 1.2 (down)
12:56:56.741 A Fresh: save tok1 as 1.2 (down)
12:56:58.165 A Fresh: save tok1 as 1.2 (down)
12:57:00.524 A Fresh: save tok1 as 1.2 (down)
12:57:01.710 A Fresh: save tok1 as 1.2 (down)
12:57:04.799 A Fresh: save tok1 as 1.2 (down)
12:57:09.457 A Fresh: save tok1 as 1.2 (down)
12:57:10.602 A Fresh: save tok1 as 1.2 (down)
12:57:15.472 A Fresh: save tok1 as 1.2 (down)
12:57:20.149 A Fresh: save tok1 as 1.2 (down)
12:57:22.470 A Fresh: save tok1 as 1.2 (down)
12:57:23.917 A Fresh: save tok1 as 1.2 (down)
12:57:28.835 A Fresh: save tok1 as 1.2 (down)
12:57:31 B Fresh -> Expired -> Acquiring
12:57:31.494 A Fresh: saved
12:57:33.481 B Acquiring -> Fresh; adopted; bob gets tok1
`)
}
