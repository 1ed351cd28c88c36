package machine

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestExchangedTokenIsKeptForTheNextWhoAsksForTheSame(t *testing.T) {
	newStory(t, withExchange(credentials)).
		gets("alice").minted("tok1").
		exchanges("bob", "read").
		after(time.Second).exchanged("read", "sub1").
		at("12:30:00").exchanges("carol", "read").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; alice gets tok1
12:00:00 Fresh: flight 1: exchange tok1 for read
12:00:01 Fresh: bob gets sub1
12:30:00 Fresh: carol gets sub1
`)
}

func TestCallersWhoAskForTheSameShareAFlight(t *testing.T) {
	newStory(t, withExchange(credentials)).
		gets("alice").minted("tok1").since().
		exchanges("bob", "read write").
		exchanges("carol", "write read write").
		exchanges("dave", "read").
		exchanged("read write", "sub1").
		exchanged("read", "sub2").
		want(`
12:00:00 Fresh: flight 1: exchange tok1 for read write
12:00:00 Fresh: carol waits
12:00:00 Fresh: flight 2: exchange tok1 for read
12:00:00 Fresh: bob gets sub1; carol gets sub1
12:00:00 Fresh: dave gets sub2
`)
}

func TestEveryPartOfASetTellsItFromOthers(t *testing.T) {
	sets := []messages.Exchange{
		{Scopes: []string{"a"}},
		{Scopes: []string{"a", "b"}},
		{Scopes: []string{"a b"}},
		{Resource: "a"},
		{Audience: "a"},
		{SharedLink: "a"},
		{Scopes: []string{"a"}, Resource: "b"},
		{Resource: "a ", Audience: "b"},
		{Resource: "a", Audience: " b"},
		{Scopes: []string{"a"}, Actor: &messages.Actor{Token: "t", Type: "u"}},
		{Scopes: []string{"a"}, Actor: &messages.Actor{Token: "t", Type: "v"}},
		{Scopes: []string{"a"}, Actor: &messages.Actor{Token: "tu"}},
		{Scopes: []string{"a"}, Actor: &messages.Actor{}},
	}
	seen := map[messages.Digest]int{}
	for i, x := range sets {
		set := digestOf(x)
		if j, ok := seen[set]; ok {
			t.Errorf("sets %d and %d are taken for one", i, j)
		}
		seen[set] = i
		x.ClientIP = netip.IPv6Loopback()
		if digestOf(x) != set {
			t.Errorf("set %d: the caller's address makes a difference", i)
		}
	}
}

func TestExchangeWithoutATokenHoldsUntilThereIsOne(t *testing.T) {
	newStory(t, withExchange(credentials)).
		exchanges("bob", "read").
		gets("alice").
		after(time.Second).minted("tok1").
		after(time.Second).exchanged("read", "sub1").
		at("12:58:00").exchanges("carol", "read").
		minted("tok2").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring: alice waits
12:00:01 Acquiring -> Fresh; alice gets tok1; flight 1: exchange tok1 for read
12:00:02 Fresh: bob gets sub1
12:58:00 Fresh -> Expired -> Acquiring; renewal 2: mint
12:58:00 Acquiring -> Fresh; flight 2: exchange tok2 for read
`)
}

func TestExchangeIsToldWhyThereIsNoToken(t *testing.T) {
	newStory(t, withExchange(credentials), Settings{Retries: -1}).
		exchanges("bob", "read").
		answers503().
		exchanges("carol", "read").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Cooling; bob gets ErrUnavailable (503), retry after 1s; fails; due again 12:00:01
12:00:00 Cooling: carol gets ErrUnavailable (503), retry after 1s
`)
}

func TestTokenThatIsOverWhenItComesIsNotExchanged(t *testing.T) {
	newStory(t, withExchange(credentials)).lifetime(2*time.Second).
		queueHolds().exchanges("bob", "read").slot().
		after(1900 * time.Millisecond).minted("tok1").
		want(`
12:00:00 Empty -> Acquiring; queue
12:00:00 Acquiring: renewal 1: mint
12:00:01.900 Acquiring -> Cooling; withdrawn; bob gets ErrUnavailable, retry after 1s
`)
}

// An Exchange counts as an ask: it has a stale token renewed behind.
func TestExchangeOfAStaleTokenRenewsIt(t *testing.T) {
	newStory(t, withExchange(persistent)).
		exchanges("bob", "read").exchanged("read", "sub1").since().
		at("12:53:00").exchanges("carol", "read").
		want(`
12:53:00 Fresh -> Stale; carol gets sub1; renewal 2: mint with ref0
`)
}

func TestExchangeSendsTheAddressOfWhoStartsIt(t *testing.T) {
	from := func(ip string) messages.Exchange {
		return messages.Exchange{Scopes: []string{"read"}, ClientIP: netip.MustParseAddr(ip)}
	}
	newStory(t, withExchange(credentials)).
		asks("bob", from("192.0.2.1")).
		asks("carol", from("192.0.2.2")).
		minted("tok1").
		asks("dave", from("192.0.2.3")).
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint for 192.0.2.1
12:00:00 Acquiring: carol waits
12:00:00 Acquiring -> Fresh; flight 1: exchange tok1 for read for 192.0.2.1
12:00:00 Fresh: dave waits
`)
}

func TestAnonymousExchangeIsAGet(t *testing.T) {
	newStory(t, Rules{Exchanging: OwnToken}).
		exchanges("bob", "read").
		minted("tok1").
		exchanges("carol", "write").
		at("12:53:00").exchanges("dave", "write").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring -> Fresh; bob gets tok1
12:00:00 Fresh: carol gets tok1
12:53:00 Fresh -> Stale; dave gets tok1; renewal 2: mint
`)
}

func TestKindThatCannotExchangeSaysSo(t *testing.T) {
	in(t, situations, credentials, func(s *story) *story { return s.exchanges("alice", "read") }, `
empty      Empty: alice gets ErrNotSupported
acquiring  Acquiring: alice gets ErrNotSupported
fresh      Fresh: alice gets ErrNotSupported
stale      Stale: alice gets ErrNotSupported
failing    Stale: alice gets ErrNotSupported
expired    Expired: alice gets ErrNotSupported
cooling    Cooling: alice gets ErrNotSupported
revoking   Revoked: alice gets ErrNotSupported
revoked    Revoked: alice gets ErrNotSupported
closed     Closed: alice gets ErrNotSupported
`)
}

func TestExchangedTokenNeverOutlivesItsParent(t *testing.T) {
	newStory(t, withExchange(credentials)).telling("ends").
		gets("alice").minted("tok1").since().
		sublife(10*time.Minute).exchanges("bob", "short").exchanged("short", "sub1").
		sublife(24*time.Hour).exchanges("bob", "long").exchanged("long", "sub2").
		exchanges("bob", "unknown").exchangedForever("unknown", "sub3").
		at("12:56:30").exchanges("bob", "unknown").exchangedForever("unknown", "sub4").
		want(`
12:00:00 Fresh: flight 1: exchange tok1 for short
12:00:00 Fresh: bob gets sub1, which ends 12:10:00
12:00:00 Fresh: flight 2: exchange tok1 for long
12:00:00 Fresh: bob gets sub2, which ends 13:00:00
12:00:00 Fresh: flight 3: exchange tok1 for unknown
12:00:00 Fresh: bob gets sub3, which ends 12:05:00
12:56:30 Fresh -> Stale; renewal 2: mint; flight 4: exchange tok1 for unknown
12:56:30 Stale: bob gets sub4, which ends 13:00:00
`)
}

func TestExchangedTokenIsNotGivenOutWithinItsMargin(t *testing.T) {
	newStory(t, withExchange(credentials)).sublife(10*time.Minute).
		gets("alice").minted("tok1").
		exchanges("bob", "read").exchanged("read", "sub1").since().
		at("12:08:59").exchanges("carol", "read").
		at("12:09:00").exchanges("dave", "read").
		want(`
12:08:59 Fresh: carol gets sub1
12:09:00 Fresh: flight 2: exchange tok1 for read
`)
}

// A token of the parent's last generation is good until it ends, where the server
// leaves the old one alone.
func TestExchangedTokenSurvivesTheRenewalOfItsParent(t *testing.T) {
	newStory(t, withExchange(credentials)).
		gets("alice").minted("tok1").
		exchanges("bob", "read").exchanged("read", "sub1").
		at("12:30:00").refreshes("alice").minted("tok2").since().
		exchanges("carol", "read").
		want(`
12:30:00 Fresh: carol gets sub1
`)
}

func TestNothingOfARefreshTokenIsKept(t *testing.T) {
	s := newStory(t, withExchange(credentials)).gets("alice").minted("tok1").exchanges("bob", "read").exchanged("read", "sub1")
	kept := s.cur.session.exchanges.sets[0].token
	if kept.Refresh != "" || !kept.RefreshExpiry.IsZero() || kept.Access != "sub1" {
		t.Errorf("kept: %s", tracedToken(kept))
	}
}

// A token that is within its margin when it comes is given to those who wait,
// and the endpoint is left alone for a while.
func TestTokenThatIsNearlyOverIsGivenOnce(t *testing.T) {
	newStory(t, withExchange(credentials)).sublife(10*time.Second).
		gets("alice").minted("tok1").since().
		exchanges("bob", "read").
		after(9*time.Second).exchanged("read", "sub1").
		exchanges("carol", "read").
		after(time.Second).exchanges("dave", "read").
		want(`
12:00:00 Fresh: flight 1: exchange tok1 for read
12:00:09 Fresh: bob gets sub1
12:00:09 Fresh: carol gets ErrUnavailable, retry after 1s
12:00:10 Fresh: flight 2: exchange tok1 for read
`)
}

func TestTokenThatIsOverIsGivenToNobody(t *testing.T) {
	newStory(t, withExchange(credentials)).sublife(5*time.Second).
		gets("alice").minted("tok1").since().
		exchanges("bob", "read").
		after(5*time.Second).exchanged("read", "sub1").
		want(`
12:00:00 Fresh: flight 1: exchange tok1 for read
12:00:05 Fresh: bob gets ErrUnavailable, retry after 1s
`)
}

// Its parent was nearly over, which is no fault of the endpoint's: the next who asks
// waits for the parent's successor, and for no cool-down.
func TestTokenThatIsNearlyOverWithItsParentIsNoFailure(t *testing.T) {
	slow := Settings{LeafTimeout: 5 * time.Minute, HoldFor: time.Hour}
	newStory(t, withExchange(credentials), slow).
		gets("alice").minted("tok1").
		at("12:56:50").exchanges("bob", "read").since().
		at("12:59:45").exchanged("read", "sub1").
		exchanges("carol", "read").minted("tok2").exchanged("read", "sub2").
		want(`
12:59:45 Stale -> Acquiring; bob gets sub1
12:59:45 Acquiring: carol waits
12:59:45 Acquiring -> Fresh; flight 2: exchange tok2 for read
12:59:45 Fresh: carol gets sub2
`)
	newStory(t, withExchange(credentials), slow).
		gets("alice").minted("tok1").
		at("12:56:50").exchanges("bob", "read").minted("tok2").since().
		at("12:59:45").exchanged("read", "sub1").
		exchanges("carol", "read").
		want(`
12:59:45 Fresh: bob gets sub1
12:59:45 Fresh: flight 2: exchange tok2 for read
`)
}

func TestWhoWaitsForATokenThatIsOverWithItsParentWaitsForTheNext(t *testing.T) {
	newStory(t, withExchange(credentials), Settings{LeafTimeout: 5 * time.Minute, HoldFor: time.Hour}).
		gets("alice").minted("tok1").
		at("12:56:50").exchanges("bob", "read").minted("tok2").since().
		at("13:00:00").exchanged("read", "sub1").
		want(`
13:00:00 Fresh: flight 2: exchange tok2 for read
`)
}

func TestSetAskedForLeastLatelyIsForgottenFirst(t *testing.T) {
	s := newStory(t, withExchange(credentials)).gets("alice").minted("tok1")
	for i := range setsAtMost {
		s.exchanges("bob", scope(i)).exchanged(scope(i), "sub"+scope(i))
	}
	s.exchanges("bob", scope(0)). // is kept longer
					exchanges("bob", "one-more").exchanged("one-more", "sub").
					since().
					exchanges("carol", scope(0)).
					exchanges("carol", scope(2)).
					exchanges("carol", scope(1)).
					want(`
12:00:00 Fresh: carol gets subs00
12:00:00 Fresh: carol gets subs02
12:00:00 Fresh: flight 66: exchange tok1 for s01
`)
	if n := len(s.cur.session.exchanges.sets); n != setsAtMost {
		t.Errorf("%d sets are kept", n)
	}
}

func scope(i int) string { return string([]rune{'s', rune('0' + i/10), rune('0' + i%10)}) }

func TestKeyTellsOneExchangeFromAnother(t *testing.T) {
	tell := func(scopes, access string) string {
		s := newStory(t, withExchange(credentials)).gets("alice").minted("tok1").exchanges("bob", scopes)
		if access != "" {
			s.exchanged(scopes, access)
		}
		return s.cur.session.Key(s.now)
	}
	keys := []string{tell("read", ""), tell("write", ""), tell("read", "sub1"), tell("read", "sub2")}
	slices.Sort(keys)
	if len(slices.Compact(keys)) != 4 {
		t.Error("two of them have the same Key")
	}
}

func TestExchangesOfACloneAreItsOwn(t *testing.T) {
	s := newStory(t, withExchange(credentials)).gets("alice").minted("tok1").exchanges("bob", "read")
	clone := s.cur.session.Clone()
	key := clone.Key(s.now)
	s.exchanges("carol", "read").exchanged("read", "sub1").rejects("dave", "sub1").exchanges("eve", "write")
	if clone.Key(s.now) != key {
		t.Error("the clone has gone along")
	}
}
