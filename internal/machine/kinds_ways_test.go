package machine

import "time"

// A way leads into a situation. All ways leap over time (late) instead of letting
// timers fire, so that a kind that renews without being asked can be led along them too.
type way struct {
	name  string
	state State
	of    func(*Rules) bool // the kinds that it is for; nil: all
	enter func(*story) *story
}

// Whom ways and rows are for.
func whoMints(r *Rules) bool      { return !r.static() }
func whoRenews(r *Rules) bool     { return r.OneTime }
func whoKills(r *Rules) bool      { return r.RenewalRevokes }
func whoLeavesBe(r *Rules) bool   { return whoMints(r) && !r.RenewalRevokes }
func whoIsFixed(r *Rules) bool    { return r.static() }
func whoDies(r *Rules) bool       { return r.Human }
func whoHasNothing(r *Rules) bool { return r.Human && r.Given.IsZero() }
func whoProves(r *Rules) bool     { return r.Proofs }
func whoRevokes(r *Rules) bool    { return r.Revocable || r.Forgets }
func whoIsEnded(r *Rules) bool    { return r.Revocable }

// both is for the kinds that two others are for.
func both(a, b func(*Rules) bool) func(*Rules) bool {
	return func(r *Rules) bool { return a(r) && b(r) }
}

func whoExchanges(r *Rules) bool { return r.Exchanging == ByRequest }

// has leads to where tok0 is held.
func has(s *story) *story {
	switch r := s.cur.rules; {
	case r.Proofs:
		return s.proves("zoe", "proof").minted("tok0")
	case r.Human && r.Given.IsZero():
		return s.establishes("zoe", "tok0", "ref0")
	case r.Human:
		return s.gets("zoe")
	}
	return s.gets("zoe").minted("tok0")
}

// These lead to where a renewal is under way: lacks, because there is nothing
// valid; found, because tok0 was found stale at this moment.
func lacks(s *story) *story {
	switch r := s.cur.rules; {
	case r.static():
		return s.storeHolds().gets("zoe").storeUp()
	case r.OneTime:
		return has(s).late(2 * time.Hour).gets("zoe")
	}
	return s.gets("zoe")
}

func found(s *story, at time.Duration) *story { return has(s).late(at).gets("yan") }

// waits is found where the endpoint has no slot yet, so that nothing has been sent.
func waits(s *story, at time.Duration) *story {
	has(s).queueHolds().late(at).gets("yan").cur.queue = atOnce
	return s
}

// given is what a leaf is given to answer, and a little more.
const given = 12 * time.Second

// soonOver is when tok0 has five seconds left, which leap lets go by.
const soonOver, leap = 56*time.Minute + 55*time.Second, 5 * time.Second

func cools(s *story) *story {
	if s.cur.rules.static() {
		return s.storeDown().gets("zoe").storeUp()
	}
	return lacks(s).answers503()
}

func expires(s *story) *story {
	if s.cur.rules.static() {
		return cools(s).late(2 * time.Second).ticks()
	}
	has(s).late(58 * time.Minute)
	if s.cur.rules.KeepAlive { // does not rest there
		return s
	}
	return s.ticks()
}

// resaves leads to where nothing is valid, and what could not be saved is being saved.
func resaves(s *story) *story {
	found(s, 53*time.Minute).storeDown().minted("tok1")
	return s.late(2*time.Second).storeHolds().ticks().storeUp().rejects("zoe", "tok1")
}

func ends(s *story) *story {
	if s.cur.rules.static() {
		return has(s)
	}
	return found(s, 53*time.Minute).denied()
}

func dies(s *story) *story {
	if s.cur.rules.static() {
		return has(s).rejects("zoe", "tok0")
	}
	return lacks(s).denied()
}

func isRevoked(s *story) *story {
	has(s).revokes("xiu")
	if s.cur.rules.Revocable {
		s.ends()
	}
	if s.cur.rules.Revocable && s.cur.rules.OneTime {
		s.ends()
	}
	return s
}

var ways = []way{
	{"empty", Empty, nil, func(s *story) *story { return s }},
	{"acquiring", Acquiring, nil, lacks},
	{"fresh", Fresh, whoMints, has},
	{"queued", Stale, whoMints, func(s *story) *story { return waits(s, 53*time.Minute) }},
	{"stale", Stale, whoLeavesBe, func(s *story) *story { return found(s, 53*time.Minute) }},
	{"withdrawn", Acquiring, whoKills, func(s *story) *story { return found(s, 53*time.Minute) }},
	{"failing", Stale, whoMints, func(s *story) *story { return found(s, 53*time.Minute).answers503() }},
	{"ending", Ending, whoDies, ends},
	{"expired", Expired, nil, expires},
	{"resaving", Expired, whoMints, resaves},
	{"cooling", Cooling, nil, cools},
	{"dead", Dead, whoDies, dies},
	{"unborn", Dead, whoHasNothing, func(s *story) *story { return s.gets("zoe") }},
	{"revoking", Revoked, whoIsEnded, func(s *story) *story { return has(s).revokes("xiu") }},
	{"revoked", Revoked, whoRevokes, isRevoked},
	{"elsewhere", Revoked, nil, func(s *story) *story { return has(s).revokedElsewhere().hears() }},
	{"closed", Closed, nil, func(s *story) *story { return has(s).closes() }},
}

// mintWays lead to where a Mint is under way.
var mintWays = []way{
	{"acquiring", Acquiring, whoMints, lacks},
	{"stale", Stale, whoLeavesBe, func(s *story) *story { return found(s, 53*time.Minute) }},
	{"withdrawn", Acquiring, whoKills, func(s *story) *story { return found(s, 53*time.Minute) }},
	{"adopted", Stale, whoMints, func(s *story) *story {
		return found(s, 53*time.Minute).renewedElsewhere("tok8", "ref8").hears()
	}},
	{"ending", Ending, both(whoRenews, whoLeavesBe), func(s *story) *story { return found(s, 53*time.Minute).diedElsewhere().hears() }},
	{"killed", Dead, whoKills, func(s *story) *story { return found(s, 53*time.Minute).diedElsewhere().hears() }},
	{"ending", Ending, whoKills, func(s *story) *story {
		return found(s, 53*time.Minute).renewedElsewhere("tok8", "ref8").hears().diedElsewhere().hears()
	}},
	{"dead", Dead, whoRenews, func(s *story) *story { return lacks(s).diedElsewhere().hears() }},
	{"revoked", Revoked, both(whoMints, whoRevokes), func(s *story) *story { return found(s, 53*time.Minute).revokes("xiu") }},
	{"elsewhere", Revoked, whoMints, func(s *story) *story { return found(s, 53*time.Minute).revokedElsewhere().hears() }},
	{"closed", Closed, whoRenews, func(s *story) *story { return found(s, 53*time.Minute).closes() }},
}

// lateWays lead to where a Mint has been given up, which brings a token after all.
var lateWays = []way{
	{"failing", Stale, whoLeavesBe, func(s *story) *story { return found(s, 53*time.Minute).late(given).ticks() }},
	{"withdrawn", Cooling, whoKills, func(s *story) *story { return found(s, 53*time.Minute).late(given).ticks() }},
	{"cooling", Cooling, whoMints, func(s *story) *story { return lacks(s).late(given).ticks() }},
	{"revoked", Revoked, both(whoMints, whoRevokes), func(s *story) *story {
		return found(s, 53*time.Minute).revokes("xiu").late(given).ticks()
	}},
	{"closed", Closed, whoMints, func(s *story) *story { return found(s, 53*time.Minute).late(given).ticks().closes() }},
}

// loginWays lead to where proofs are under way.
var loginWays = []way{
	{"acquiring", Acquiring, whoProves, func(s *story) *story { return s.proves("zoe", "proof") }},
	{"wasExpired", Acquiring, whoProves, func(s *story) *story { return has(s).late(58*time.Minute).proves("zoe", "again") }},
	{"wasCooling", Acquiring, whoProves, func(s *story) *story { return cools(s).proves("zoe", "again") }},
	{"wasDead", Acquiring, whoProves, func(s *story) *story { return dies(s).proves("zoe", "again") }},
	{"wasRevoked", Acquiring, whoProves, func(s *story) *story { return isRevoked(s).proves("zoe", "again") }},
	{"fresh", Fresh, whoProves, func(s *story) *story { return has(s).proves("zoe", "again") }},
	{"stale", Stale, whoProves, func(s *story) *story { return found(s, 53*time.Minute).answers503().proves("zoe", "again") }},
	{"ending", Ending, whoProves, func(s *story) *story { return ends(s).proves("zoe", "again") }},
	{"expired", Expired, whoProves, func(s *story) *story { return has(s).late(soonOver).proves("zoe", "again").late(leap) }},
	{"cooling", Cooling, whoProves, func(s *story) *story {
		return found(s, soonOver).answers429(time.Minute).proves("zoe", "again").late(leap)
	}},
	{"dead", Dead, whoProves, func(s *story) *story { return found(s, soonOver).denied().proves("zoe", "again").late(leap) }},
	{"revoked", Revoked, whoProves, func(s *story) *story { return has(s).proves("zoe", "again").revokes("xiu") }},
	{"closed", Closed, whoProves, func(s *story) *story { return has(s).proves("zoe", "again").closes() }},
}

// deadInFlight leads a kind that only has what it was given to the end of that, with an
// exchange under way.
func deadInFlight(s *story) *story {
	if s.cur.rules.Given.Expiry.IsZero() {
		s.establishes("xiu", "tok0", "")
	} else {
		has(s)
	}
	return s.late(soonOver).exchanges("zoe", "read").late(leap)
}

// flightWays lead to where an exchange is under way that zoe waits for.
var flightWays = []way{
	{"fresh", Fresh, both(whoExchanges, whoMints), func(s *story) *story { return has(s).exchanges("zoe", "read") }},
	{"stale", Stale, both(whoExchanges, whoMints), func(s *story) *story { return waits(s, 53*time.Minute).exchanges("zoe", "read") }},
	{"ending", Ending, both(whoExchanges, whoDies), func(s *story) *story { return ends(s).exchanges("zoe", "read") }},
	{"acquiring", Acquiring, both(whoExchanges, whoMints), func(s *story) *story { return waits(s, soonOver).exchanges("zoe", "read").late(leap) }},
	{"expired", Expired, both(whoExchanges, whoMints), func(s *story) *story {
		return found(s, soonOver).answers503().exchanges("zoe", "read").late(leap)
	}},
	{"cooling", Cooling, both(whoExchanges, whoMints), func(s *story) *story {
		return found(s, soonOver).answers429(time.Minute).exchanges("zoe", "read").late(leap)
	}},
	{"dead", Dead, both(whoExchanges, whoRenews), func(s *story) *story {
		return found(s, soonOver).denied().exchanges("zoe", "read").late(leap)
	}},
	{"dead", Dead, both(whoExchanges, whoIsFixed), deadInFlight},
	{"acquiring", Acquiring, both(whoExchanges, whoIsFixed), func(s *story) *story {
		return deadInFlight(s).storeHolds().establishes("dan", "tok9", "").storeUp()
	}},
	{"cooling", Cooling, both(whoExchanges, whoIsFixed), func(s *story) *story {
		return deadInFlight(s).storeDown().establishes("dan", "tok9", "").storeUp()
	}},
	{"expired", Expired, both(whoExchanges, whoIsFixed), func(s *story) *story {
		return deadInFlight(s).storeDown().establishes("dan", "tok9", "").storeUp().late(2 * time.Second)
	}},
}

// severedWays lead to where an exchange goes on whose subject is not the session's any more.
var severedWays = []way{
	{"rejected", Acquiring, both(whoExchanges, whoMints), func(s *story) *story {
		return has(s).exchanges("zoe", "read").rejects("xiu", "tok0")
	}},
	{"rejected", Dead, both(whoExchanges, whoIsFixed), func(s *story) *story {
		return has(s).exchanges("zoe", "read").rejects("xiu", "tok0")
	}},
	{"killed", Acquiring, both(whoExchanges, whoKills), func(s *story) *story {
		return waits(s, 53*time.Minute).exchanges("zoe", "read").slot()
	}},
	{"revoked", Revoked, both(whoExchanges, whoIsEnded), func(s *story) *story {
		return has(s).exchanges("zoe", "read").revokes("xiu")
	}},
	{"closed", Closed, whoExchanges, func(s *story) *story { return has(s).exchanges("zoe", "read").closes() }},
}
