package machine

import (
	"testing"
	"time"
)

// These have an exchange under way that zoe waits for.
func exchangingFresh(s *story) *story  { return fresh(s).exchanges("zoe", "read") }
func exchangingStale(s *story) *story  { return stale(s).exchanges("zoe", "read") }
func exchangingEnding(s *story) *story { return ending(s).exchanges("zoe", "read") }

func exchangingAcquiring(s *story) *story {
	return fresh(s).at("12:56:55").gets("yan").exchanges("zoe", "read").at("12:57:00")
}

func exchangingExpired(s *story) *story {
	return fresh(s).at("12:56:55").gets("yan").answers503().exchanges("zoe", "read").at("12:57:00")
}

func exchangingCooling(s *story) *story {
	return fresh(s).at("12:56:55").gets("yan").answers429(time.Minute).exchanges("zoe", "read").at("12:57:00")
}

func exchangingDead(s *story) *story {
	return fresh(s).at("12:56:55").gets("yan").denied().exchanges("zoe", "read").at("12:57:00")
}

var withFlight = []situation{
	{"fresh", Fresh, exchangingFresh},
	{"stale", Stale, exchangingStale},
	{"ending", Ending, exchangingEnding},
	{"acquiring", Acquiring, exchangingAcquiring},
	{"expired", Expired, exchangingExpired},
	{"cooling", Cooling, exchangingCooling},
	{"dead", Dead, exchangingDead},
}

func TestExchangeInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.exchanges("alice", "read") }
	in(t, situations, withExchange(credentials), act, `
empty      Empty -> Acquiring; renewal 1: mint
acquiring  Acquiring: alice waits
fresh      Fresh: flight 1: exchange tok0 for read
stale      Stale: flight 1: exchange tok0 for read
failing    Stale: flight 1: exchange tok0 for read
expired    Expired -> Acquiring; renewal 2: mint
cooling    Cooling: alice gets ErrUnavailable (503), retry after 1s
revoking   Revoked: alice waits
revoked    Revoked -> Acquiring; renewal 3: mint
closed     Closed: alice gets ErrClosed
`)
	in(t, situations, withExchange(persistent), act, `
empty      Empty -> Acquiring -> Fresh; flight 1: exchange tok0 for read
acquiring  Acquiring: alice waits
fresh      Fresh: flight 1: exchange tok0 for read
stale      Stale: flight 1: exchange tok0 for read
failing    Stale: flight 1: exchange tok0 for read
ending     Ending: flight 1: exchange tok0 for read
expired    Expired -> Acquiring; renewal 2: mint with ref0
cooling    Cooling: alice gets ErrUnavailable (503), retry after 1s
dead       Dead: alice gets ErrLoginRequired (400)
revoking   Revoked: alice gets ErrRevoked
revoked    Revoked: alice gets ErrRevoked
closed     Closed: alice gets ErrClosed
`)
}

func TestExchangeDoneInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.exchanged("read", "sub1") }
	in(t, withFlight, withExchange(credentials), act, `
fresh      Fresh: zoe gets sub1
stale      Stale: zoe gets sub1
acquiring  Stale -> Acquiring; zoe gets sub1
expired    Stale -> Expired; zoe gets sub1
cooling    Stale -> Cooling; zoe gets sub1
`)
	in(t, withFlight, withExchange(persistent), act, `
fresh      Fresh: zoe gets sub1
stale      Stale: zoe gets sub1
ending     Ending: zoe gets sub1
acquiring  Stale -> Acquiring; zoe gets sub1
expired    Stale -> Expired; zoe gets sub1
cooling    Stale -> Cooling; zoe gets sub1
dead       Ending -> Dead; zoe gets sub1
`)
}

func TestExchangeFailedInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.refuses503("read") }
	in(t, withFlight, withExchange(credentials), act, `
fresh      Fresh: zoe gets ErrUnavailable (503), retry after 1s
stale      Stale: zoe gets ErrUnavailable (503), retry after 1s
acquiring  Stale -> Acquiring; zoe gets ErrUnavailable (503), retry after 1s
expired    Stale -> Expired; zoe gets ErrUnavailable (503), retry after 1s
cooling    Stale -> Cooling; zoe gets ErrUnavailable (503), retry after 1s
`)
	in(t, withFlight, withExchange(persistent), act, `
fresh      Fresh: zoe gets ErrUnavailable (503), retry after 1s
stale      Stale: zoe gets ErrUnavailable (503), retry after 1s
ending     Ending: zoe gets ErrUnavailable (503), retry after 1s
acquiring  Stale -> Acquiring; zoe gets ErrUnavailable (503), retry after 1s
expired    Stale -> Expired; zoe gets ErrUnavailable (503), retry after 1s
cooling    Stale -> Cooling; zoe gets ErrUnavailable (503), retry after 1s
dead       Ending -> Dead; zoe gets ErrUnavailable (503), retry after 1s
`)
}

func TestExchangeDeniedInEveryState(t *testing.T) {
	act := func(s *story) *story { return s.refusesSubject("read") }
	in(t, withFlight, withExchange(credentials), act, `
fresh      Fresh -> Stale; renewal 2: mint
stale      Stale: noted
acquiring  Stale -> Acquiring
expired    Stale -> Expired -> Acquiring; renewal 3: mint
cooling    Stale -> Cooling; zoe gets ErrUnavailable (429), retry after 55s
`)
	in(t, withFlight, withExchange(persistent), act, `
fresh      Fresh -> Stale; renewal 2: mint with ref0
stale      Stale: noted
ending     Ending: zoe gets ErrUnavailable (400), retry after 5m0s
acquiring  Stale -> Acquiring
expired    Stale -> Expired -> Acquiring; renewal 3: mint with ref0
cooling    Stale -> Cooling; zoe gets ErrUnavailable (429), retry after 55s
dead       Ending -> Dead; zoe gets ErrLoginRequired (400)
`)
}
