package machine

import (
	"slices"
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/internal/asleep"
	"github.com/holdfast-go/holdfast/messages"
)

// asking returns a session that has asked the endpoint for its first token at now.
func asking(now time.Time, rules Rules) Session {
	settings := Settings{Name: "one"}.WithDefaults()
	s := New("k", &settings, &rules)
	s, _ = s.Step(now, Ask{Caller: 1, Ask: messages.Get{}})
	for s.run.stage != minting {
		outcome := Outcome(Granted{})
		if s.run.stage == loading {
			outcome = NotFound{}
		}
		s, _ = s.Step(now, Done{Leaf: s.run.leaf, Outcome: outcome})
	}
	return s
}

// holding returns a session that holds a token of an hour, minted at now.
func holding(now time.Time, rules Rules) Session {
	s := asking(now, rules)
	s, _ = s.Step(now, Done{Leaf: s.run.leaf, Outcome: Minted{Token: token("tok1", "", now, time.Hour)}})
	s, _ = s.Step(now, Done{Leaf: s.run.leaf, Outcome: Written{Rev: 1}})
	return s
}

// While a machine is suspended its monotonic clock stands still, and the wall clock
// of one that runs may be set. A token is over when either says so.
func TestTokenIsOverByWhicheverClockGoesOn(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		now  time.Time
		want State
	}{
		"a little later":            {now.Add(time.Minute), Fresh},
		"slept for 56 min":          {asleep.Past(now, 56*time.Minute), Fresh},
		"slept for 57 min":          {asleep.Past(now, 57*time.Minute), Expired},
		"ran and slept":             {asleep.Past(now.Add(30*time.Minute), 27*time.Minute), Expired},
		"set back a day, 56 min on": {asleep.Past(now.Add(56*time.Minute), -24*time.Hour), Fresh},
		"set back a day, 57 min on": {asleep.Past(now.Add(57*time.Minute), -24*time.Hour), Expired},
	} {
		s := holding(now, Rules{Revocable: true})
		if got := s.View(test.now).State; got != test.want {
			t.Errorf("%s: the token is shown as %v, want %v", name, got, test.want)
		}
		_, effects := s.Step(test.now, Ask{Caller: 2, Ask: messages.Get{}})
		if served := answers(effects); served != (test.want == Fresh) {
			t.Errorf("%s: the token is given out: %t", name, served)
		}
	}
}

// A view is looked at while others look too: it changes nothing that it shares with the session.
func TestViewLeavesTheRunAlone(t *testing.T) {
	now := time.Now()
	s := asking(now, Rules{})
	s, _ = s.Step(now, Done{Leaf: s.run.leaf, Outcome: Minted{Token: token("tok1", "", now, time.Hour)}})
	before := s.run.minted.expiredAt
	s.View(asleep.Past(now, time.Minute))
	if after := s.run.minted.expiredAt; s.run.stage != saving || after != before {
		t.Errorf("looking at a session has moved %v to %v", before, after)
	}
}

func answers(effects []Effect) bool {
	for _, e := range effects {
		if _, ok := e.(Answer); ok {
			return true
		}
	}
	return false
}

// A machine that sleeps while a new token is being saved wakes with one that is as good as
// over: it is for those who have waited for it, and for nobody else.
func TestSleepDuringASaveCounts(t *testing.T) {
	now := time.Now()
	s := asking(now, Rules{Revocable: true})
	s, _ = s.Step(now, Done{Leaf: s.run.leaf, Outcome: Minted{Token: token("tok1", "", now, time.Hour)}})
	_, effects := s.Step(asleep.Past(now, 2*time.Hour), Done{Leaf: s.run.leaf, Outcome: Written{Rev: 1}})
	for _, e := range effects {
		if _, ok := e.(Publish); ok {
			t.Error("a token is published that is over")
		}
	}
}

// A wall clock that is set back, and seen to be, hides no sleep that comes after.
func TestSleepAfterTheClockWasSetBackCounts(t *testing.T) {
	now := time.Now()
	s := holding(now, Rules{Revocable: true})
	s, _ = s.Step(asleep.Past(now.Add(time.Second), -2*time.Hour), Tick{})
	slept := asleep.Past(now.Add(2*time.Second), -time.Hour)
	if got := s.View(slept).State; got != Expired {
		t.Errorf("after an hour's sleep the token is %v", got)
	}
}

// The end of a token that a record tells stays where it is on the wall clock.
func TestSleepMovesNoEndOnTheWallClock(t *testing.T) {
	now := time.Now()
	s := holding(now, Rules{Revocable: true})
	want := s.pair.token.Expiry.Round(0)
	s, _ = s.Step(asleep.Past(now, 30*time.Minute), Tick{})
	if got := s.pair.token.Expiry.Round(0); !got.Equal(want) {
		t.Errorf("the end has moved by %s", got.Sub(want))
	}
}

// An answer that was on its way while the machine slept brings a token that is older
// than the monotonic clock says.
func TestSleepDuringARequestCountsForWhatItBrings(t *testing.T) {
	now := time.Now()
	s := asking(now, Rules{Revocable: true})
	woke := asleep.Past(now.Add(time.Second), 2*time.Hour)
	minted := Minted{Token: token("tok1", "", now, time.Hour)}
	s, _ = s.Step(woke, Done{Leaf: s.run.leaf, Outcome: minted})
	s, effects := s.Step(woke, Done{Leaf: s.run.leaf, Outcome: Written{Rev: 1}})
	if len(effects) == 0 {
		t.Error("nobody is told anything")
	}
	for _, e := range effects {
		if a, ok := e.(Answer); ok && a.Reply.Err == nil {
			t.Error("a token was given out that is an hour over")
		}
		if _, ok := e.(Publish); ok {
			t.Error("a token was published that is an hour over")
		}
	}
	if got := s.View(woke).State; got == Fresh || got == Stale {
		t.Errorf("the session is %v", got)
	}
}

// flying returns a session whose exchange is under way at now.
func flying(now time.Time) Session {
	s := holding(now, Rules{Exchanging: ByRequest})
	s, _ = s.Step(now, Ask{Caller: 2, Ask: messages.Exchange{Scopes: []string{"read"}}})
	s, _ = s.Step(now, Done{Leaf: s.exchanges.sets[0].flight.leaf, Outcome: Granted{}})
	return s
}

// landing has that exchange bring a token.
func landing(s Session, now, issued time.Time, life time.Duration) (Session, *exchange) {
	x := s.exchanges.sets[0]
	s, _ = s.Step(now, Done{Leaf: x.flight.leaf, Outcome: Minted{Token: token("sub", "", issued, life)}})
	return s, x
}

func TestExchangedTokenThatRanOutInASleepIsNotGivenOut(t *testing.T) {
	now := time.Now()
	s, _ := landing(flying(now), now, now, 30*time.Minute)
	s, effects := s.Step(now, Ask{Caller: 3, Ask: messages.Exchange{Scopes: []string{"read"}}})
	if !answers(effects) {
		t.Fatal("what was exchanged is not given out")
	}
	_, effects = s.Step(asleep.Past(now.Add(time.Second), 31*time.Minute), Ask{Caller: 4, Ask: messages.Exchange{Scopes: []string{"read"}}})
	if answers(effects) {
		t.Error("what was exchanged is given out after its end")
	}
}

// It was on its way while the machine slept.
func TestExchangedTokenOutlivesItsParentByNoSleep(t *testing.T) {
	now := time.Now()
	woke := asleep.Past(now.Add(time.Second), 20*time.Minute)
	s, x := landing(flying(now), woke, woke, time.Hour)
	if got, parent := x.token.Expiry, s.pair.token.Expiry; !got.Equal(parent) {
		t.Errorf("it lives %s longer than its parent", got.Sub(parent))
	}
}

// A timer stands still while the machine sleeps: the moment for which it is armed must
// have come nearer when the session looks at the clock again.
func TestKeepAliveRenewsWhatRanOutInASleep(t *testing.T) {
	now := time.Now()
	s := holding(now, Rules{Revocable: true, KeepAlive: true})
	woke := asleep.Past(now.Add(time.Second), 30*time.Minute)
	s, _ = s.Step(woke, Tick{})
	if left, want := s.Wake().Sub(woke), s.pair.staleAt.Round(0).Sub(woke.Round(0)); left != want || left > 22*time.Minute {
		t.Errorf("the next renewal is due in %s, want %s", left, want)
	}
	woke = asleep.Past(now.Add(2*time.Second), 2*time.Hour)
	if s, _ = s.Step(woke, Tick{}); !s.run.active() {
		t.Errorf("the session is %v, and renews nothing", s.View(woke).State)
	}
}

// Who counts by a coarse clock may be half a second late. That must lie within the
// margin, and in a life of less than a minute it is much.
func TestTokenIsBriefUnlessACoarseClockIsGoodEnough(t *testing.T) {
	now := time.Now()
	for _, test := range []struct {
		life, margin time.Duration
		want         bool
	}{
		{59 * time.Second, 0, true},
		{60*time.Second - 1, 0, true},
		{60 * time.Second, 0, false},
		{61 * time.Second, 0, false},
		{time.Hour, 0, false},
		{time.Hour, time.Second, false},
		{time.Hour, time.Second - 1, true},
		{time.Hour, time.Nanosecond, true},
	} {
		settings := Settings{Margin: test.margin}.WithDefaults()
		s := &step{Session: New("k", &settings, &Rules{}), now: now}
		s.pair = s.place(token("tok1", "", now, test.life), 1, 1, "one")
		s.publish()
		p := s.effects[0].(Publish)
		if p.Brief != test.want {
			t.Errorf("a life of %s with a margin of %s is brief: %t", test.life, test.margin, p.Brief)
		}
		if room := p.Token.Expiry.Sub(p.Until); !p.Brief && room < coarseError {
			t.Errorf("a life of %s: a clock that lags by %s serves it after its end", test.life, room)
		}
	}
}

func TestTokenWithoutAnEndIsNotBrief(t *testing.T) {
	settings := Settings{}.WithDefaults()
	s := &step{Session: New("k", &settings, &Rules{}), now: time.Now()}
	s.pair = s.place(messages.Token{Access: "tok1"}, 1, 1, "one")
	s.publish()
	if s.effects[0].(Publish).Brief {
		t.Error("a token without an end is brief")
	}
}

// A machine may sleep while a claim is written, and its clock be set back before anybody
// looks at it. Then nobody knows for how long the claim has been there.
func TestClaimOfUnknownAgeIsNotMintedUnder(t *testing.T) {
	now := time.Now()
	for name, test := range map[string]struct {
		now   time.Time
		mints bool
	}{
		"at once":                         {now, true},
		"slept through half of it":        {asleep.Past(now, 10*time.Second), false},
		"ran through half of it":          {now.Add(10 * time.Second), false},
		"set ahead by less":               {asleep.Past(now, 9*time.Second), true},
		"slept, and was set back further": {asleep.Past(now, 5*time.Minute-time.Hour), false},
		"put right by little":             {asleep.Past(now.Add(time.Second), -50*time.Millisecond), true},
	} {
		s := claimedAt(now)
		s, effects := s.Step(test.now, Done{Leaf: s.run.leaf, Outcome: Written{Rev: 2}})
		if got := mints(effects); got != test.mints {
			t.Errorf("%s: a request is sent: %t; %v", name, got, s.run.stage)
		}
	}
}

// claimedAt returns a session that has sent its claim for 20 s at now, over a one-time token.
func claimedAt(now time.Time) Session {
	rules := Rules{OneTime: true, Human: true, Identity: messages.Digest{1}}
	settings := Settings{Name: "one", Store: Traits{Shared: true, Durable: true}}.WithDefaults()
	s := New("k", &settings, &rules)
	s, _ = s.Step(now, Ask{Caller: 1, Ask: messages.Get{}})
	r := messages.Record{Identity: rules.Identity, Grant: 1, Generation: 1, Token: token("tok0", "ref0", now.Add(-time.Hour), time.Hour)}
	for s.run.stage != claiming {
		outcome := Outcome(Granted{})
		if s.run.stage == loading {
			outcome = Found{Rev: 1, Record: r}
		}
		s, _ = s.Step(now, Done{Leaf: s.run.leaf, Outcome: outcome})
	}
	return s
}

func mints(effects []Effect) bool {
	return slices.ContainsFunc(effects, func(e Effect) bool {
		_, is := e.(Mint)
		return is
	})
}
