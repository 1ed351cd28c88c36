package machine

import "testing"

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
