package machine

import (
	"testing"
	"time"
)

func TestAskersLeaveAndTheFlightGoesOn(t *testing.T) {
	fly(t).
		exchanges("carol", "read").
		leaves("bob").leaves("bob").
		leaves("carol").
		exchanged("read", "sub1").
		exchanges("dave", "read").
		want(`
12:00:00 Fresh: carol waits
12:00:00 Fresh: dave gets sub1
`)
}

func TestFlightForWhichNobodyWaitsIsNotTriedAgain(t *testing.T) {
	fly(t).
		refuses503("read").
		leaves("bob").
		after(2*time.Second).exchanges("carol", "read").
		want(`
12:00:02 Fresh: flight 2: exchange tok1 for read
`)
	fly(t).
		leaves("bob").
		refuses503("read").
		exchanges("carol", "read").
		want(`
12:00:00 Fresh: carol gets ErrUnavailable (503), retry after 1s
`)
}

func TestNoMoreThanSixteenFlightsAreUnderWay(t *testing.T) {
	s := newStory(t, withExchange(credentials)).gets("alice").minted("tok1")
	for i := range flightsAtMost {
		s.exchanges("bob", scope(i))
	}
	s.since().
		exchanges("carol", "first").
		exchanges("dave", "second").
		exchanges("eve", "first").
		exchanged(scope(7), "sub7").
		refuses503(scope(8)).
		exchanged("first", "sub").
		want(`
12:00:00 Fresh: carol waits
12:00:00 Fresh: dave waits
12:00:00 Fresh: eve waits
12:00:00 Fresh: bob gets sub7; flight 17: exchange tok1 for first
12:00:00 Fresh: flight 18: exchange tok1 for second
12:00:00 Fresh: carol gets sub; eve gets sub
`)
}

func TestMoreSetsThanAreKeptCannotBeUnderWay(t *testing.T) {
	s := newStory(t, withExchange(credentials)).gets("alice").minted("tok1")
	for i := range setsAtMost {
		s.exchanges("bob", scope(i))
	}
	s.since().
		exchanges("carol", "one-more").
		exchanges("carol", scope(60)).
		want(`
12:00:00 Fresh: carol gets ErrOverloaded, retry after 1s
12:00:00 Fresh: carol waits
`)
}

func TestWaitOfAnExchangeForItsSlotIsLimited(t *testing.T) {
	s := newStory(t, withExchange(credentials), Settings{QueueFor: time.Minute}).gets("alice").minted("tok1").queueHolds()
	for i := range flightsAtMost {
		s.exchanges("", scope(i))
	}
	s.since().
		after(30*time.Second).exchanges("bob", "read").
		after(time.Minute).
		exchanges("carol", "read").
		want(`
12:00:30 Fresh: bob waits
12:01:00 Fresh: flight 17: queue
12:01:30 Fresh: bob gets ErrOverloaded, retry after 1s
12:01:30 Fresh: carol gets ErrOverloaded, retry after 1s
`)
}

func TestAskersAreHeldFromWhenTheFlightHasItsSlot(t *testing.T) {
	newStory(t, withExchange(credentials), Settings{LeafTimeout: time.Minute}).gets("alice").minted("tok1").
		queueHolds().since().
		exchanges("bob", "read").
		after(time.Minute).flightSlot().
		after(10*time.Second).exchanges("carol", "read").
		after(21*time.Second).exchanged("read", "sub1").
		want(`
12:00:00 Fresh: flight 1: queue
12:01:00 Fresh: flight 1: exchange tok1 for read
12:01:10 Fresh: carol waits
12:01:30 Fresh: bob gets ErrUnavailable, retry after 1s
12:01:31 Fresh: carol gets sub1
`)
}

func TestAskersAreHeldNoLongerForASecondTry(t *testing.T) {
	fly(t, Settings{LeafTimeout: time.Minute}).
		after(20 * time.Second).refuses503("read").
		after(20 * time.Second).
		want(`
12:00:20.590 Fresh: flight 1: exchange tok1 for read, attempt 2
12:00:30 Fresh: bob gets ErrUnavailable, retry after 1s
`)
}

func TestOnlySoManyCallersWaitForASession(t *testing.T) {
	fly(t, Settings{HoldAtMost: 3}).
		exchanges("carol", "read").
		refreshes("dave").
		exchanges("eve", "read").
		exchanges("eve", "write").
		refreshes("eve").
		leaves("carol").
		exchanges("frank", "write").
		want(`
12:00:00 Fresh: carol waits
12:00:00 Fresh -> Stale; renewal 2: mint
12:00:00 Stale: eve gets ErrOverloaded, retry after 1s
12:00:00 Stale: eve gets ErrOverloaded, retry after 1s; flight 2: exchange tok1 for write
12:00:00 Stale: eve gets ErrOverloaded, retry after 1s
12:00:00 Stale: frank waits
`)
}

// Those who were held come to a flight together, as many as may be held.
func TestAllWhoWereHeldComeToTheirFlight(t *testing.T) {
	newStory(t, withExchange(credentials), Settings{HoldAtMost: 2}).
		exchanges("bob", "read").
		exchanges("carol", "read").
		minted("tok1").
		exchanged("read", "sub1").
		want(`
12:00:00 Empty -> Acquiring; renewal 1: mint
12:00:00 Acquiring: carol waits
12:00:00 Acquiring -> Fresh; flight 1: exchange tok1 for read
12:00:00 Fresh: bob gets sub1; carol gets sub1
`)
}

func TestExchangeThatIgnoresItsDeadlineIsGivenUp(t *testing.T) {
	fly(t, Settings{Retries: -1}).
		after(11*time.Second).
		exchangedLate("sub9").
		exchanges("carol", "read").
		after(time.Second).exchanges("carol", "read").
		want(`
12:00:11 Fresh: bob gets ErrUnavailable, retry after 1s
12:00:11 Fresh: carol gets ErrUnavailable, retry after 1s
12:00:12 Fresh: flight 2: exchange tok1 for read
`)
}

func TestSecondAnswerToAnExchangeIsIgnored(t *testing.T) {
	fly(t).
		exchanged("read", "sub1").
		again().
		rejects("carol", "sub1").
		again().
		exchanges("dave", "read").
		want(`
12:00:00 Fresh: bob gets sub1
12:00:00 Fresh: rejected; carol gets nil
12:00:00 Fresh: flight 2: exchange tok1 for read
`)
}

func TestFlightWhoseTokenIsOverWhenItHasItsSlotWaitsForTheNext(t *testing.T) {
	newStory(t, withExchange(credentials)).gets("alice").minted("tok1").
		at("12:56:00").queueHolds().since().
		exchanges("bob", "read").
		exchanges("carol", "write").
		leaves("carol").
		after(time.Minute).ticks().flightSlot().flightSlot().
		slot().minted("tok2").
		want(`
12:56:00 Fresh -> Stale; queue; flight 1: queue
12:56:00 Stale: flight 2: queue
12:57:00 Stale -> Acquiring
12:57:00 Acquiring: renewal 2: mint
12:57:00 Acquiring -> Fresh; flight 3: queue
`)
}

func TestFlightTakesTheTokenThatIsHeldWhenItHasItsSlot(t *testing.T) {
	newStory(t, withExchange(credentials)).gets("alice").minted("tok1").
		queueHolds().since().
		exchanges("bob", "read").
		refreshes("carol").slot().minted("tok2").
		flightSlot().
		want(`
12:00:00 Fresh: flight 1: queue
12:00:00 Fresh -> Stale; queue
12:00:00 Stale: renewal 2: mint
12:00:00 Stale -> Fresh; carol gets tok2
12:00:00 Fresh: flight 1: exchange tok2 for read
`)
}

func TestFlightsKeepASessionAwakeAndWhatTheyBroughtDoesNot(t *testing.T) {
	s := fly(t)
	if s.cur.session.Quiet() || !s.cur.session.Settled() {
		t.Error("it is quiet though an exchange is under way, or there is something to be saved")
	}
	s.sleeps().exchanged("read", "sub1")
	if !s.cur.session.Quiet() || !s.cur.session.Wake().IsZero() {
		t.Error("it is not quiet though nothing is under way")
	}
	s.sleeps().exchanges("carol", "read").want(`
12:00:00 Fresh: bob gets sub1
12:00:00 Fresh -> Empty; withdrawn; slept
12:00:00 Empty -> Acquiring -> Fresh; woke; flight 2: exchange tok1 for read
`)
}

func TestShellIsToldWhatAFlightWants(t *testing.T) {
	s := newStory(t, withExchange(credentials)).gets("alice").minted("tok1").queueHolds()
	wants := func(when string, want Flight) {
		t.Helper()
		if got := s.cur.session.Flight(1); got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	wants("before", Flight{})
	s.exchanges("bob", "read")
	wants("queued", Flight{Slot: WantSlot, Urgent: true, Leaf: s.cur.session.leaves})
	s.leaves("bob")
	wants("left", Flight{Slot: WantSlot, Leaf: s.cur.session.leaves})
	s.exchanges("carol", "read").flightSlot()
	wants("exchanging", Flight{Slot: HaveSlot, Urgent: true, Leaf: s.cur.session.leaves})
	s.refuses503("read")
	wants("backing off", Flight{Urgent: true})
	s.after(time.Second).flightSlot().exchanged("read", "sub1")
	wants("over", Flight{})
}

// exchangedLate has the first exchange that was given up bring a token after all.
func (s *story) exchangedLate(access string) *story {
	for _, l := range s.cur.sent {
		x, ok := l.effect.(Exchange)
		if ok && !l.answered && s.cur.session.Flight(x.Flight).Leaf != l.leaf.Number {
			return s.answers(l, Minted{Token: token(access, "", l.at, s.cur.sublife)})
		}
	}
	s.t.Fatal("no exchange was given up")
	return nil
}

func TestExchangeHasNoOtherOutcomes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an exchange that has ended a token is no bug")
		}
	}()
	s := fly(t)
	s.answers(s.flying("read"), Ended{})
}

func TestAskerWhoLeavesTwiceIsCountedOnce(t *testing.T) {
	fly(t, Settings{HoldAtMost: 5}).
		exchanges("carol", "read").exchanges("dave", "read").exchanges("eve", "read").exchanges("frank", "read").since().
		leaves("bob").leaves("bob").
		exchanges("gina", "read").
		exchanges("hank", "read").
		want(`
12:00:00 Fresh: gina waits
12:00:00 Fresh: hank gets ErrOverloaded, retry after 1s
`)
}
