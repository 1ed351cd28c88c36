package machine

import (
	"testing"
	"time"
)

// What no client can avoid with a strictly single-use refresh token: each of
// these costs the family, at the margin and not before, and each ends honestly.

// I2 a: the answer was lost.
func TestLostAnswerEndsAsOutcomeUnknownAtTheMargin(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:53:00").gets("alice").answerLost().
		at("12:56:59").gets("bob").
		at("12:57:00").gets("carol").denied().
		gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:53:00 Stale: in doubt; fails; due again 12:57:00
12:56:59 Stale: bob gets tok0
12:57:00 Stale -> Expired -> Acquiring; renewal 3: mint with ref0
12:57:00 Acquiring -> Dead; withdrawn; carol gets ErrOutcomeUnknown (400)
12:57:00 Dead: dan gets ErrOutcomeUnknown (400)
`)
}

// I2 a: the answer was lost, and another takes over the doubt.
func TestDoubtThatIsTakenOverEndsAsOutcomeUnknown(t *testing.T) {
	between(t, persistent).
		at("12:56:40").gets("alice").answerLost().
		on("B").gets("bob").
		at("12:57:10").gets("carol").
		after(28 * time.Second).denied().
		on("A").hears().gets("alice").
		want(`
12:56:40 A Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:56:40 A Stale: in doubt; fails; due again 12:57:00
12:56:40 B Fresh -> Stale; bob gets tok0
12:57:10 B Stale -> Expired -> Acquiring
12:57:37.300 B Acquiring: renewal 3: mint with ref0
12:57:38 B Acquiring -> Dead; withdrawn; carol gets ErrOutcomeUnknown (400)
12:57:38 A Stale -> Expired -> Dead; withdrawn
12:57:38 A Dead: alice gets ErrOutcomeUnknown (400)
`)
}

// I2 b: the request was served after its deadline, and its answer never came.
func TestRequestServedAfterItsDeadlineEndsAsOutcomeUnknown(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:53:00").gets("alice").
		at("12:57:00").gets("bob").denied().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:53:11 Stale: in doubt; fails; due again 12:57:00
12:57:00 Stale -> Expired -> Acquiring; renewal 3: mint with ref0
12:57:00 Acquiring -> Dead; withdrawn; bob gets ErrOutcomeUnknown (400)
`)
}

// I2 b: the answer comes at last, and too late: the same token has been sent again.
func TestLatePairIsDroppedWhileItsTokenIsBeingSpentAgain(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		at("12:53:00").gets("alice").
		at("12:57:00").gets("bob").
		mintedLate("tok1", "ref1").
		denied().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:53:11 Stale: in doubt; fails; due again 12:57:00
12:57:00 Stale -> Expired -> Acquiring; renewal 3: mint with ref0
12:57:00 Acquiring -> Dead; withdrawn; bob gets ErrOutcomeUnknown (400)
`)
}

// I2 c: the owner was paused beyond its claim and the margin; the waiter took
// over. One of the two requests is the second: the owner's, here.
func TestOwnerPausedBeyondItsClaimAdoptsWhatTheWaiterGot(t *testing.T) {
	between(t, persistent, Settings{HoldFor: time.Hour}).
		at("12:56:30").gets("alice").
		paused("A").
		on("B").refreshes("bob").
		at("12:57:10").minted("tok1").
		on("A").denied().
		gets("alice").
		after(time.Second).gets("alice").
		want(`
12:56:30 A Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:56:30 B Fresh -> Stale
12:57:02.264 B Stale -> Acquiring
12:57:07.227 B Acquiring: renewal 2: mint with ref0
12:57:10 B Acquiring -> Fresh; bob gets tok1
12:57:10 A Stale -> Acquiring -> Cooling; in doubt; fails; due again 12:57:11
12:57:10 A Cooling: alice gets ErrUnavailable, retry after 1s
12:57:11 A Cooling -> Expired -> Acquiring -> Fresh; adopted; alice gets tok1
`)
}

// I2 c: and the waiter's, here. Its denial is in doubt, and is not written over
// what the owner has saved.
func TestWaiterWhoComesSecondDoesNotEndTheOwnersPair(t *testing.T) {
	between(t, persistent, Settings{HoldFor: time.Hour}).
		at("12:56:30").gets("alice").
		paused("A").
		on("B").refreshes("bob").
		at("12:57:10").
		on("A").minted("tok1").
		on("B").denied().
		want(`
12:56:30 A Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:56:30 B Fresh -> Stale
12:57:02.264 B Stale -> Acquiring
12:57:07.227 B Acquiring: renewal 2: mint with ref0
12:57:10 A Stale -> Acquiring -> Cooling -> Fresh; in doubt; fails; due again 12:57:11; save tok1 as 1.2 (conflict); recovered from 1
12:57:10 B Acquiring -> Fresh; save the death of 1.1, in doubt (conflict); adopted; bob gets tok1
`)
}

// I2 d: a crash between the server's rotation and the Save.
func TestCrashBetweenRotationAndSaveEndsAsOutcomeUnknown(t *testing.T) {
	between(t, persistent, Settings{HoldFor: time.Hour}).
		at("12:56:30").gets("alice").
		restarts(stored).
		on("B").refreshes("bob").
		at("12:57:10").denied().
		on("A").gets("alice").
		want(`
12:56:30 A Fresh -> Stale; alice gets tok0; renewal 2: mint with ref0
12:56:30 B Fresh -> Stale
12:57:02.264 B Stale -> Acquiring
12:57:07.227 B Acquiring: renewal 2: mint with ref0
12:57:10 B Acquiring -> Dead; withdrawn; bob gets ErrOutcomeUnknown (400)
12:57:10 A Empty -> Acquiring -> Dead; woke; withdrawn; alice gets ErrOutcomeUnknown (400)
`)
}
