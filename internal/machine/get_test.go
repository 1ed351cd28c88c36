package machine

import (
	"net/netip"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestExpiredSessionHoldsCallersUntilRenewed(t *testing.T) {
	newStory(t).
		gets("alice").
		after(time.Second).minted("tok1").
		after(57 * time.Minute).gets("carol").
		gets("dan").
		after(time.Second).minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:01 Acquiring -> Fresh; alice gets tok1
12:57:01 Fresh -> Expired -> Acquiring; renewal 2: mint
12:57:01 Acquiring: dan waits
12:57:02 Acquiring -> Fresh; carol gets tok2; dan gets tok2
`)
}

func TestStaleTokenIsServedWhileItIsRenewed(t *testing.T) {
	newStory(t).telling("published").
		gets("alice").minted("tok1").
		at("12:46:59").gets("bob").
		at("12:53:00").gets("carol").
		after(time.Second).gets("dan").
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; tok1 published, stale 12:49:04.530, until 12:57:00; alice gets tok1
12:46:59 Fresh: bob gets tok1
12:53:00 Fresh -> Stale; carol gets tok1; renewal 2: mint
12:53:01 Stale: dan gets tok1
12:53:01 Stale -> Fresh; tok2 published, stale 13:42:46.929, until 13:50:00
`)
}

// Nobody asks in the name of whoever found the published token stale.
func TestSilentAskOfAStalePublishedTokenStartsARenewal(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		at("12:53:00").asks("", messages.Get{}).
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:53:00 Fresh -> Stale; renewal 2: mint
12:53:00 Stale -> Fresh
`)
}

func TestOneRenewalServesAThousandCallers(t *testing.T) {
	s := newStory(t)
	for range 1000 {
		s.gets("somebody")
	}
	s.since().minted("tok1")
	if got := s.cur.session.renewals; got != 1 || len(s.cur.sent) != 4 {
		t.Errorf("%d renewals, %d leaves", got, len(s.cur.sent))
	}
}

func TestTransientFailureClearsNothing(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves", "claims").
		gets("alice").
		at("12:58:00").gets("bob").
		answers503().
		after(2 * time.Second).answers503().
		after(4 * time.Second).answers503().
		after(10 * time.Second).gets("carol").
		minted("tok1").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; claim for 20s; renewal 2: mint with ref0
12:58:00.743 Acquiring: claim for 20s; renewal 2: mint with ref0, attempt 2
12:58:03.483 Acquiring: claim for 20s; renewal 2: mint with ref0, attempt 3
12:58:06 Acquiring -> Cooling; bob gets ErrUnavailable (503), retry after 1s; fails; due again 12:58:07; release the claim
12:58:16 Cooling -> Expired -> Acquiring; claim for 20s; renewal 3: mint with ref0
12:58:16 Acquiring -> Fresh; save tok1 as 1.2; recovered from 1; carol gets tok1
`)
}

func TestFailureIsNeverHandedOutAsAToken(t *testing.T) {
	newStory(t).
		gets("alice").
		fails(messages.Failure{Verdict: messages.Hopeless, Status: 400, Code: "invalid_scope"}).
		gets("bob").
		asks("", messages.Get{}).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Cooling; alice gets ErrUnavailable (400), retry after 5m0s; fails; due again 12:05:00
12:00:00 Cooling: bob gets ErrUnavailable (400), retry after 5m0s
`)
}

func TestFirstCallersOptionsAreNotUsedForThoseWhoJoin(t *testing.T) {
	from := func(ip string) messages.Get { return messages.Get{ClientIP: netip.MustParseAddr(ip)} }
	newStory(t).
		asks("alice", from("192.0.2.1")).
		asks("bob", from("192.0.2.2")).
		minted("tok1").
		at("12:57:00").gets("carol").
		asks("dan", from("192.0.2.4")).
		answers503().
		after(time.Second).minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for 192.0.2.1
12:00:00 Acquiring: bob waits
12:00:00 Acquiring -> Fresh; alice gets tok1; bob gets tok1
12:57:00 Fresh -> Expired -> Acquiring; renewal 2: mint
12:57:00 Acquiring: dan waits
12:57:00.743 Acquiring: renewal 2: mint, attempt 2
12:57:01 Acquiring -> Fresh; carol gets tok2; dan gets tok2
`)
}

func TestSilentServerHangsNobody(t *testing.T) {
	newStory(t).
		gets("alice").
		after(8 * time.Second).gets("bob").
		after(time.Minute).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:08 Acquiring: bob waits
12:00:11.373 Acquiring: renewal 1: mint, attempt 2
12:00:23.568 Acquiring: renewal 1: mint, attempt 3
12:00:30 Acquiring: alice gets ErrUnavailable, retry after 1s
12:00:34.568 Acquiring -> Cooling; bob gets ErrUnavailable, retry after 1s; fails; due again 12:00:35.568
`)
}

func TestNobodyIsHeldLongerThanHoldFor(t *testing.T) {
	newStory(t, Settings{HoldFor: 5 * time.Second}).
		gets("alice").
		after(3 * time.Second).gets("bob").
		after(4 * time.Second).minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:03 Acquiring: bob waits
12:00:05 Acquiring: alice gets ErrUnavailable, retry after 1s
12:00:07 Acquiring -> Fresh; bob gets tok1
`)
}

// Time in the queue is limited by QueueFor, not by HoldFor.
func TestHoldForCountsFromTheSlot(t *testing.T) {
	newStory(t).queueHolds().
		gets("alice").
		after(time.Minute).slot().
		after(9 * time.Second).gets("bob").
		minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; queue
12:01:00 Acquiring: renewal 1: mint
12:01:09 Acquiring: bob waits
12:01:09 Acquiring -> Fresh; alice gets tok1; bob gets tok1
`)
}

func TestFullQueueIsErrOverloaded(t *testing.T) {
	newStory(t).queueHolds().
		gets("alice").
		after(5 * time.Minute).
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; queue
12:05:00 Acquiring -> Cooling; alice gets ErrOverloaded, retry after 1s; fails; due again 12:05:01
12:05:00 Cooling: bob gets ErrOverloaded, retry after 1s
`)
}

func TestHoldAtMostTurnsTheNextAway(t *testing.T) {
	newStory(t, Settings{HoldAtMost: 2}).
		gets("alice").gets("bob").gets("carol").
		leaves("alice").
		gets("dan").
		minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring: bob waits
12:00:00 Acquiring: carol gets ErrOverloaded, retry after 1s
12:00:00 Acquiring: dan waits
12:00:00 Acquiring -> Fresh; bob gets tok1; dan gets tok1
`)
}

func TestNegativeHoldAtMostHoldsNobodyAndRenewsAllTheSame(t *testing.T) {
	newStory(t, Settings{HoldAtMost: -1}).
		gets("alice").
		minted("tok1").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; alice gets ErrOverloaded, retry after 1s; renewal 1: mint
12:00:00 Acquiring -> Fresh
12:00:00 Fresh: bob gets tok1
`)
}

func TestLeavingDisturbsNobody(t *testing.T) {
	newStory(t).
		gets("alice").gets("bob").
		leaves("alice").
		minted("tok1").
		leaves("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring: bob waits
12:00:00 Acquiring -> Fresh; bob gets tok1
`)
}

func TestRenewalGoesOnWhenAllHaveLeft(t *testing.T) {
	newStory(t).
		gets("alice").
		leaves("alice").
		minted("tok1").
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh
12:00:00 Fresh: bob gets tok1
`)
}

func TestLateTimerIsHarmless(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		at("12:53:00").gets("bob").answers503().
		late(2 * time.Hour).gets("carol").
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:53:00 Fresh -> Stale; bob gets tok1; renewal 2: mint
12:53:00 Stale: fails; due again 12:53:01.428
14:53:00 Stale -> Expired -> Acquiring; renewal 3: mint
14:53:00 Acquiring -> Fresh; recovered from 1; carol gets tok2
`)
}

func TestMissingLifetimeIsAssumed(t *testing.T) {
	newStory(t).telling("published").
		gets("alice").mintedForever("tok1").
		at("12:04:30").gets("bob").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; no lifetime, assuming 5m0s; tok1 published, stale 12:03:10.755, until 12:04:30; alice gets tok1
12:04:30 Fresh -> Expired -> Acquiring; renewal 2: mint
`)
}

// A second of life is no more than a margin: the token is given to those who
// waited, and the endpoint is then left alone for a while.
func TestTokenWithinItsMarginIsGivenOnce(t *testing.T) {
	newStory(t).lifetime(2 * time.Second).
		gets("alice").gets("bob").
		after(1500 * time.Millisecond).minted("tok1").
		gets("carol").
		after(time.Second).gets("dan").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring: bob waits
12:00:01.500 Acquiring -> Cooling; withdrawn; alice gets tok1; bob gets tok1
12:00:01.500 Cooling: carol gets ErrUnavailable, retry after 1s
12:00:02.500 Cooling -> Expired -> Acquiring; renewal 2: mint
`)
}

func TestTokenThatIsDeadOnArrivalIsGivenToNobody(t *testing.T) {
	newStory(t).lifetime(2 * time.Second).
		gets("alice").
		after(3 * time.Second).minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:03 Acquiring -> Cooling; withdrawn; alice gets ErrUnavailable, retry after 1s
`)
}

func TestKeepAliveRenewsWithoutBeingAsked(t *testing.T) {
	keepAlive := credentials
	keepAlive.KeepAlive = true
	newStory(t, keepAlive).
		gets("alice").minted("tok1").
		at("12:49:05").answers503().
		after(2 * time.Second).minted("tok2").
		sleeps().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:49:04.530 Fresh -> Stale; renewal 2: mint
12:49:05 Stale: fails; due again 12:49:06.428
12:49:06.428 Stale: renewal 3: mint
12:49:07 Stale -> Fresh; recovered from 1
`)
}

func TestKeepAliveSessionWithoutATokenIsTriedAgain(t *testing.T) {
	keepAlive := credentials
	keepAlive.KeepAlive = true
	newStory(t, keepAlive, Settings{Retries: -1}).
		gets("alice").answers503().
		after(time.Second).minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Cooling; alice gets ErrUnavailable (503), retry after 1s; fails; due again 12:00:01
12:00:01 Cooling -> Expired -> Acquiring; renewal 2: mint
12:00:01 Acquiring -> Fresh; recovered from 1
`)
}

func TestTokensThatHaveRunOutOnArrivalAreAskedForLessAndLess(t *testing.T) {
	newStory(t).lifetime(2 * time.Second).
		gets("alice").after(1500 * time.Millisecond).minted("tok1").
		after(1500 * time.Millisecond).gets("bob").after(1500 * time.Millisecond).minted("tok2").
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:01.500 Acquiring -> Cooling; withdrawn; alice gets tok1
12:00:03 Cooling -> Expired -> Acquiring; renewal 2: mint
12:00:04.500 Acquiring -> Cooling; withdrawn; bob gets tok2
12:00:04.500 Cooling: carol gets ErrUnavailable, retry after 2s
`)
}

func TestSleepingSessionTakesUpWhatTheStoreHas(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		at("12:30:00").sleeps().
		gets("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:30:00 Fresh -> Empty; withdrawn; slept
12:30:00 Empty -> Acquiring -> Fresh; woke; bob gets tok0
`)
}

// What the watch tells is as good as a look.
func TestPairHeardOfWhileTheStoreIsDownIsServed(t *testing.T) {
	newStory(t, stored, betweenP).storeDown().
		gets("alice").
		after(time.Second).
		renewedElsewhere("tok1", "ref1").hears().
		after(10*time.Second).gets("bob").
		rejects("rob", "tok1").
		storeUp().gets("carol").
		want(`
12:00:00 Empty -> Acquiring; load (down)
12:00:00.504 Acquiring: load (down)
12:00:01 Acquiring -> Fresh; woke; alice gets tok1
12:00:11 Fresh: bob gets tok1
12:00:11 Fresh -> Expired; withdrawn; rejected; rob gets nil
12:00:11 Expired -> Acquiring; renewal 2: mint with ref1
`)
}

// A token that was given is saved before it is renewed: two runs for one ask.
func TestAddressGoesAlongWithTheRenewalBehindAnInstall(t *testing.T) {
	ip := netip.MustParseAddr("192.0.2.1")
	newStory(t, persistent, onDisk).
		late(2*time.Hour).asks("alice", messages.Get{ClientIP: ip}).
		gets("bob").
		minted("tok1").
		want(`
14:00:00 Empty -> Acquiring; withdrawn; renewal 2: mint with ref0 for 192.0.2.1
14:00:00 Acquiring: bob waits
14:00:00 Acquiring -> Fresh; alice gets tok1; bob gets tok1
`)
}
