package machine

import (
	"testing"
	"time"
)

func TestNewerRecordInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.renewedElsewhere("tok7", "ref7").hears() }
	in(t, situations, credentials, act, `
empty      Empty: noted
acquiring  Acquiring -> Stale; adopted; zoe gets tok7
fresh      Fresh: adopted
stale      Stale: adopted
failing    Stale -> Fresh; adopted
expired    Expired -> Fresh; adopted
cooling    Cooling -> Fresh; adopted
revoking   Revoked: noted
revoked    Revoked -> Fresh; adopted
closed     Closed: noted
`)
	in(t, situations, persistent, act, `
empty      Empty: noted
acquiring  Acquiring -> Stale; adopted; zoe gets tok7
fresh      Fresh: adopted
stale      Stale: adopted
failing    Stale -> Fresh; adopted
ending     Ending -> Fresh; adopted
expired    Expired -> Fresh; adopted
cooling    Cooling -> Fresh; adopted
dead       Dead -> Fresh; adopted
revoking   Revoked: noted
revoked    Revoked -> Fresh; adopted
closed     Closed: noted
`)
}

func TestTombstoneInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.revokedElsewhere().hears() }
	in(t, situations, credentials, act, `
empty      Empty: noted
acquiring  Acquiring -> Revoked; withdrawn; revoked elsewhere
fresh      Fresh -> Revoked; withdrawn; revoked elsewhere
stale      Stale -> Revoked; withdrawn; revoked elsewhere
failing    Stale -> Revoked; withdrawn; revoked elsewhere
expired    Expired -> Revoked; withdrawn; revoked elsewhere
cooling    Cooling -> Revoked; withdrawn; revoked elsewhere
revoking   Revoked: noted
revoked    Revoked: noted
closed     Closed: noted
`)
	in(t, situations, persistent, act, `
empty      Empty: noted
acquiring  Acquiring -> Revoked; withdrawn; revoked elsewhere; zoe gets ErrRevoked
fresh      Fresh -> Revoked; withdrawn; revoked elsewhere
stale      Stale -> Revoked; withdrawn; revoked elsewhere
failing    Stale -> Revoked; withdrawn; revoked elsewhere
ending     Ending -> Revoked; withdrawn; revoked elsewhere
expired    Expired -> Revoked; withdrawn; revoked elsewhere
cooling    Cooling -> Revoked; withdrawn; revoked elsewhere
dead       Dead -> Revoked; withdrawn; revoked elsewhere
revoking   Revoked: noted
revoked    Revoked: noted
closed     Closed: noted
`)
}

func TestDeathInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.diedElsewhere().hears() }
	in(t, situations, credentials, act, `
empty      Empty: noted
acquiring  Acquiring: adopted
fresh      Fresh: noted
stale      Stale: noted
failing    Stale: noted
expired    Expired: noted
cooling    Cooling: adopted
revoking   Revoked: noted
revoked    Revoked: adopted
closed     Closed: noted
`)
	in(t, situations, persistent, act, `
empty      Empty: noted
acquiring  Acquiring -> Dead; withdrawn; zoe gets ErrLoginRequired (400)
fresh      Fresh -> Ending
stale      Stale -> Ending
failing    Stale -> Ending
ending     Ending: noted
expired    Expired -> Dead; withdrawn
cooling    Cooling -> Dead; withdrawn
dead       Dead: withdrawn
revoking   Revoked: noted
revoked    Revoked -> Dead; adopted; withdrawn
closed     Closed: noted
`)
}

func TestOldRecordInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.hears() }
	in(t, situations, credentials, act, `
empty      Empty: nothing
acquiring  Acquiring: nothing
fresh      Fresh: nothing
stale      Stale: nothing
failing    Stale: nothing
expired    Expired: nothing
cooling    Cooling: nothing
revoking   Revoked: nothing
revoked    Revoked: nothing
closed     Closed: nothing
`)
	in(t, situations, persistent, act, `
empty      Empty: nothing
acquiring  Acquiring: nothing
fresh      Fresh: nothing
stale      Stale: nothing
failing    Stale: nothing
ending     Ending: nothing
expired    Expired: nothing
cooling    Cooling: nothing
dead       Dead: nothing
revoking   Revoked: nothing
revoked    Revoked: nothing
closed     Closed: nothing
`)
}

func TestSessionThatIsKeptAliveAwaitsANewGrantAwake(t *testing.T) {
	awake := persistent
	awake.KeepAlive = true
	newStory(t, awake, betweenP).
		gets("alice").
		revokedElsewhere().hears().
		sleeps().
		establishedElsewhere("tok7", "ref7").hears().
		at("12:54:00").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; alice gets tok0
12:00:00 Fresh -> Revoked; withdrawn; revoked elsewhere
12:00:00 Revoked -> Fresh; adopted
12:53:50.640 Fresh -> Stale; renewal 2: mint with ref7
`)
}

// A given token is saved over what has come, once the store has been looked at. If that look
// fails, what was held before is not given out though it has been revoked.
func TestTokenRevokedElsewhereIsNotGivenOutWhileAGivenOneWaits(t *testing.T) {
	newStory(t, persistent, betweenP, Settings{Retries: -1}).telling("saves").
		gets("alice").
		after(time.Second).revokedElsewhere().
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		hears().
		gets("bob").
		breaks().gets("carol").
		storeUp().after(2 * time.Second).
		gets("dan").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:02 Fresh: eve gets nil; load
12:00:02 Fresh -> Expired; withdrawn
12:00:02 Expired -> Acquiring
12:00:02 Acquiring -> Cooling; bob gets ErrUnavailable, retry after 1s; fails; due again 12:00:03
12:00:02 Cooling: carol gets ErrUnavailable, retry after 1s
12:00:03 Cooling -> Expired -> Acquiring -> Fresh; save tok9 as 2.1; recovered from 1
12:00:04 Fresh: dan gets tok9
`)
}

func TestTokenOfAnotherGrantIsNotGivenOutBehindARenewalThatFails(t *testing.T) {
	newStory(t, persistent, betweenP, Settings{Retries: -1}).telling("saves").
		gets("alice").
		at("12:53:00").establishedElsewhere("tok7", "ref7").storeHolds().gets("bob").
		after(time.Second).establishes("eve", "tok9", "ref9").
		hears().
		breaks().gets("carol").
		storeUp().lands().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:53:00 Fresh -> Stale; bob gets tok0; load
12:53:01 Stale: eve gets nil
12:53:01 Stale -> Acquiring; withdrawn
12:53:01 Acquiring: fails; due again 12:53:02; load
12:53:01 Acquiring: carol waits
12:53:01 Acquiring -> Fresh; save tok9 as 3.1; recovered from 1; carol gets tok9
`)
}

func TestTokenRenewedElsewhereIsGivenOutWhileAGivenOneWaits(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		at("12:30:00").renewedElsewhere("tok7", "ref7").
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		hears().
		gets("bob").
		storeUp().lands().gets("carol").
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:30:01 Fresh: eve gets nil; load
12:30:01 Fresh: bob gets tok0
12:30:01 Fresh: save tok9 as 2.1
12:30:01 Fresh: carol gets tok9
`)
}

// Where a renewal kills the token before it, a claim may mean that as well.
func TestTokenThatMayBeKilledElsewhereIsNotGivenOutWhileAGivenOneWaits(t *testing.T) {
	killing := persistent
	killing.RenewalRevokes = true
	for _, elsewhere := range []func(*story) *story{
		func(s *story) *story { return s.renewedElsewhere("tok7", "ref7") },
		func(s *story) *story { return s.claimedElsewhere(time.Minute) },
	} {
		s := newStory(t, killing, betweenP).telling("saves").
			gets("alice").
			at("12:30:00")
		elsewhere(s).
			after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
			hears().
			gets("bob").
			storeUp().lands().
			want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:30:01 Fresh: eve gets nil; load
12:30:01 Fresh -> Expired; withdrawn
12:30:01 Expired -> Acquiring
12:30:01 Acquiring -> Fresh; save tok9 as 2.1; bob gets tok9
`)
	}
}

func TestTokenFoundRevokedIsNotGivenOutWhileAGivenOneIsSaved(t *testing.T) {
	newStory(t, persistent, betweenP).telling("saves").
		gets("alice").
		after(time.Second).revokedElsewhere().
		after(time.Second).storeHolds().establishes("eve", "tok9", "ref9").
		lands().gets("bob").
		lands().
		want(`
12:00:00 Empty -> Acquiring -> Fresh; save tok0 as 1.1; alice gets tok0
12:00:02 Fresh: eve gets nil; load
12:00:02 Fresh -> Acquiring; withdrawn; save tok9 as 2.1
12:00:02 Acquiring: bob waits
12:00:02 Acquiring -> Fresh; bob gets tok9
`)
}
