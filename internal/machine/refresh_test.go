package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestRefreshBringsANewerToken(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		refreshes("bob").refreshes("carol").gets("dan").
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale: carol waits
12:00:00 Stale: dan gets tok1
12:00:00 Stale -> Fresh; bob gets tok2; carol gets tok2
`)
}

func TestRefreshJoinsTheRenewalUnderWay(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		at("12:53:00").gets("bob").refreshes("carol").
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:53:00 Fresh -> Stale; bob gets tok1; renewal 2: mint
12:53:00 Stale: carol waits
12:53:00 Stale -> Fresh; carol gets tok2
`)
}

func TestFailedRefreshIsToldToWhoAskedForItOnly(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		refreshes("bob").gets("carol").
		answers503().
		refreshes("dan").
		after(time.Second).refreshes("eve").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale: carol gets tok1
12:00:00 Stale: bob gets ErrUnavailable (503), retry after 1.428s; fails; due again 12:00:01.428
12:00:00 Stale: dan gets ErrUnavailable (503), retry after 1s
12:00:01 Stale: renewal 3: mint
`)
}

func TestTokenRenewedElsewhereSatisfiesARefresh(t *testing.T) {
	newStory(t, persistent, betweenP).
		gets("alice").
		renewedElsewhere("tok1", "ref1").
		refreshes("bob").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Stale -> Fresh; adopted; bob gets tok1
`)
}

func longer(d time.Duration) messages.Get { return messages.Get{MinValidity: d} }

func TestMinValidityIsOneRenewalForAllWhoAsk(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		at("12:30:00").asks("bob", longer(time.Minute)).
		asks("carol", longer(40*time.Minute)).asks("dan", longer(45*time.Minute)).
		gets("eve").
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:30:00 Fresh: bob gets tok1
12:30:00 Fresh -> Stale; renewal 2: mint
12:30:00 Stale: dan waits
12:30:00 Stale: eve gets tok1
12:30:00 Stale -> Fresh; carol gets tok2; dan gets tok2
`)
}

func TestMinValidityIsAtMostOneRenewalAForceInterval(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		at("12:30:00").asks("bob", longer(40*time.Minute)).answers503().
		after(2*time.Second).asks("carol", longer(40*time.Minute)).
		after(8*time.Second).asks("dan", longer(40*time.Minute)).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:30:00 Fresh -> Stale; renewal 2: mint
12:30:00 Stale: bob gets ErrUnavailable (503), retry after 1.428s; fails; due again 12:30:01.428
12:30:02 Stale: carol gets ErrUnavailable, retry after 8s
12:30:10 Stale: renewal 3: mint
`)
}

func TestValidityBeyondAnyTokenIsAskedForOnce(t *testing.T) {
	newStory(t).
		gets("alice").minted("tok1").
		at("12:30:00").asks("bob", longer(2*time.Hour)).minted("tok2").
		after(time.Minute).asks("carol", longer(2*time.Hour)).
		asks("dan", longer(59*time.Minute+30*time.Second)).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:30:00 Fresh -> Stale; renewal 2: mint
12:30:00 Stale -> Fresh; bob gets ErrInvalid, MinValidity is longer than a new token lives (1h0m0s)
12:31:00 Fresh: carol gets ErrInvalid, MinValidity is longer than a new token lives (1h0m0s)
12:31:00 Fresh -> Stale; renewal 3: mint
`)
}

func TestMinValidityIsAskedOfTheFirstTokenToo(t *testing.T) {
	newStory(t).
		asks("alice", longer(2*time.Hour)).gets("bob").
		minted("tok1").
		asks("carol", longer(3*time.Hour)).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring: bob waits
12:00:00 Acquiring -> Fresh; alice gets ErrInvalid, MinValidity is longer than a new token lives (1h0m0s); bob gets tok1
12:00:00 Fresh: carol gets ErrInvalid, MinValidity is longer than a new token lives (1h0m0s)
`)
}
