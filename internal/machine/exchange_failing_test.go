package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// fly is a session with tok1 and a flight for "read" that bob waits for.
func fly(t *testing.T, with ...any) *story {
	return newStory(t, append([]any{withExchange(credentials)}, with...)...).
		gets("alice").minted("tok1").exchanges("bob", "read").since()
}

func TestExchangeIsRetriedWhileSomebodyWaits(t *testing.T) {
	fly(t).
		refuses503("read").
		after(time.Second).refuses("read", messages.Failure{Verdict: messages.Doubtful, Reason: "connection reset"}).
		exchanges("carol", "read").
		after(3*time.Second).exchanged("read", "sub1").
		want(`
12:00:00.590 Fresh: flight 1: exchange tok1 for read, attempt 2
12:00:01 Fresh: carol waits
12:00:02.477 Fresh: flight 1: exchange tok1 for read, attempt 3
12:00:04 Fresh: bob gets sub1; carol gets sub1
`)
}

func TestFailedExchangeIsToldToAllWhoWaitAndCoolsDown(t *testing.T) {
	fly(t).
		exchanges("carol", "read").
		refuses503("read").
		after(time.Second).refuses503("read").
		after(2*time.Second).refuses503("read").
		exchanges("dave", "read").
		exchanges("eve", "write").
		after(900*time.Millisecond).exchanges("dave", "read").
		after(100*time.Millisecond).exchanges("dave", "read").
		gets("alice").
		want(`
12:00:00 Fresh: carol waits
12:00:00.590 Fresh: flight 1: exchange tok1 for read, attempt 2
12:00:02.477 Fresh: flight 1: exchange tok1 for read, attempt 3
12:00:03 Fresh: bob gets ErrUnavailable (503), retry after 1s; carol gets ErrUnavailable (503), retry after 1s
12:00:03 Fresh: dave gets ErrUnavailable (503), retry after 1s
12:00:03 Fresh: flight 2: exchange tok1 for write
12:00:03.900 Fresh: dave gets ErrUnavailable (503), retry after 100ms
12:00:04 Fresh: flight 3: exchange tok1 for read
12:00:04 Fresh: alice gets tok1
`)
}

func TestCoolDownOfAnExchangeDoublesUntilASuccess(t *testing.T) {
	s := fly(t, Settings{Retries: -1}).
		refuses503("read").
		after(time.Second).exchanges("bob", "read").refuses503("read").
		after(2*time.Second).exchanges("bob", "read").refuses503("read").
		after(4*time.Second).exchanges("bob", "read").sublife(10*time.Minute).exchanged("read", "sub1").
		at("12:15:00").exchanges("bob", "read").refuses503("read")
	s.want(`
12:00:00 Fresh: bob gets ErrUnavailable (503), retry after 1s
12:00:01 Fresh: flight 2: exchange tok1 for read
12:00:01 Fresh: bob gets ErrUnavailable (503), retry after 2s
12:00:03 Fresh: flight 3: exchange tok1 for read
12:00:03 Fresh: bob gets ErrUnavailable (503), retry after 4s
12:00:07 Fresh: flight 4: exchange tok1 for read
12:00:07 Fresh: bob gets sub1
12:15:00 Fresh: flight 5: exchange tok1 for read
12:15:00 Fresh: bob gets ErrUnavailable (503), retry after 1s
`)
}

func TestRetryAfterOfAnExchangeIsHonoured(t *testing.T) {
	fly(t).
		refuses("read", messages.Failure{Status: 429, RetryAfter: 2 * time.Second}).
		after(2*time.Second).
		refuses("read", messages.Failure{Status: 429, RetryAfter: time.Minute}).
		exchanges("carol", "read").
		want(`
12:00:02 Fresh: flight 1: exchange tok1 for read, attempt 2
12:00:02 Fresh: bob gets ErrUnavailable (429), retry after 1m0s
12:00:02 Fresh: carol gets ErrUnavailable (429), retry after 1m0s
`)
}

func TestWhatIsAskedForMayBeTheCallersMistake(t *testing.T) {
	fly(t).
		refusesAs("read", "invalid_scope").
		exchanges("carol", "read").
		exchanges("bob", "where").refusesAs("where", "invalid_target").
		exchanges("bob", "who").refusesAs("who", "invalid_client").
		exchanges("carol", "who").
		at("12:05:00").exchanges("carol", "read").
		want(`
12:00:00 Fresh: bob gets ErrInvalid (400)
12:00:00 Fresh: carol gets ErrInvalid (400)
12:00:00 Fresh: flight 2: exchange tok1 for where
12:00:00 Fresh: bob gets ErrInvalid (400)
12:00:00 Fresh: flight 3: exchange tok1 for who
12:00:00 Fresh: bob gets ErrUnavailable (400), retry after 5m0s
12:00:00 Fresh: carol gets ErrUnavailable (400), retry after 5m0s
12:05:00 Fresh: flight 4: exchange tok1 for read
`)
}

func TestRefusedSubjectIsRenewedOnceAndExchangedAgain(t *testing.T) {
	for _, code := range []string{"invalid_request", "invalid_token"} {
		fly(t).
			refusesAs("read", code).
			after(time.Second).minted("tok2").
			after(time.Second).exchanged("read", "sub1").
			want(`
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:01 Stale -> Fresh; flight 2: exchange tok2 for read
12:00:02 Fresh: bob gets sub1
`)
	}
}

func TestSubjectThatIsRefusedAgainIsNotRenewedAgain(t *testing.T) {
	newStory(t, withExchange(persistent), Settings{LeafTimeout: time.Minute}).
		exchanges("bob", "read").refusesSubject("read").minted("tok2").
		after(11*time.Second).refusesSubject("read").
		exchanges("carol", "read").
		gets("alice").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; flight 1: exchange tok0 for read
12:00:00 Fresh -> Stale; renewal 2: mint with ref0
12:00:00 Stale -> Fresh; flight 2: exchange tok2 for read
12:00:11 Fresh: bob gets ErrUnavailable (400), retry after 5m0s
12:00:11 Fresh: carol gets ErrUnavailable (400), retry after 5m0s
12:00:11 Fresh: alice gets tok2
`)
}

func TestInvalidRequestThatARenewalDoesNotMendIsTheCallersMistake(t *testing.T) {
	fly(t).
		refusesAs("read", "invalid_request").minted("tok2").
		after(time.Second).refusesAs("read", "invalid_request").
		want(`
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale -> Fresh; flight 2: exchange tok2 for read
12:00:01 Fresh: bob gets ErrInvalid (400)
`)
}

func TestRefusedSubjectsShareARenewal(t *testing.T) {
	fly(t).
		exchanges("carol", "write").
		refusesSubject("read").
		refusesSubject("write").
		minted("tok2").
		want(`
12:00:00 Fresh: flight 2: exchange tok1 for write
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale -> Fresh; flight 3: exchange tok2 for read; flight 4: exchange tok2 for write
`)
}

func TestSubjectThatWasRenewedMeanwhileIsExchangedAgainAtOnce(t *testing.T) {
	fly(t).
		refreshes("alice").minted("tok2").
		refusesSubject("read").
		refusesSubject("read").
		want(`
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale -> Fresh; alice gets tok2
12:00:00 Fresh: flight 2: exchange tok2 for read
12:00:00 Fresh -> Stale; renewal 3: mint
`)
}

// No more than one renewal a ForceInterval is for subjects that are refused; what failed for
// that is tried again with the next token.
func TestRefusedSubjectIsRenewedOnceAForceInterval(t *testing.T) {
	fly(t).
		refusesSubject("read").minted("tok2").exchanged("read", "sub1").
		after(9*time.Second).exchanges("carol", "write").refusesSubject("write").
		after(time.Second).exchanges("carol", "write").
		refreshes("alice").minted("tok3").
		exchanges("carol", "write").refusesSubject("write").
		want(`
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale -> Fresh; flight 2: exchange tok2 for read
12:00:00 Fresh: bob gets sub1
12:00:09 Fresh: flight 3: exchange tok2 for write
12:00:09 Fresh: carol gets ErrUnavailable (400), retry after 5m0s
12:00:10 Fresh: carol gets ErrUnavailable (400), retry after 4m59s
12:00:10 Fresh -> Stale; renewal 3: mint
12:00:10 Stale -> Fresh; alice gets tok3
12:00:10 Fresh: flight 4: exchange tok3 for write
12:00:10 Fresh -> Stale; renewal 4: mint
`)
}

func TestSubjectRefusedWhileRenewalsFailIsLeftAlone(t *testing.T) {
	newStory(t, withExchange(credentials)).
		gets("alice").minted("tok1").
		at("12:53:00").gets("alice").answers503().since().
		exchanges("carol", "write").refusesSubject("write").
		want(`
12:53:00 Stale: flight 1: exchange tok1 for write
12:53:00 Stale: carol gets ErrUnavailable (400), retry after 5m0s
`)
}

func TestRefusedSubjectOfADeadGrantCannotBeRenewed(t *testing.T) {
	newStory(t, withExchange(persistent)).
		gets("alice").at("12:53:00").gets("alice").denied().since().
		exchanges("bob", "read").refusesSubject("read").
		gets("alice").
		want(`
12:53:00 Ending: flight 1: exchange tok0 for read
12:53:00 Ending: bob gets ErrUnavailable (400), retry after 5m0s
12:53:00 Ending: alice gets tok0
`)
}

func TestRefusedSubjectIsRenewedThoughNobodyWaitsAnyMore(t *testing.T) {
	fly(t).
		leaves("bob").
		refusesSubject("read").minted("tok2").
		exchanges("carol", "read").
		want(`
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale -> Fresh
12:00:00 Fresh: flight 2: exchange tok2 for read
`)
}

func TestSubjectThatIsOverIsNoMatterOfTheExchange(t *testing.T) {
	newStory(t, withExchange(credentials)).
		gets("alice").minted("tok1").
		at("12:56:59").exchanges("bob", "read").since().
		after(time.Second).
		answers401().
		refusesSubject("read").
		want(`
12:57:00 Stale -> Acquiring -> Cooling; fails; due again 13:02:00
12:57:00 Cooling: bob gets ErrUnavailable (401), retry after 5m0s
`)
}

// What the renewal says is told to those who wait for it.
func TestRenewalOfARefusedSubjectThatFailsIsToldToWhoWaits(t *testing.T) {
	fly(t).
		refusesSubject("read").
		answers503().
		exchanges("carol", "read").
		want(`
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale: bob gets ErrUnavailable (503), retry after 1.428s; fails; due again 12:00:01.428
12:00:00 Stale: flight 2: exchange tok1 for read
`)
}

func TestOtherFailureAfterARefusedSubjectCoolsDownAsUsual(t *testing.T) {
	newStory(t, withExchange(persistent), Settings{Retries: -1}).
		gets("alice").at("12:53:00").gets("alice").answers503().
		exchanges("bob", "read").refusesSubject("read").
		after(time.Minute).gets("alice").minted("tok2").since().
		exchanges("bob", "read").refuses503("read").
		exchanges("bob", "read").
		want(`
12:54:00 Fresh: flight 2: exchange tok2 for read
12:54:00 Fresh: bob gets ErrUnavailable (503), retry after 2s
12:54:00 Fresh: bob gets ErrUnavailable (503), retry after 2s
`)
}
