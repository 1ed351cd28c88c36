package machine

import (
	"strings"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestRefreshTokenThatHasRunOutIsNotSent(t *testing.T) {
	newStory(t, provable).
		proves("eve", "first").mintedUntil("tok1", "ref1", noon.Add(55*time.Minute)).
		at("12:56:00").gets("alice").
		gets("bob").
		at("12:58:00").gets("carol").
		proves("eve", "second").minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for first
12:00:00 Acquiring -> Fresh; eve gets nil
12:56:00 Fresh -> Stale -> Ending; alice gets tok1; the refresh token has run out
12:56:00 Ending: bob gets tok1
12:58:00 Ending -> Dead; carol gets ErrLoginRequired
12:58:00 Dead -> Acquiring; renewal 3: mint for second
12:58:00 Acquiring -> Fresh; eve gets nil
`)
}

func TestRefreshTokenThatHasRunOutOverNight(t *testing.T) {
	newStory(t, provable, onDisk).
		proves("eve", "first").mintedUntil("tok1", "ref1", noon.Add(2*time.Hour)).
		at("14:00:00").restarts().gets("alice").
		since().gets("bob").
		want(`
14:00:00 Dead: bob gets ErrLoginRequired
`)
}

func TestTokenOfUnknownEndIsGivenOutUntilItIsRefused(t *testing.T) {
	forever := fixed
	forever.Given = messages.Token{Access: "tok0"}
	newStory(t, forever, onDisk).
		gets("alice").
		after(10*365*24*time.Hour).asks("bob", messages.Get{MinValidity: time.Hour}).
		restarts().gets("carol").
		refreshes("dan").
		rejects("eve", "tok0").
		gets("fay").
		want(`
12:00:00 Empty -> Acquiring -> Ending; alice gets tok0
12:00:00 Ending: bob gets tok0
12:00:00 Empty -> Acquiring -> Ending; woke; carol gets tok0
12:00:00 Ending: dan gets ErrNotSupported
12:00:00 Ending -> Dead; withdrawn; rejected; eve gets nil
12:00:00 Dead: fay gets ErrLoginRequired
`)
}

func TestAnotherTokenWithoutATimeTakesThePlaceOfTheOne(t *testing.T) {
	one, other := fixed, fixed
	one.Given, other.Given = messages.Token{Access: "tok0"}, messages.Token{Access: "tok1"}
	newStory(t, one, onDisk).
		gets("alice").
		restarts(other).gets("bob").
		revokes("carol").ends().
		restarts(one).gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Ending; alice gets tok0
12:00:00 Empty -> Acquiring -> Ending; bob gets tok1
12:00:00 Ending -> Revoked; withdrawn; revoke tok1
12:00:00 Revoked: carol gets nil
12:00:00 Empty -> Acquiring -> Revoked; withdrawn; revoked elsewhere; dan gets ErrRevoked
`)
}

// What was decided about the given token stays decided: neither of the two says when it
// was issued, so looking again would bring the old one back.
func TestTokenThatWasReplacedDoesNotComeBackAfterSleep(t *testing.T) {
	old := fixed
	old.Given = messages.Token{Access: "tok0"}
	newStory(t, old).
		gets("alice").
		rejects("bob", "tok0").
		asks("carol", messages.Establish{Token: messages.Token{Access: "tok1", Expiry: noon.Add(time.Hour)}}).
		gets("alice").
		after(2 * time.Hour).gets("dave").
		sleeps().gets("erin").
		want(`
12:00:00 Empty -> Acquiring -> Ending; alice gets tok0
12:00:00 Ending -> Dead; withdrawn; rejected; bob gets nil
12:00:00 Dead -> Acquiring -> Ending; carol gets nil
12:00:00 Ending: alice gets tok1
14:00:00 Ending -> Dead; dave gets ErrLoginRequired
14:00:00 Dead -> Empty; withdrawn; slept
14:00:00 Empty -> Acquiring -> Dead; woke; erin gets ErrLoginRequired; withdrawn
`)
}

// Another process has begun to renew while the refresh token was good.
func TestRefreshTokenThatRunsOutWhileAnotherRenewsIsNotMissed(t *testing.T) {
	for _, begin := range []func(*story) *story{
		func(s *story) *story { return s },
		func(s *story) *story { return s.restarts() },
	} {
		s := newStory(t, provable, betweenP).
			proves("eve", "proof").mintedUntil("tok1", "ref1", noon.Add(70*time.Minute)).
			at("13:09:55").claimedElsewhere(20 * time.Second).at("13:10:01").since()
		begin(s).gets("alice").
			renewedElsewhere("tok2", "ref2").hears()
		if got := s.texts(); len(got) != 2 || got[1] != "13:10:01 Acquiring -> Fresh; adopted; alice gets tok2" {
			t.Errorf("the story went another way:\n%s", strings.Join(got, "\n"))
		}
	}
}

func TestRefreshTokenThatHasRunOutIsMissedOnceTheOtherHasGivenUp(t *testing.T) {
	newStory(t, provable, betweenP).
		proves("eve", "proof").mintedUntil("tok1", "ref1", noon.Add(70*time.Minute)).
		at("13:09:55").claimedElsewhere(20 * time.Second).at("13:10:01").gets("alice").
		writes(func(*messages.Record) {}).hears().
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for proof
12:00:00 Acquiring -> Fresh; eve gets nil
13:10:01 Fresh -> Expired -> Acquiring
13:10:01 Acquiring -> Dead; alice gets ErrLoginRequired; the refresh token has run out
`)
}
