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
