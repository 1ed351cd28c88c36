package storetest

import (
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// server is an authorization server with one grant. A refresh token is good for one
// renewal; one that is shown again is denied, which is counted, and the grant lives.
type server struct {
	grace    time.Duration // for how long since it was spent a token is accepted again
	newest   int           // the number of the pair that was granted last
	spent    map[messages.Secret]time.Time
	requests int
	reused   int
}

// life is how long its access tokens live.
const life = time.Hour

func access(n int) messages.Secret  { return messages.Secret(fmt.Sprintf("at-%d", n)) }
func refresh(n int) messages.Secret { return messages.Secret(fmt.Sprintf("rt-%d", n)) }

// grants is a new pair.
func (v *server) grants(now time.Time) messages.Token {
	v.newest++
	return messages.Token{
		Access:  access(v.newest),
		Refresh: refresh(v.newest),
		Issued:  now,
		Expiry:  now.Add(life),
	}
}

// renews takes a refresh token for a new pair.
func (v *server) renews(t messages.Secret, now time.Time) machine.Outcome {
	v.requests++
	at, again := v.spent[t]
	if again && now.Sub(at) >= v.grace {
		v.reused++
		return machine.Failed{Failure: messages.Failure{
			Verdict: messages.GrantDenied, Status: 400, Code: "invalid_grant", Reason: "denied",
		}}
	}
	if !again {
		v.spent[t] = now
	}
	return machine.Minted{Token: v.grants(now)}
}
