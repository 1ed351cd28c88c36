package machine

import (
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// These sentences are about exchanges. A set is told by its scopes.

// withExchange are rules under which a token can be exchanged.
func withExchange(r Rules) Rules {
	r.Exchanging = ByRequest
	return r
}

// exchanges has somebody ask for a token with these scopes.
func (s *story) exchanges(who, scopes string) *story {
	return s.asks(who, messages.Exchange{Scopes: strings.Fields(scopes)})
}

// exchanged has the endpoint give a token in exchange; it lives as long as sublife says.
func (s *story) exchanged(scopes, access string) *story {
	l := s.flying(scopes)
	return s.answers(l, Minted{Token: token(access, "no-business-of-ours", l.at, s.cur.sublife)})
}

// exchangedForever has the endpoint not say how long the token lives.
func (s *story) exchangedForever(scopes, access string) *story {
	l := s.flying(scopes)
	t := token(access, "", l.at, 0)
	t.Expiry = time.Time{}
	return s.answers(l, Minted{Token: t})
}

// sublife is that of the tokens that the endpoint gives in exchange from now on.
func (s *story) sublife(d time.Duration) *story { s.cur.sublife = d; return s }

// refuses has the endpoint answer an exchange with a failure.
func (s *story) refuses(scopes string, f messages.Failure) *story {
	return s.answers(s.flying(scopes), Failed{Failure: f})
}

func (s *story) refuses503(scopes string) *story {
	return s.refuses(scopes, messages.Failure{Status: 503})
}

// refusesAs is a refusal with a code, that trying again does not mend.
func (s *story) refusesAs(scopes, code string) *story {
	return s.refuses(scopes, messages.Failure{Verdict: messages.Hopeless, Status: 400, Code: code})
}

// refusesSubject is a subject token that is no longer good.
func (s *story) refusesSubject(scopes string) *story {
	return s.refuses(scopes, messages.Failure{Verdict: messages.GrantDenied, Status: 400, Code: "invalid_grant"})
}

// flightSlot gives the exchange that queues first its slot.
func (s *story) flightSlot() *story {
	for _, l := range s.cur.sent {
		if q, ok := l.effect.(Queue); ok && !l.answered && s.cur.session.Flight(q.Flight).Leaf == l.leaf.Number {
			return s.answers(l, Granted{})
		}
	}
	s.t.Fatal("no exchange is queued")
	return nil
}

// flying returns the newest exchange of a set that has not been answered.
func (s *story) flying(scopes string) *sent {
	s.t.Helper()
	for i := len(s.cur.sent) - 1; i >= 0; i-- {
		l := s.cur.sent[i]
		if x, ok := l.effect.(Exchange); ok && !l.answered && strings.Join(x.For.Scopes, " ") == scopes {
			return l
		}
	}
	s.t.Fatalf("no exchange for %s is under way; so far:\n%s", scopes, strings.Join(s.texts(), "\n"))
	return nil
}

// ofFlight reports whether a leaf is not the run's.
func ofFlight(e Effect) bool {
	switch e := e.(type) {
	case Queue:
		return e.Flight != 0
	case Exchange:
		return true
	}
	return false
}

func tellExchange(x Exchange) string {
	text := fmt.Sprintf("flight %d: exchange %s for %s", x.Flight, x.Subject.Reveal(), strings.Join(x.For.Scopes, " "))
	if x.Attempt > 1 {
		text += fmt.Sprintf(", attempt %d", x.Attempt)
	}
	if x.ClientIP.IsValid() {
		text += " for " + x.ClientIP.String()
	}
	return text
}
