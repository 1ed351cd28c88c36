package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// happening is what an event is to the table of the package comment.
type happening string

const (
	aGet           happening = "Get"
	aRefresh       happening = "Refresh"
	renewalDone    happening = "renewal done"
	renewalFailed  happening = "renewal failed"
	renewalDenied  happening = "renewal denied"
	theClock       happening = "clock"
	aReject        happening = "Reject"
	aRevoke        happening = "Revoke"
	anEstablish    happening = "Establish: token"
	aLogin         happening = "Establish: proofs"
	loginDone      happening = "login done"
	loginFailed    happening = "login failed"
	loginDenied    happening = "login denied"
	aLeave         happening = "Leave"
	aClose         happening = "Close"
	aSleep         happening = "Sleep"
	aGap           happening = "Gap"
	anUnseen       happening = "Unseen"
	changedNewer   happening = "Changed: newer"
	changedRevoked happening = "Changed: tombstone"
	changedDead    happening = "Changed: death"
	changedOld     happening = "Changed: lower revision"
	lateDone       happening = "late Done"
	anExchange     happening = "Exchange"
	exchangeDone   happening = "exchange done"
	exchangeFailed happening = "exchange failed"
	exchangeDenied happening = "exchange denied"
	otherwise      happening = "" // the rest: not in the table
)

var happenings = []happening{
	aGet, aRefresh, anExchange, aReject, aRevoke, anEstablish, aLogin, aLeave,
	renewalDone, renewalFailed, renewalDenied, loginDone, loginFailed, loginDenied,
	exchangeDone, exchangeFailed, exchangeDenied, lateDone,
	changedNewer, changedRevoked, changedDead, changedOld,
	theClock, aGap, anUnseen, aSleep, aClose,
}

type pairing struct {
	state State
	what  happening
}

// pairingOf is an event and the state that a session has once the clock has been
// looked at.
func pairingOf(s Session, now time.Time, ev Event) pairing {
	if _, ok := ev.(Tick); ok {
		return pairing{s.state, theClock}
	}
	return pairing{s.View(now).State, happeningOf(s, ev)}
}

func happeningOf(s Session, ev Event) happening {
	switch ev := ev.(type) {
	case Tick:
		return theClock
	case Ask:
		return happeningOfAsk(ev.Ask)
	case Leave:
		return aLeave
	case Done:
		return happeningOfDone(s, ev)
	case Changed:
		return happeningOfChange(s, ev)
	case Gap:
		return aGap
	case Unseen:
		return anUnseen
	case Sleep:
		return aSleep
	case Close:
		return aClose
	}
	return otherwise
}

func happeningOfAsk(a messages.Ask) happening {
	switch a := a.(type) {
	case messages.Get:
		return aGet
	case messages.Refresh:
		return aRefresh
	case messages.Revoke:
		return aRevoke
	case messages.Reject:
		return aReject
	case messages.Establish:
		if a.Token.IsZero() {
			return aLogin
		}
		return anEstablish
	case messages.Exchange:
		return anExchange
	}
	return otherwise
}

func happeningOfDone(s Session, d Done) happening {
	if x := s.exchanges.inFlight(d.Leaf); x != nil {
		return happeningOfExchange(d.Outcome)
	}
	if d.Leaf != s.Leaf() || d.Leaf == 0 {
		return lateDone
	}
	if s.run.stage != minting {
		return otherwise
	}
	ends := [3]happening{renewalDone, renewalFailed, renewalDenied}
	if s.run.purpose == establish {
		ends = [3]happening{loginDone, loginFailed, loginDenied}
	}
	switch o := d.Outcome.(type) {
	case Minted:
		return ends[0]
	case Failed:
		if o.Failure.Verdict == messages.GrantDenied {
			return ends[2]
		}
		return ends[1]
	case Granted, Found, NotFound, Foreign, Written, Conflict, Unwritten, Unread, Ended, TimedOut:
	}
	return otherwise
}

func happeningOfExchange(o Outcome) happening {
	switch o := o.(type) {
	case Minted:
		return exchangeDone
	case Failed:
		if refusesSubject(o.Failure) {
			return exchangeDenied
		}
		return exchangeFailed
	}
	return otherwise
}

func happeningOfChange(s Session, c Changed) happening {
	switch {
	case c.Rev <= s.rev:
		return changedOld
	case c.Record.Status.Tombstone():
		return changedRevoked
	case c.Record.Status == messages.Dead:
		return changedDead
	case c.Record.Newer(s.pair.grant, s.pair.generation):
		return changedNewer
	}
	return otherwise
}
