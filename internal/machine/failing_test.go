package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestRetryWaitsSecondsNotMilliseconds(t *testing.T) {
	newStory(t).
		gets("alice").
		answers503().
		after(5 * time.Second).
		answers503().
		after(5 * time.Second).
		answers503().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00.373 Acquiring: renewal 1: mint, attempt 2
12:00:06.194 Acquiring: renewal 1: mint, attempt 3
12:00:10 Acquiring -> Cooling; alice gets ErrUnavailable (503), retry after 1s; fails; due again 12:00:11
`)
}

func TestCoolDownDoublesAndASuccessResetsIt(t *testing.T) {
	s := newStory(t, Settings{Retries: -1}).gets("alice").answers503()
	for range 6 {
		s.after(30 * time.Second).gets("bob").answers503()
	}
	s.after(30 * time.Second).gets("carol").minted("tok1").
		at("13:30:00").gets("dan").answers503().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Cooling; alice gets ErrUnavailable (503), retry after 1s; fails; due again 12:00:01
12:00:30 Cooling -> Expired -> Acquiring; renewal 2: mint
12:00:30 Acquiring -> Cooling; bob gets ErrUnavailable (503), retry after 2s; fails; due again 12:00:32
12:01:00 Cooling -> Expired -> Acquiring; renewal 3: mint
12:01:00 Acquiring -> Cooling; bob gets ErrUnavailable (503), retry after 4s; fails; due again 12:01:04
12:01:30 Cooling -> Expired -> Acquiring; renewal 4: mint
12:01:30 Acquiring -> Cooling; bob gets ErrUnavailable (503), retry after 8s; fails; due again 12:01:38
12:02:00 Cooling -> Expired -> Acquiring; renewal 5: mint
12:02:00 Acquiring -> Cooling; bob gets ErrUnavailable (503), retry after 16s; fails; due again 12:02:16
12:02:30 Cooling -> Expired -> Acquiring; renewal 6: mint
12:02:30 Acquiring -> Cooling; bob gets ErrUnavailable (503), retry after 30s; fails; due again 12:03:00
12:03:00 Cooling -> Expired -> Acquiring; renewal 7: mint
12:03:00 Acquiring -> Cooling; bob gets ErrUnavailable (503), retry after 30s; fails; due again 12:03:30
12:03:30 Cooling -> Expired -> Acquiring; renewal 8: mint
12:03:30 Acquiring -> Fresh; recovered from 7; carol gets tok1
13:30:00 Fresh -> Expired -> Acquiring; renewal 9: mint
13:30:00 Acquiring -> Cooling; dan gets ErrUnavailable (503), retry after 1s; fails; due again 13:30:01
`)
}

func TestCoolingSessionAsksTheEndpointForNobody(t *testing.T) {
	newStory(t, Settings{Retries: -1}).
		gets("alice").answers401().
		gets("bob").
		after(4 * time.Minute).gets("carol").
		refreshes("dan").
		answers401().
		after(5 * time.Minute).gets("eve").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Cooling; alice gets ErrUnavailable (401), retry after 5m0s; fails; due again 12:05:00
12:00:00 Cooling: bob gets ErrUnavailable (401), retry after 5m0s
12:04:00 Cooling: carol gets ErrUnavailable (401), retry after 1m0s
12:04:00 Cooling -> Acquiring; renewal 2: mint
12:04:00 Acquiring -> Cooling; dan gets ErrUnavailable (401), retry after 5m0s; fails; due again 12:09:00
12:09:00 Cooling -> Expired -> Acquiring; renewal 3: mint
`)
}

func TestRetryAfterIsHonoured(t *testing.T) {
	newStory(t).
		gets("alice").answers429(20 * time.Second).
		after(10 * time.Second).gets("bob").refreshes("carol").
		after(10 * time.Second).gets("dan").
		answers429(time.Hour).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Cooling; alice gets ErrUnavailable (429), retry after 20s; fails; due again 12:00:20
12:00:10 Cooling: bob gets ErrUnavailable (429), retry after 10s
12:00:10 Cooling: carol gets ErrUnavailable (429), retry after 10s
12:00:20 Cooling -> Expired -> Acquiring; renewal 2: mint
12:00:20 Acquiring -> Cooling; dan gets ErrUnavailable (429), retry after 5m0s; fails; due again 12:05:20
`)
}

func TestRetryAfterIsHonouredBehindAValidToken(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		at("12:53:00").gets("bob").answers429(20*time.Second).
		after(19*time.Second).gets("carol").
		refreshes("dan").
		asks("fay", messages.Get{MinValidity: 50 * time.Minute}).
		after(time.Second).gets("eve").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:53:00 Fresh -> Stale; bob gets tok1; renewal 2: mint
12:53:00 Stale: fails; due again 12:53:20
12:53:19 Stale: carol gets tok1
12:53:19 Stale: dan gets ErrUnavailable (429), retry after 1s
12:53:19 Stale: fay gets ErrUnavailable (429), retry after 1s
12:53:20 Stale: eve gets tok1; renewal 3: mint
`)
}

// A token that ends meanwhile is no reason to ask earlier.
func TestRetryAfterOutlastsTheToken(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		at("12:56:50").gets("bob").answers429(time.Minute).
		at("12:57:10").gets("carol").
		at("12:57:50").gets("dan").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:56:50 Fresh -> Stale; bob gets tok1; renewal 2: mint
12:56:50 Stale: fails; due again 12:57:50
12:57:10 Stale -> Cooling; carol gets ErrUnavailable (429), retry after 40s
12:57:50 Cooling -> Expired -> Acquiring; renewal 3: mint
`)
}

func TestShortRetryAfterIsWaitedForWithCallers(t *testing.T) {
	newStory(t).
		gets("alice").answers429(2 * time.Second).
		after(1900 * time.Millisecond).
		after(100 * time.Millisecond).minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:02 Acquiring: renewal 1: mint, attempt 2
12:00:02 Acquiring -> Fresh; alice gets tok1
`)
}

func TestFailuresBehindAValidTokenReachNobody(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		at("12:53:00").gets("bob").answers503().
		after(10 * time.Second).gets("carol").answers503().
		after(20 * time.Second).gets("dan").minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:53:00 Fresh -> Stale; bob gets tok1; renewal 2: mint
12:53:00 Stale: fails; due again 12:53:01.428
12:53:10 Stale: carol gets tok1; renewal 3: mint
12:53:10 Stale: fails; due again 12:53:12.919
12:53:30 Stale: dan gets tok1; renewal 4: mint
12:53:30 Stale -> Fresh; recovered from 2
`)
}

func TestFirstRenewalWithNobodyWaitingIsNotRetried(t *testing.T) {
	newStory(t).
		gets("alice").leaves("alice").
		answers503().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Cooling; fails; due again 12:00:01
`)
}

func TestFailureAfterADeathDoesNotHideIt(t *testing.T) {
	newStory(t, persistent).
		gets("alice").
		at("12:58:00").gets("bob").
		diedElsewhere().hears().
		answers503().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Dead; withdrawn; bob gets ErrLoginRequired (400)
12:58:00 Dead: carol gets ErrLoginRequired (400)
`)
}

// A kind that mints without a human is never Dead.
func TestDeniedClientCredentialsComeBackAfterTheLongestCoolDown(t *testing.T) {
	newStory(t).
		gets("alice").denied().
		after(4*time.Minute + 59*time.Second).gets("bob").
		after(time.Second).gets("carol").minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Cooling; alice gets ErrUnavailable (400), retry after 5m0s; fails; due again 12:05:00
12:04:59 Cooling: bob gets ErrUnavailable (400), retry after 1s
12:05:00 Cooling -> Expired -> Acquiring; renewal 2: mint
12:05:00 Acquiring -> Fresh; recovered from 1; carol gets tok1
`)
}

func TestDeniedGrantServesItsTokenToTheEnd(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		at("12:53:00").refreshes("bob").denied().
		gets("carol").refreshes("dan").
		at("12:57:00").gets("eve").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; renewal 2: mint with ref0
12:53:00 Stale -> Ending; save the death of 1.1; bob gets ErrLoginRequired (400)
12:53:00 Ending: carol gets tok0
12:53:00 Ending: dan gets ErrLoginRequired (400)
12:57:00 Ending -> Dead; eve gets ErrLoginRequired (400)
`)
}

func TestDenialIsNotBelievedWithoutAnotherLook(t *testing.T) {
	newStory(t, persistent).
		gets("alice").
		at("12:58:00").gets("bob").
		renewedElsewhere("tok9", "ref9").
		denied().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Fresh; adopted; bob gets tok9
12:58:00 Fresh: carol gets tok9
`)
}

func TestDenialOverANewerGenerationIsNotWritten(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:58:00").gets("bob").
		renewedElsewhere("tok9", "ref9").
		hears().
		denied().
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring -> Stale; adopted; bob gets tok9
12:58:00 Stale -> Fresh
12:58:00 Fresh: carol gets tok9
`)
}

func TestDoubtfulTokenIsSentAgainOnlyAtTheMargin(t *testing.T) {
	newStory(t, persistent, onDisk).telling("claims").
		gets("alice").
		at("12:53:00").gets("bob").answerLost().
		at("12:55:30").gets("carol").refreshes("dan").
		asks("eve", messages.Get{MinValidity: 50 * time.Minute}).
		at("12:57:00").gets("frank").
		denied().
		gets("grace").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; claim for 20s; renewal 2: mint with ref0
12:53:00 Stale: in doubt; fails; due again 12:57:00
12:55:30 Stale: carol gets tok0
12:55:30 Stale: dan gets ErrUnavailable, retry after 1m30s
12:55:30 Stale: eve gets ErrUnavailable, retry after 1m30s
12:57:00 Stale -> Expired -> Acquiring; claim for 20s, in doubt; renewal 3: mint with ref0
12:57:00 Acquiring -> Dead; withdrawn; frank gets ErrOutcomeUnknown (400)
12:57:00 Dead: grace gets ErrOutcomeUnknown (400)
`)
}

func TestDoubtfulTokenIsSentAgainWhileTheServerForgives(t *testing.T) {
	forgiving := persistent
	forgiving.ReuseGrace = time.Minute
	newStory(t, forgiving, onDisk).
		gets("alice").
		at("12:53:00").gets("bob").answerLost().
		after(20 * time.Second).gets("carol").
		answerLost().
		after(time.Minute).gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:00 Stale: in doubt; fails; due again 12:53:01.428
12:53:20 Stale: carol gets tok0; renewal 3: mint with ref0
12:53:20 Stale: in doubt; fails; due again 12:53:22.919
12:54:20 Stale: dan gets tok0; fails; due again 12:57:00
`)
}

func TestDoubtIsRetriedWhenNothingValidIsHeld(t *testing.T) {
	newStory(t, persistent, onDisk).
		gets("alice").
		at("12:58:00").gets("bob").answerLost().
		after(2 * time.Second).minted("tok1").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint with ref0
12:58:00 Acquiring: in doubt
12:58:00.743 Acquiring: renewal 2: mint with ref0, attempt 2
12:58:02 Acquiring -> Fresh; bob gets tok1
`)
}

func TestLatePairIsNotLost(t *testing.T) {
	newStory(t, persistent, onDisk).telling("saves").
		gets("alice").
		at("12:53:00").gets("bob").
		after(11*time.Second).
		after(time.Second).mintedLate("tok1", "ref1").
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; renewal 2: mint with ref0
12:53:11 Stale: in doubt; fails; due again 12:57:00
12:53:12 Stale -> Fresh; save tok1 as 1.2; recovered from 1
12:53:12 Fresh: carol gets tok1
`)
}

// The record that the store had all the time says nothing of the endpoint.
func TestRetryAfterOutlastsTheFirstLookAtTheStore(t *testing.T) {
	newStory(t, credentials, betweenP).
		gets("alice").minted("tok1").
		at("13:10:00").restarts().
		storeDown().gets("bob").answers429(5 * time.Minute).
		storeUp().after(time.Minute).hears().
		gets("carol").
		at("13:15:00").gets("dan").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
13:10:00 Empty -> Acquiring; load (down); load (down); renewal 1: mint
13:10:00 Acquiring -> Cooling; bob gets ErrUnavailable (429), retry after 5m0s; fails; due again 13:15:00
13:11:00 Cooling: woke; withdrawn
13:11:00 Cooling: carol gets ErrUnavailable (429), retry after 4m0s
13:15:00 Cooling -> Expired -> Acquiring; renewal 2: mint
`)
}

func TestRetryAfterOutlastsATokenThatIsFoundMeanwhile(t *testing.T) {
	newStory(t, credentials, betweenP).
		gets("alice").minted("tok1").
		at("12:50:00").restarts().
		storeDown().gets("bob").answers429(5 * time.Minute).
		storeUp().after(time.Minute).hears().
		gets("carol").
		refreshes("dan").
		at("12:54:59").gets("eve").
		at("12:55:00").gets("fay").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:50:00 Empty -> Acquiring; load (down); load (down); renewal 1: mint
12:50:00 Acquiring -> Cooling; bob gets ErrUnavailable (429), retry after 5m0s; fails; due again 12:55:00
12:51:00 Cooling -> Stale; woke
12:51:00 Stale: carol gets tok1
12:51:00 Stale: dan gets ErrUnavailable (429), retry after 4m0s
12:54:59 Stale: eve gets tok1
12:55:00 Stale: fay gets tok1; renewal 2: mint
`)
}
