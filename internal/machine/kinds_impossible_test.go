package machine

import "slices"

// states are all states, in their order.
var states = []State{Empty, Acquiring, Fresh, Stale, Ending, Expired, Cooling, Dead, Revoked, Closed}

// impossible says why a kind cannot be in that state when that happens to it;
// empty: it can. Whether it is true is asked of the stories, and of the random
// histories of TestPromises.
func impossible(r *Rules, p pairing) string {
	switch {
	case p.what == otherwise:
		return ""
	case r.static() && (p.state == Fresh || p.state == Stale):
		return "what was given to it is not renewed, so it is Ending as long as it is valid"
	case !r.Human && (p.state == Ending || p.state == Dead):
		return "it mints without a human, so its grant does not die"
	}
	switch p.what {
	case renewalDone, renewalFailed, renewalDenied:
		return noRenewal(r, p.state)
	case loginDone, loginFailed, loginDenied:
		return noLogin(r, p.state)
	case exchangeDone, exchangeFailed, exchangeDenied:
		return noExchange(r, p.state)
	}
	return ""
}

// noMint are the states in which no Mint is under way.
var noMint = []State{Empty, Fresh, Expired, Cooling}

// noFlight are the states in which no exchange is under way.
var noFlight = []State{Empty, Revoked, Closed}

func noRenewal(r *Rules, at State) string {
	switch {
	case r.static():
		return "it never mints"
	case at == Closed && !r.OneTime:
		return "a Close does not wait for a grant that can be used again"
	case slices.Contains(noMint, at):
		return "a Mint begins in Acquiring or Stale, and its end leads out of them"
	}
	return ""
}

func noLogin(r *Rules, at State) string {
	switch {
	case !r.Proofs:
		return "it has no login"
	case at == Empty:
		return "a login that has begun has left it"
	}
	return ""
}

func noExchange(r *Rules, at State) string {
	switch {
	case r.Exchanging != ByRequest:
		return "nothing is asked for in exchange"
	case slices.Contains(noFlight, at):
		return "an exchange begins with a token, and a Revoke or a Close ends it"
	}
	return ""
}
