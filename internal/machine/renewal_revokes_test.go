package machine

import (
	"testing"
	"time"
)

// killing is a server that kills the old access token when it renews the pair.
func killing() Rules {
	r := persistent
	r.RenewalRevokes = true
	return r
}

func TestTokenIsWithdrawnRightBeforeTheMintThatKillsIt(t *testing.T) {
	newStory(t, killing(), onDisk).queueHolds().
		gets("alice").
		at("12:53:00").gets("bob").
		gets("carol").
		slot().
		gets("dan").
		minted("tok1").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; queue
12:53:00 Stale: carol gets tok0
12:53:00 Stale -> Acquiring; withdrawn; renewal 2: mint with ref0
12:53:00 Acquiring: dan waits
12:53:00 Acquiring -> Fresh; dan gets tok1
`)
}

func TestDefiniteFailureGivesTheOldTokenBack(t *testing.T) {
	newStory(t, killing(), onDisk).telling("published").
		gets("alice").
		at("12:53:00").gets("bob").
		gets("carol").refreshes("dan").
		answers503().
		gets("eve").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; tok0 published, stale 12:49:04.530, until 12:57:00; alice gets tok0
12:53:00 Fresh -> Stale -> Acquiring; bob gets tok0; withdrawn; renewal 2: mint with ref0
12:53:00 Acquiring: carol waits
12:53:00 Acquiring: dan waits
12:53:00 Acquiring -> Stale; carol gets tok0; tok0 published, stale 12:53:01.428, until 12:57:00; dan gets ErrUnavailable (503), retry after 1.428s; fails; due again 12:53:01.428
12:53:00 Stale: eve gets tok0
`)
}

func TestDoubtfulFailureDoesNotGiveTheOldTokenBack(t *testing.T) {
	newStory(t, killing(), onDisk).
		gets("alice").
		at("12:53:00").gets("bob").
		gets("carol").
		answerLost().
		after(time.Second).minted("tok1").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale -> Acquiring; bob gets tok0; withdrawn; renewal 2: mint with ref0
12:53:00 Acquiring: carol waits
12:53:00 Acquiring: in doubt
12:53:00.743 Acquiring: renewal 2: mint with ref0, attempt 2
12:53:01 Acquiring -> Fresh; carol gets tok1
`)
}

func TestDenialGivesTheOldTokenToItsEnd(t *testing.T) {
	newStory(t, killing(), onDisk).
		gets("alice").
		at("12:53:00").gets("bob").
		gets("carol").
		denied().
		at("12:57:00").gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale -> Acquiring; bob gets tok0; withdrawn; renewal 2: mint with ref0
12:53:00 Acquiring: carol waits
12:53:00 Acquiring -> Ending; carol gets tok0
12:57:00 Ending -> Dead; dan gets ErrLoginRequired (400)
`)
}

// A denial after a doubt says that the token has been renewed, and so is dead.
func TestDenialAfterADoubtDoesNotGiveTheOldTokenBack(t *testing.T) {
	newStory(t, killing(), onDisk).
		gets("alice").
		at("12:53:00").gets("bob").
		gets("carol").
		answerLost().
		after(time.Second).denied().
		gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale -> Acquiring; bob gets tok0; withdrawn; renewal 2: mint with ref0
12:53:00 Acquiring: carol waits
12:53:00 Acquiring: in doubt
12:53:00.743 Acquiring: renewal 2: mint with ref0, attempt 2
12:53:01 Acquiring -> Dead; withdrawn; carol gets ErrOutcomeUnknown (400)
12:53:01 Dead: dan gets ErrOutcomeUnknown (400)
`)
}

// Who was denied may have been so because our renewal, which is under way, has
// spent the grant.
func TestDeathElsewhereDoesNotGiveATokenBackThatIsBeingKilled(t *testing.T) {
	newStory(t, killing(), betweenP).telling("published").
		gets("alice").
		at("12:53:00").gets("bob").
		gets("carol").
		diedElsewhere().hears().
		gets("dan").
		minted("tok1").
		gets("eve").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; tok0 published, stale 12:49:04.530, until 12:57:00; alice gets tok0
12:53:00 Fresh -> Stale -> Acquiring; bob gets tok0; withdrawn; renewal 2: mint with ref0
12:53:00 Acquiring: carol waits
12:53:00 Acquiring -> Dead; withdrawn; carol gets ErrLoginRequired (400)
12:53:00 Dead: dan gets ErrLoginRequired (400)
12:53:00 Dead -> Fresh; tok1 published, stale 13:42:46.929, until 13:50:00
12:53:00 Fresh: eve gets tok1
`)
}

// The store tells of a death before it answers the Save that wrote it. The death is told
// once, in its own words, and the token that the lost renewal may have killed stays withdrawn.
func TestDeathOfADoubtThatIsHeardBeforeItsAnswerIsToldOnce(t *testing.T) {
	s := between(t, killing()).
		at("12:53:00").gets("alice").
		answerLost().
		after(2 * time.Second).gets("bob").
		storeHolds().denied()
	save := s.outstanding(isStores)
	landed := s.shelf.serve(save.effect)
	s.hears().answers(save, landed).
		gets("carol").
		want(`
12:53:00 A Fresh -> Stale -> Acquiring; alice gets tok0; withdrawn; renewal 2: mint with ref0
12:53:00 A Acquiring -> Cooling; in doubt; fails; due again 12:53:01
12:53:02 A Cooling -> Expired -> Acquiring; renewal 3: mint with ref0
12:53:02 A Acquiring: save the death of 1.1, in doubt
12:53:02 A Acquiring -> Dead; withdrawn; bob gets ErrOutcomeUnknown (400)
12:53:02 A Dead: carol gets ErrOutcomeUnknown (400)
`)
}
