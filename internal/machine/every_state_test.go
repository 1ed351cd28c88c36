package machine

import (
	"testing"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func TestGetInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.gets("alice") }
	in(t, situations, credentials, act, `
empty      Empty -> Acquiring; renewal 1: mint
acquiring  Acquiring: alice waits
fresh      Fresh: alice gets tok0
stale      Stale: alice gets tok0
failing    Stale: alice gets tok0
expired    Expired -> Acquiring; renewal 2: mint
cooling    Cooling: alice gets ErrUnavailable (503), retry after 1s
revoking   Revoked: alice waits
revoked    Revoked -> Acquiring; renewal 3: mint
closed     Closed: alice gets ErrClosed
`)
	in(t, situations, persistent, act, `
empty      Empty -> Acquiring -> Fresh; alice gets tok0
acquiring  Acquiring: alice waits
fresh      Fresh: alice gets tok0
stale      Stale: alice gets tok0
failing    Stale: alice gets tok0
ending     Ending: alice gets tok0
expired    Expired -> Acquiring; renewal 2: mint with ref0
cooling    Cooling: alice gets ErrUnavailable (503), retry after 1s
dead       Dead: alice gets ErrLoginRequired (400)
revoking   Revoked: alice gets ErrRevoked
revoked    Revoked: alice gets ErrRevoked
closed     Closed: alice gets ErrClosed
`)
}

func TestRefreshInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.refreshes("alice") }
	in(t, situations, credentials, act, `
empty      Empty -> Acquiring; renewal 1: mint
acquiring  Acquiring: alice waits
fresh      Fresh -> Stale; renewal 2: mint
stale      Stale: alice waits
failing    Stale: alice gets ErrUnavailable (503), retry after 1s
expired    Expired -> Acquiring; renewal 2: mint
cooling    Cooling: alice gets ErrUnavailable (503), retry after 1s
revoking   Revoked: alice waits
revoked    Revoked -> Acquiring; renewal 3: mint
closed     Closed: alice gets ErrClosed
`)
	in(t, situations, persistent, act, `
empty      Empty -> Acquiring -> Fresh; alice gets tok0
acquiring  Acquiring: alice waits
fresh      Fresh -> Stale; renewal 2: mint with ref0
stale      Stale: alice waits
failing    Stale: alice gets ErrUnavailable (503), retry after 1s
ending     Ending: alice gets ErrLoginRequired (400)
expired    Expired -> Acquiring; renewal 2: mint with ref0
cooling    Cooling: alice gets ErrUnavailable (503), retry after 1s
dead       Dead: alice gets ErrLoginRequired (400)
revoking   Revoked: alice gets ErrRevoked
revoked    Revoked: alice gets ErrRevoked
closed     Closed: alice gets ErrClosed
`)
}

// The clock: an hour and a half passes, in one leap and one Tick.
func TestTheClockInEveryState(t *testing.T) {
	act := func(s *story) *story {
		s.late(90 * time.Minute)
		return s.ticks()
	}
	in(t, situations, credentials, act, `
empty      Empty: nothing
acquiring  Acquiring -> Cooling; zoe gets ErrUnavailable, retry after 1s; fails; due again 13:30:01
fresh      Fresh -> Expired
stale      Stale -> Acquiring -> Cooling; fails; due again 14:23:01
failing    Stale -> Expired
expired    Expired: nothing
cooling    Cooling -> Expired
revoking   Revoked: xiu gets ErrUnavailable, retry after 1s
revoked    Revoked: nothing
closed     Closed: nothing
`)
	in(t, situations, persistent, act, `
empty      Empty: nothing
acquiring  Acquiring -> Cooling; in doubt; zoe gets ErrUnavailable, retry after 1s; fails; due again 15:30:01
fresh      Fresh -> Expired
stale      Stale -> Acquiring -> Cooling; in doubt; fails; due again 14:23:01
failing    Stale -> Expired
ending     Ending -> Dead
expired    Expired: nothing
cooling    Cooling -> Expired
dead       Dead: nothing
revoking   Revoked: xiu gets ErrUnavailable, retry after 1s
revoked    Revoked: nothing
closed     Closed: nothing
`)
}

func TestRejectInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.rejects("alice", "tok0") }
	in(t, situations, credentials, act, `
empty      Empty: alice gets nil
acquiring  Acquiring: alice gets nil
fresh      Fresh -> Expired; withdrawn; rejected; alice gets nil
stale      Stale -> Acquiring; withdrawn; rejected; alice gets nil
failing    Stale -> Expired; withdrawn; rejected; alice gets nil
expired    Expired: withdrawn; alice gets nil
cooling    Cooling: alice gets nil
revoking   Revoked: alice gets nil
revoked    Revoked: alice gets nil
closed     Closed: alice gets ErrClosed
`)
	in(t, situations, persistent, act, `
empty      Empty: alice gets nil
acquiring  Acquiring: withdrawn; alice gets nil
fresh      Fresh -> Expired; withdrawn; rejected; alice gets nil
stale      Stale -> Acquiring; withdrawn; rejected; alice gets nil
failing    Stale -> Expired; withdrawn; rejected; alice gets nil
ending     Ending -> Dead; withdrawn; rejected; alice gets nil
expired    Expired: withdrawn; alice gets nil
cooling    Cooling: withdrawn; alice gets nil
dead       Dead: withdrawn; alice gets nil
revoking   Revoked: alice gets nil
revoked    Revoked: alice gets nil
closed     Closed: alice gets ErrClosed
`)
}

func TestRevokeInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.revokes("alice") }
	in(t, situations, credentials, act, `
empty      Empty -> Revoked -> Empty; withdrawn; alice gets nil
acquiring  Acquiring -> Revoked; withdrawn; zoe gets ErrRevoked
fresh      Fresh -> Revoked; withdrawn; revoke tok0
stale      Stale -> Revoked; withdrawn
failing    Stale -> Revoked; withdrawn; revoke tok0
expired    Expired -> Revoked; withdrawn; revoke tok0
cooling    Cooling -> Empty; withdrawn; alice gets nil
revoking   Revoked: alice waits
revoked    Revoked: alice gets nil
closed     Closed: alice gets ErrClosed
`)
	in(t, situations, persistent, act, `
empty      Empty -> Revoked; withdrawn; revoke ref0
acquiring  Acquiring -> Revoked; withdrawn; zoe gets ErrRevoked
fresh      Fresh -> Revoked; withdrawn; revoke ref0
stale      Stale -> Revoked; withdrawn
failing    Stale -> Revoked; withdrawn; revoke ref0
ending     Ending -> Revoked; withdrawn; revoke ref0
expired    Expired -> Revoked; withdrawn; revoke ref0
cooling    Cooling -> Revoked; withdrawn; revoke ref0
dead       Dead -> Revoked; withdrawn; revoke ref0
revoking   Revoked: alice waits
revoked    Revoked: alice gets nil
closed     Closed: alice gets ErrClosed
`)
}

func TestEstablishInEveryState(t *testing.T) {
	act := func(s *story) *story {
		return s.asks("alice", messages.Establish{Token: token("tok7", "ref7", s.now.Add(time.Second), time.Hour)})
	}
	in(t, situations, persistent, act, `
empty      Empty -> Acquiring -> Fresh; alice gets nil
acquiring  Acquiring: alice gets nil
fresh      Fresh: alice gets nil
stale      Stale: alice gets nil
failing    Stale -> Fresh; alice gets nil; recovered from 1
ending     Ending -> Fresh; alice gets nil
expired    Expired -> Acquiring -> Fresh; alice gets nil
cooling    Cooling -> Acquiring -> Fresh; alice gets nil; recovered from 1
dead       Dead -> Acquiring -> Fresh; alice gets nil
revoking   Revoked -> Acquiring; alice gets nil
revoked    Revoked -> Acquiring -> Fresh; alice gets nil
closed     Closed: alice gets ErrClosed
`)
}

func TestLeaveInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.happens(Leave{Caller: 1}) } // the first who came
	in(t, situations, credentials, act, `
empty      Empty: nothing
acquiring  Acquiring: noted
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
acquiring  Acquiring: noted
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

func TestCloseInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.closes() }
	in(t, situations, credentials, act, `
empty      Empty -> Closed; withdrawn
acquiring  Acquiring -> Closed; withdrawn; zoe gets ErrClosed
fresh      Fresh -> Closed; withdrawn
stale      Stale -> Closed; withdrawn
failing    Stale -> Closed; withdrawn
expired    Expired -> Closed; withdrawn
cooling    Cooling -> Closed; withdrawn
revoking   Revoked -> Closed; withdrawn; xiu gets ErrClosed
revoked    Revoked -> Closed; withdrawn
closed     Closed: nothing
`)
	in(t, situations, persistent, act, `
empty      Empty -> Closed; withdrawn
acquiring  Acquiring -> Closed; withdrawn; zoe gets ErrClosed
fresh      Fresh -> Closed; withdrawn
stale      Stale -> Closed; withdrawn
failing    Stale -> Closed; withdrawn
ending     Ending -> Closed; withdrawn
expired    Expired -> Closed; withdrawn
cooling    Cooling -> Closed; withdrawn
dead       Dead -> Closed; withdrawn
revoking   Revoked -> Closed; withdrawn; xiu gets ErrClosed
revoked    Revoked -> Closed; withdrawn
closed     Closed: nothing
`)
}

func TestSleepInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.sleeps() }
	in(t, situations, credentials, act, `
empty      Empty: nothing
acquiring  Acquiring: nothing
fresh      Fresh -> Empty; withdrawn; slept
stale      Stale: nothing
failing    Stale -> Empty; withdrawn; slept
expired    Expired -> Empty; withdrawn; slept
cooling    Cooling: nothing
revoking   Revoked: nothing
revoked    Revoked -> Empty; withdrawn; slept
closed     Closed: nothing
`)
	in(t, situations, persistent, act, `
empty      Empty: nothing
acquiring  Acquiring: nothing
fresh      Fresh -> Empty; withdrawn; slept
stale      Stale: nothing
failing    Stale -> Empty; withdrawn; slept
ending     Ending: nothing
expired    Expired -> Empty; withdrawn; slept
cooling    Cooling: nothing
dead       Dead -> Empty; withdrawn; slept
revoking   Revoked: nothing
revoked    Revoked -> Empty; withdrawn; slept
closed     Closed: nothing
`)
}

func TestGapInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.gaps() }
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

func TestDuplicateDoneInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.again() }
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

func TestRenewalDoneInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.minted("tok1") }
	in(t, withMint, credentials, act, `
acquiring  Acquiring -> Fresh; zoe gets tok1
stale      Stale -> Fresh
revoked    Revoked: revoke tok1
closed     Closed: nothing
`)
	in(t, withMint, persistent, act, `
acquiring  Acquiring -> Fresh; zoe gets tok1
stale      Stale -> Fresh
ending     Ending -> Fresh
dead       Dead -> Fresh
revoked    Revoked: revoke ref1
closed     Closed: noted
`)
}

func TestRenewalFailedInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.answers503() }
	in(t, withMint, credentials, act, `
acquiring  Acquiring -> Cooling; zoe gets ErrUnavailable (503), retry after 1s; fails; due again 12:00:01
stale      Stale: fails; due again 12:53:01.428
revoked    Revoked: revoke tok0
closed     Closed: nothing
`)
	in(t, withMint, persistent, act, `
acquiring  Acquiring -> Cooling; zoe gets ErrUnavailable (503), retry after 1s; fails; due again 14:00:01
stale      Stale: fails; due again 12:53:01.428
ending     Ending: noted
dead       Dead: noted
revoked    Revoked: revoke ref0
closed     Closed: noted
`)
}

func TestRenewalDeniedInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.denied() }
	in(t, withMint, credentials, act, `
acquiring  Acquiring -> Cooling; zoe gets ErrUnavailable (400), retry after 5m0s; fails; due again 12:05:00
stale      Stale: fails; due again 12:58:00
revoked    Revoked: revoke tok0
closed     Closed: nothing
`)
	in(t, withMint, persistent, act, `
acquiring  Acquiring -> Dead; withdrawn; zoe gets ErrLoginRequired (400)
stale      Stale -> Ending
ending     Ending: noted
dead       Dead: withdrawn
revoked    Revoked: revoke ref0
closed     Closed: noted
`)
}
