package machine

import (
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// These sentences say what becomes of leaves.

// storeHolds has every leaf at the store wait for lands, breaks or unheard.
func (s *story) storeHolds() *story { s.cur.stores = onHold; return s }

// storeDown has every leaf at the store fail at once.
func (s *story) storeDown() *story { s.cur.stores = isDown; return s }

// storeUp has every leaf at the store succeed at once again.
func (s *story) storeUp() *story { s.cur.stores = atOnce; return s }

// queueHolds has the endpoint's bound reached until there is a slot.
func (s *story) queueHolds() *story { s.cur.queue = onHold; return s }

// slot gives the session the slot that it is queued for.
func (s *story) slot() *story { return s.answers(s.outstanding(isQueue), Granted{}) }

// lands lets the leaf that the store holds succeed.
func (s *story) lands() *story {
	l := s.outstanding(isStores)
	return s.answers(l, s.shelf.serve(l.effect))
}

// breaks lets the leaf that the store holds fail: it has not landed and never will.
func (s *story) breaks() *story {
	l := s.outstanding(isStores)
	return s.answers(l, broken(l.effect))
}

// unheard lets the write that the store holds land, and loses the answer.
func (s *story) unheard() *story {
	s.shelf.serve(s.outstanding(isStores).effect)
	return s
}

// minted has the endpoint give a token; its refresh token is named for it.
func (s *story) minted(access string) *story {
	refresh := ""
	if s.cur.rules.OneTime {
		refresh = "ref" + access[len("tok"):]
	}
	return s.mintedPair(access, refresh)
}

func (s *story) mintedPair(access, refresh string) *story {
	l := s.outstanding(isMint)
	return s.answers(l, Minted{Token: token(access, refresh, l.at, s.cur.life)})
}

// mintedForever has the endpoint not say how long its token lives.
func (s *story) mintedForever(access string) *story {
	l := s.outstanding(isMint)
	t := token(access, "", l.at, 0)
	t.Expiry = time.Time{}
	return s.answers(l, Minted{Token: t})
}

// mintedUntil has the endpoint say when the refresh token of its pair ends.
func (s *story) mintedUntil(access, refresh string, end time.Time) *story {
	l := s.outstanding(isMint)
	t := token(access, refresh, l.at, s.cur.life)
	t.RefreshExpiry = end
	return s.answers(l, Minted{Token: t})
}

// lifetime is that of the tokens that the endpoint gives from now on.
func (s *story) lifetime(d time.Duration) *story { s.cur.life = d; return s }

// fails has the endpoint answer with a failure, of a Mint or of a RevokeToken.
func (s *story) fails(f messages.Failure) *story {
	return s.answers(s.outstanding(isEndpoint), Failed{Failure: f})
}

func (s *story) answers503() *story { return s.fails(messages.Failure{Status: 503}) }

func (s *story) answers429(after time.Duration) *story {
	return s.fails(messages.Failure{Status: 429, RetryAfter: after})
}

// answers401 is a wrong client secret: trying again does not mend it.
func (s *story) answers401() *story {
	return s.fails(messages.Failure{Verdict: messages.Hopeless, Status: 401, Code: "invalid_client"})
}

func (s *story) denied() *story {
	return s.fails(messages.Failure{Verdict: messages.GrantDenied, Status: 400, Code: "invalid_grant"})
}

// answerLost is a request that was sent and whose answer never came.
func (s *story) answerLost() *story {
	return s.fails(messages.Failure{Verdict: messages.Doubtful, Reason: "connection reset"})
}

// ends has the server end the token that it was asked to end.
func (s *story) ends() *story { return s.answers(s.outstanding(isRevokeToken), Ended{}) }

// again delivers the last Done once more.
func (s *story) again() *story { return s.happens(s.cur.last) }

// mintedLate has the first Mint that was given up bring a token after all.
func (s *story) mintedLate(access, refresh string) *story {
	for _, l := range s.cur.sent {
		if !l.answered && isMint(l.effect) && l.leaf.Number != s.cur.session.Leaf() {
			return s.answers(l, Minted{Token: token(access, refresh, l.at, s.cur.life)})
		}
	}
	s.t.Fatal("no Mint was given up")
	return s
}

func (s *story) answers(l *sent, o Outcome) *story {
	l.answered = true
	return s.happens(Done{Leaf: l.leaf.Number, Outcome: o})
}

// outstanding returns the leaf that has not been answered; it must be of this sort.
func (s *story) outstanding(sort func(Effect) bool) *sent {
	s.t.Helper()
	for i := len(s.cur.sent) - 1; i >= 0; i-- {
		l := s.cur.sent[i]
		if !l.answered && sort(l.effect) {
			return l
		}
		if !ofFlight(l.effect) {
			break
		}
	}
	s.t.Fatalf("nothing like this is under way; so far:\n%s", strings.Join(s.texts(), "\n"))
	return nil
}

func isQueue(e Effect) bool { q, ok := e.(Queue); return ok && q.Flight == 0 }

func isMint(e Effect) bool { _, ok := e.(Mint); return ok }

func isRevokeToken(e Effect) bool { _, ok := e.(RevokeToken); return ok }

func isEndpoint(e Effect) bool { return isMint(e) || isRevokeToken(e) }

func isStores(e Effect) bool {
	switch e.(type) {
	case Load, Claim, Save:
		return true
	case Queue, Mint, Exchange, RevokeToken, Publish, Withdraw, Answer, Emit:
	}
	return false
}

// These sentences say what others write to the store. Nobody hears of it before hears.

// writes has somebody else write a record, made of the one that is there.
func (s *story) writes(change func(*messages.Record)) *story {
	s.shelf.rev++
	r := s.shelf.record
	r.Written, r.Claim, r.Renewer = s.now, messages.Claim{}, "Z"
	change(&r)
	s.shelf.record = r
	return s
}

// renewedElsewhere is the next generation, of a token that lives for an hour from now.
func (s *story) renewedElsewhere(access, refresh string) *story {
	return s.writes(func(r *messages.Record) {
		r.Grant, r.Generation = max(r.Grant, 1), r.Generation+1
		r.Status, r.Token = messages.Alive, token(access, refresh, s.now, time.Hour)
	})
}

// establishedElsewhere is the next grant.
func (s *story) establishedElsewhere(access, refresh string) *story {
	return s.writes(func(r *messages.Record) {
		r.Grant, r.Generation = r.Grant+1, 1
		r.Status, r.Token = messages.Alive, token(access, refresh, s.now, time.Hour)
	})
}

// claimedElsewhere is a claim of a process of which nothing else is told.
func (s *story) claimedElsewhere(length time.Duration) *story {
	return s.writes(func(r *messages.Record) {
		r.Claim = messages.Claim{Owner: "Z1", Number: 1, Length: length}
	})
}

func (s *story) revokedElsewhere() *story {
	return s.writes(func(r *messages.Record) {
		r.Grant, r.Generation = max(r.Grant, 1), max(r.Generation, 1)
		r.Status, r.Token = messages.Gone, messages.Token{}
	})
}

// diedElsewhere is the denial of the grant, or of the next one if this one was revoked.
func (s *story) diedElsewhere() *story {
	return s.writes(func(r *messages.Record) {
		if r.Status.Tombstone() {
			r.Grant, r.Generation = r.Grant+1, 0
		}
		r.Grant, r.Generation = max(r.Grant, 1), max(r.Generation, 1)
		r.Status, r.Cause = messages.Dead, messages.Failure{Verdict: messages.GrantDenied, Status: 400, Code: "invalid_grant"}
	})
}
