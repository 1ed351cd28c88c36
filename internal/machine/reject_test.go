package machine

import (
	"strconv"
	"testing"
	"time"
)

func TestRejectedTokenIsWithdrawnAndRenewedOnTheNextAsk(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		rejects("rob", "tok1").
		gets("bob").minted("tok2").
		rejects("rob", "tok1").
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Expired; withdrawn; rejected; rob gets nil
12:00:00 Expired -> Acquiring; renewal 2: mint
12:00:00 Acquiring -> Fresh; bob gets tok2
12:00:00 Fresh: rob gets nil
12:00:00 Fresh: carol gets tok2
`)
}

func TestSecondRejectWithinForceIntervalChangesNothing(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		rejects("rob", "tok1").
		after(2*time.Second).gets("bob").minted("tok2").
		rejects("rob", "tok2").
		gets("carol").
		after(8*time.Second).rejects("rob", "tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Expired; withdrawn; rejected; rob gets nil
12:00:02 Expired -> Acquiring; renewal 2: mint
12:00:02 Acquiring -> Fresh; bob gets tok2
12:00:02 Fresh: rob gets ErrUnavailable, retry after 8s
12:00:02 Fresh: carol gets tok2
12:00:10 Fresh -> Expired; withdrawn; rejected; rob gets nil
`)
}

func TestRejectOfAStrangersTokenChangesNothing(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		rejects("rob", "tok9").rejects("rob", "").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh: rob gets nil
12:00:00 Fresh: rob gets nil
12:00:00 Fresh: bob gets tok1
`)
}

func TestTokenThatIsRejectedWhileTheSessionSleepsIsNotGivenOutWhenItWakes(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		sleeps().rejects("rob", "tok1").rejects("rob", "tok0").
		gets("bob").minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Empty; withdrawn; slept
12:00:00 Empty: rob gets nil
12:00:00 Empty: rob gets nil
12:00:00 Empty -> Acquiring; woke; withdrawn; renewal 2: mint
12:00:00 Acquiring -> Fresh; bob gets tok2
`)
}

func TestTokenThatIsRejectedBeforeItIsTakenUpIsNotGivenOut(t *testing.T) {
	newStory(t, persistent).
		rejects("rob", "tok0").
		gets("alice").minted("tok1").
		want(`
12:00:00 Empty: rob gets nil
12:00:00 Empty -> Acquiring; withdrawn; renewal 2: mint with ref0
12:00:00 Acquiring -> Fresh; alice gets tok1
`)
}

func TestNoMoreThanAFewTokensAreRememberedThatWereRejectedInSleep(t *testing.T) {
	s := newStory(t).gets("alice").minted("tok1").sleeps()
	asleep := s.cur.session.Key(s.now)
	for n := range 3 * mostRefused {
		s.rejects("rob", "tok"+strconv.Itoa(n))
	}
	if n := len(s.cur.session.refused); n != mostRefused {
		t.Errorf("%d are remembered", n)
	}
	if s.cur.session.Key(s.now) == asleep {
		t.Error("a session that remembers them has the key of one that does not")
	}
	s.rejects("rob", "tok1").gets("bob").minted("tok2")
	if n := len(s.cur.session.refused); n != 0 {
		t.Errorf("%d are remembered by a session that knows what it holds", n)
	}
}

func TestRejectedTokenIsNotServedByAnotherProcess(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		rejects("rob", "tok0").
		gets("bob").
		on("B").gets("carol").
		want(`
12:00:00 A Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 A Fresh -> Expired; withdrawn; rejected; rob gets nil
12:00:00 A Expired -> Acquiring; renewal 2: mint with ref0
12:00:00 B Empty -> Acquiring; woke; withdrawn
`)
}

func TestRejectedTokenIsNotPublishedAgainByAFailure(t *testing.T) {
	newStory(t, persistent).
		gets("alice").
		at("12:53:00").gets("bob").
		rejects("rob", "tok0").
		gets("carol").
		answers503().
		after(time.Second).answers503().
		after(5 * time.Second).answers503().
		gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale -> Acquiring; withdrawn; rejected; rob gets nil
12:53:00 Acquiring: carol waits
12:53:00.743 Acquiring: renewal 2: mint with ref0, attempt 2
12:53:02.483 Acquiring: renewal 2: mint with ref0, attempt 3
12:53:06 Acquiring -> Cooling; carol gets ErrUnavailable (503), retry after 1s; fails; due again 12:53:07
12:53:06 Cooling: dan gets ErrUnavailable (503), retry after 1s
`)
}

// The pair has been saved, as its session does not know yet, and another process has found
// its grant dead.
func TestRejectedTokenDoesNotComeBackWithTheDeathOfItsGrant(t *testing.T) {
	newStory(t, persistent, betweenP).
		storeHolds().gets("alice").lands().unheard().
		after(20*time.Second).
		rejects("bob", "tok0").
		diedElsewhere().hears().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:03 Acquiring -> Fresh; alice gets tok0; unsaved
12:00:04.468 Fresh: save tok0 as 1.1
12:00:10.348 Fresh: save tok0 as 1.1
12:00:16.534 Fresh: save tok0 as 1.1
12:00:20 Fresh -> Expired; withdrawn; rejected; bob gets nil
12:00:20 Expired -> Dead; saved; withdrawn
12:00:20 Dead: carol gets ErrLoginRequired (400)
`)
}

// Who was given it was another process, or this one before it was started again.
func TestTokenThatIsRejectedWhileItIsSavedIsNotGivenOut(t *testing.T) {
	newStory(t, persistent, betweenP).
		storeHolds().gets("alice").lands().
		rejects("bob", "tok0").
		storeUp().lands().
		minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; load
12:00:00 Acquiring: save tok0 as 1.1
12:00:00 Acquiring: bob gets nil
12:00:00 Acquiring: withdrawn; renewal 2: mint with ref0
12:00:00 Acquiring -> Fresh; alice gets tok1
`)
}

func TestRenewedTokenThatIsRejectedWhileItIsSavedIsNotGivenOut(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		refreshes("carol").storeHolds().minted("tok1").
		rejects("dan", "tok1").
		storeUp().lands().
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Stale; renewal 2: mint with ref0
12:00:00 Stale: save tok1 as 1.2
12:00:00 Stale: dan gets nil
12:00:00 Stale -> Acquiring; withdrawn; renewal 3: mint with ref1
12:00:00 Acquiring -> Fresh; carol gets tok2
`)
}

func TestSecondTokenThatIsRejectedIsNotGivenOutThoughItIsBeingSaved(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").rejects("bob", "tok0").
		gets("carol").storeHolds().minted("tok1").
		rejects("dan", "tok1").
		storeUp().lands().
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Expired; withdrawn; rejected; bob gets nil
12:00:00 Expired -> Acquiring; renewal 2: mint with ref0
12:00:00 Acquiring: save tok1 as 1.2
12:00:00 Acquiring: dan gets nil
12:00:00 Acquiring: withdrawn; renewal 3: mint with ref1
12:00:00 Acquiring -> Fresh; carol gets tok2
`)
}
