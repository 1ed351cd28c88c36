package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// kept is a session with tok1, and sub1 that was exchanged for it.
func kept(t *testing.T, with ...any) *story {
	return fly(t, with...).exchanged("read", "sub1").since()
}

func TestRejectedExchangedTokenIsNotGivenAgain(t *testing.T) {
	kept(t).
		rejects("carol", "sub1").
		rejects("carol", "sub1").
		exchanges("dave", "read").exchanged("read", "sub2").
		gets("alice").
		want(`
12:00:00 Fresh: rejected; carol gets nil
12:00:00 Fresh: carol gets nil
12:00:00 Fresh: flight 2: exchange tok1 for read
12:00:00 Fresh: dave gets sub2
12:00:00 Fresh: alice gets tok1
`)
}

// A resource server cannot have the endpoint asked with every call.
func TestSecondRejectOfAnExchangeWithinAForceIntervalChangesNothing(t *testing.T) {
	kept(t).
		rejects("carol", "sub1").
		exchanges("dave", "read").exchanged("read", "sub2").
		after(9*time.Second).rejects("carol", "sub2").
		exchanges("dave", "read").
		exchanges("eve", "write").exchanged("write", "sub3").
		rejects("carol", "sub3").
		after(time.Second).rejects("carol", "sub2").
		exchanges("dave", "read").
		want(`
12:00:00 Fresh: rejected; carol gets nil
12:00:00 Fresh: flight 2: exchange tok1 for read
12:00:00 Fresh: dave gets sub2
12:00:09 Fresh: carol gets ErrUnavailable, retry after 1s
12:00:09 Fresh: dave gets sub2
12:00:09 Fresh: flight 3: exchange tok1 for write
12:00:09 Fresh: eve gets sub3
12:00:09 Fresh: rejected; carol gets nil
12:00:10 Fresh: rejected; carol gets nil
12:00:10 Fresh: flight 4: exchange tok1 for read
`)
}

func TestRejectOfWhatIsNotGivenOutAnyMoreDoesNothing(t *testing.T) {
	kept(t).
		at("12:57:00").rejects("carol", "sub1").
		rejects("carol", "sub7").
		rejects("carol", "").
		want(`
12:57:00 Fresh -> Expired; carol gets nil
12:57:00 Expired: carol gets nil
12:57:00 Expired: carol gets nil
`)
}

func TestRejectOfTheParentDropsWhatWasExchangedForIt(t *testing.T) {
	kept(t).
		exchanges("bob", "write").
		exchanges("carol", "write").
		rejects("dave", "tok1").
		exchanges("eve", "read").
		exchanged("write", "sub2").
		minted("tok2").
		exchanged("read", "sub3").
		exchanged("write", "sub4").
		want(`
12:00:00 Fresh: flight 2: exchange tok1 for write
12:00:00 Fresh: carol waits
12:00:00 Fresh -> Acquiring; withdrawn; rejected; dave gets nil; renewal 2: mint
12:00:00 Acquiring: eve waits
12:00:00 Acquiring -> Fresh; flight 3: exchange tok2 for write; flight 4: exchange tok2 for read
12:00:00 Fresh: eve gets sub3
12:00:00 Fresh: bob gets sub4; carol gets sub4
`)
}

func TestRevokeDropsWhatWasExchanged(t *testing.T) {
	kept(t).
		exchanges("bob", "write").
		revokes("eve").
		exchanged("write", "sub2").
		ends().
		exchanges("carol", "read").minted("tok2").
		want(`
12:00:00 Fresh: flight 2: exchange tok1 for write
12:00:00 Fresh -> Revoked; withdrawn; bob gets ErrRevoked; revoke tok1
12:00:00 Revoked: eve gets nil
12:00:00 Revoked -> Acquiring; renewal 3: mint
12:00:00 Acquiring -> Fresh; flight 3: exchange tok2 for read
`)
}

func TestRevokeElsewhereDropsWhatWasExchanged(t *testing.T) {
	kept(t, betweenP).
		exchanges("bob", "write").
		revokedElsewhere().hears().
		exchanged("write", "sub2").
		exchanges("carol", "read").minted("tok2").
		want(`
12:00:00 Fresh: flight 2: exchange tok1 for write
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
12:00:00 Revoked -> Acquiring; renewal 2: mint
12:00:00 Acquiring -> Fresh; flight 3: exchange tok2 for read
`)
	newStory(t, withExchange(persistent), betweenP).
		exchanges("bob", "read").exchanged("read", "sub1").exchanges("bob", "write").since().
		revokedElsewhere().hears().
		exchanged("write", "sub2").
		exchanges("carol", "read").
		want(`
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere; bob gets ErrRevoked
12:00:00 Revoked: carol gets ErrRevoked
`)
}

func TestNewGrantDropsWhatWasExchangedForTheOldOne(t *testing.T) {
	newStory(t, withExchange(persistent)).
		exchanges("bob", "read").exchanged("read", "sub1").exchanges("bob", "write").since().
		after(time.Second).establishes("eve", "tok5", "ref5").
		exchangedLate("sub2").
		exchanges("carol", "read").
		want(`
12:00:01 Fresh: eve gets nil; flight 3: exchange tok5 for write
12:00:01 Fresh: flight 4: exchange tok5 for read
`)
}

func TestNewGrantOfElsewhereDropsWhatWasExchangedForTheOldOne(t *testing.T) {
	newStory(t, withExchange(persistent), betweenP).
		exchanges("bob", "read").exchanged("read", "sub1").since().
		refreshes("carol").
		exchanges("bob", "write").
		establishedElsewhere("tok5", "ref5").hears().
		exchangedLate("sub2").
		exchanges("carol", "read").
		want(`
12:00:00 Fresh -> Stale; renewal 2: mint with ref0
12:00:00 Stale: flight 2: exchange tok0 for write
12:00:00 Stale: adopted; carol gets tok5; flight 3: exchange tok5 for write
12:00:00 Stale: flight 4: exchange tok5 for read
`)
}

// Where a renewal kills the old token, what was exchanged for it may die with it.
func TestRenewalThatRevokesDropsWhatWasExchanged(t *testing.T) {
	rules := withExchange(persistent)
	rules.RenewalRevokes = true
	newStory(t, rules).
		exchanges("bob", "read").exchanged("read", "sub1").exchanges("bob", "write").since().
		refreshes("alice").
		exchanges("carol", "read").
		exchanged("write", "sub2").
		minted("tok2").
		want(`
12:00:00 Fresh -> Stale -> Acquiring; withdrawn; renewal 2: mint with ref0
12:00:00 Acquiring: carol waits
12:00:00 Acquiring -> Fresh; alice gets tok2; flight 3: exchange tok2 for write; flight 4: exchange tok2 for read
`)
}

func TestRenewalElsewhereThatRevokesDropsWhatWasExchanged(t *testing.T) {
	rules := withExchange(persistent)
	rules.RenewalRevokes = true
	newStory(t, rules, betweenP).
		exchanges("bob", "read").exchanged("read", "sub1").since().
		renewedElsewhere("tok2", "ref2").hears().
		exchanges("bob", "read").
		want(`
12:00:00 Fresh: adopted
12:00:00 Fresh: flight 2: exchange tok2 for read
`)
}

func TestCloseEndsExchanges(t *testing.T) {
	s := kept(t).
		exchanges("bob", "write").
		closes().
		exchanged("write", "sub2").
		exchanges("carol", "read")
	if !s.cur.session.Quiet() || s.cur.session.exchanges != nil {
		t.Error("something is left")
	}
	s.want(`
12:00:00 Fresh: flight 2: exchange tok1 for write
12:00:00 Fresh -> Closed; withdrawn; bob gets ErrClosed
12:00:00 Closed: carol gets ErrClosed
`)
}

func TestWhoIsTurnedBackIsHeldInTheOrderOfComing(t *testing.T) {
	newStory(t, withExchange(credentials), Settings{LeafTimeout: time.Minute}).gets("alice").minted("tok1").
		exchanges("bob", "read").
		after(time.Second).exchanges("carol", "write").
		after(time.Second).exchanges("dave", "read").
		after(time.Second).exchanges("eve", "write").
		since().
		after(time.Second).rejects("frank", "tok1").
		leaves("carol").leaves("dave").
		at("12:00:34").
		want(`
12:00:04 Fresh -> Acquiring; withdrawn; rejected; frank gets nil; renewal 2: mint
12:00:34 Acquiring: bob gets ErrUnavailable, retry after 1s; eve gets ErrUnavailable, retry after 1s
`)
}

func TestAdoptedRejectionDropsWhatWasExchanged(t *testing.T) {
	newStory(t, withExchange(persistent), betweenP).
		exchanges("bob", "read").exchanged("read", "sub1").since().
		writes(func(r *messages.Record) {
			r.Generation, r.Token = 2, token("tok2", "ref2", noon, time.Hour)
			r.Rejected = messages.DigestOf("tok2")
		}).hears().
		exchanges("carol", "read").
		want(`
12:00:00 Fresh -> Expired; adopted; withdrawn
12:00:00 Expired -> Acquiring; renewal 2: mint with ref2
`)
}

// Who is held for the next token is not given what was exchanged for the one before.
func TestWhoWaitsForANewerTokenGetsNothingOfAnOlderGrant(t *testing.T) {
	newStory(t, withExchange(persistent), betweenP).
		exchanges("bob", "read").since().
		refusesSubject("read").
		exchanges("carol", "read").exchanged("read", "sub1").
		establishedElsewhere("tok5", "ref5").hears().
		want(`
12:00:00 Fresh -> Stale; renewal 2: mint with ref0
12:00:00 Stale: flight 2: exchange tok0 for read
12:00:00 Stale: carol gets sub1
12:00:00 Stale: adopted; flight 4: exchange tok5 for read
`)
}

func TestWhoWaitsForANewerTokenGetsNothingOfAKilledOne(t *testing.T) {
	rules := withExchange(persistent)
	rules.RenewalRevokes = true
	newStory(t, rules, betweenP).
		exchanges("bob", "read").since().
		queueHolds().refusesSubject("read").
		exchanges("carol", "read").flightSlot().exchanged("read", "sub1").
		renewedElsewhere("tok2", "ref2").hears().
		want(`
12:00:00 Fresh -> Stale; queue
12:00:00 Stale: flight 2: queue
12:00:00 Stale: flight 2: exchange tok0 for read
12:00:00 Stale: carol gets sub1
12:00:00 Stale -> Fresh; adopted; flight 4: queue
`)
}

func TestWhoIsTurnedBackIsHeldNoLongerThanThoseWhoCameLater(t *testing.T) {
	fly(t, Settings{LeafTimeout: time.Minute}).
		after(time.Second).refreshes("eve").
		at("12:00:20").refusesSubject("read").
		at("12:00:40").
		want(`
12:00:01 Fresh -> Stale; renewal 2: mint
12:00:31 Stale: bob gets ErrUnavailable, retry after 1s; eve gets ErrUnavailable, retry after 1s
`)
}

// Some servers answer an exchange that narrows nothing down with the token that they were
// sent.
func TestRejectOfATokenThatIsParentAndExchangedDropsBoth(t *testing.T) {
	newStory(t, withExchange(credentials)).
		exchanges("alice", "read").minted("tok1").exchanged("read", "tok1").
		rejects("bob", "tok1").
		gets("carol").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; flight 1: exchange tok1 for read
12:00:00 Fresh: alice gets tok1
12:00:00 Fresh -> Expired; withdrawn; rejected; bob gets nil
12:00:00 Expired -> Acquiring; renewal 2: mint
`)
}

func TestRejectOfATokenThatWasExchangedTwiceDropsBoth(t *testing.T) {
	newStory(t, withExchange(credentials)).
		gets("alice").minted("tok1").
		exchanges("bob", "read").exchanged("read", "sub").
		exchanges("carol", "write").exchanged("write", "sub").
		rejects("dan", "sub").
		exchanges("erin", "write").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh: flight 1: exchange tok1 for read
12:00:00 Fresh: bob gets sub
12:00:00 Fresh: flight 2: exchange tok1 for write
12:00:00 Fresh: carol gets sub
12:00:00 Fresh: rejected; dan gets nil
12:00:00 Fresh: flight 3: exchange tok1 for write
`)
}

// A resource server may refuse a token that was renewed a moment ago, and what was exchanged
// for it goes all the same.
func TestRejectOfTheParentThatWasRenewedDropsWhatWasExchangedForIt(t *testing.T) {
	kept(t).
		exchanges("bob", "write").
		refreshes("carol").minted("tok2").
		exchanges("frank", "other").exchanged("other", "sub2").
		rejects("dave", "tok1").
		exchangedLate("sub3").
		exchanges("eve", "read").exchanged("read", "sub4").
		exchanged("write", "sub5").
		exchanges("frank", "other").
		gets("alice").
		want(`
12:00:00 Fresh: flight 2: exchange tok1 for write
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale -> Fresh; carol gets tok2
12:00:00 Fresh: flight 3: exchange tok2 for other
12:00:00 Fresh: frank gets sub2
12:00:00 Fresh: dave gets nil; flight 4: exchange tok2 for write
12:00:00 Fresh: flight 5: exchange tok2 for read
12:00:00 Fresh: eve gets sub4
12:00:00 Fresh: bob gets sub5
12:00:00 Fresh: frank gets sub2
12:00:00 Fresh: alice gets tok2
`)
}

// It is dropped once: the endpoint is not asked with every call.
func TestSecondRejectOfAParentThatWasRenewedChangesNothing(t *testing.T) {
	kept(t).
		refreshes("carol").minted("tok2").
		rejects("dave", "tok1").
		exchanges("eve", "read").
		rejects("dave", "tok1").
		exchanged("read", "sub2").
		rejects("dave", "tok1").
		exchanges("eve", "read").
		want(`
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale -> Fresh; carol gets tok2
12:00:00 Fresh: dave gets nil
12:00:00 Fresh: flight 2: exchange tok2 for read
12:00:00 Fresh: dave gets nil
12:00:00 Fresh: eve gets sub2
12:00:00 Fresh: dave gets nil
12:00:00 Fresh: eve gets sub2
`)
}

// A server may give the very token that it was given, for another set.
func TestRejectOfAParentThatWasExchangedForItselfDropsItsOthersToo(t *testing.T) {
	kept(t).
		exchanges("bob", "all").exchanged("all", "tok1").
		refreshes("carol").minted("tok2").
		rejects("dave", "tok1").
		exchanges("eve", "read").
		exchanges("eve", "all").
		want(`
12:00:00 Fresh: flight 2: exchange tok1 for all
12:00:00 Fresh: bob gets tok1
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale -> Fresh; carol gets tok2
12:00:00 Fresh: rejected; dave gets nil
12:00:00 Fresh: flight 3: exchange tok2 for read
12:00:00 Fresh: flight 4: exchange tok2 for all
`)
}
