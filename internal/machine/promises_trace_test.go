package machine

import (
	"fmt"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

func (w *promiseWorld) traceEvent(p *promiseProc, ev Event) {
	s := &p.session
	w.logf("%v p%d %v (%d,%d) %s | %s", w.clock, p.id, s.state, s.pair.grant, s.pair.generation,
		s.pair.token.Access.Reveal(), traced(ev))
}

func (w *promiseWorld) traceEffect(e Effect) { w.logf("        %s", traced(e)) }

// traced prints what the secrets of a history are no secret in.
func traced(v any) string {
	switch v := v.(type) {
	case Ask:
		return fmt.Sprintf("%d asks %s", v.Caller, traced(v.Ask))
	case messages.Reject:
		return "Reject " + v.Token.Reveal()
	case messages.Establish:
		return "Establish " + v.Token.Access.Reveal()
	case messages.Exchange:
		return "Exchange for " + v.Scopes[0]
	case Exchange:
		return fmt.Sprintf("leaf %d of flight %d: Exchange %s for %s attempt %d", v.Number, v.Flight, v.Subject.Reveal(), v.For.Scopes[0], v.Attempt)
	case Done:
		return fmt.Sprintf("leaf %d brings %s", v.Leaf, traced(v.Outcome))
	case Minted:
		return "Minted " + tracedToken(v.Token)
	case Found:
		return fmt.Sprintf("Found %d %s", v.Rev, tracedRecord(v.Record))
	case Changed:
		return fmt.Sprintf("Changed %d %s", v.Rev, tracedRecord(v.Record))
	case Publish:
		return fmt.Sprintf("Publish %s stale %v until %v", tracedToken(v.Token), v.StaleAt.Sub(promiseEpoch), v.Until.Sub(promiseEpoch))
	case Answer:
		return fmt.Sprintf("Answer %d %s %v", v.Caller, v.Reply.Token.Access.Reveal(), v.Reply.Err)
	case Emit:
		return fmt.Sprintf("Emit %T", v.Event)
	case Claim:
		return fmt.Sprintf("leaf %d.%d Claim over %d %s", v.Renewal, v.Number, v.Prev, tracedRecord(v.Record))
	case Save:
		return fmt.Sprintf("leaf %d.%d Save over %d %s", v.Renewal, v.Number, v.Prev, tracedRecord(v.Record))
	case Mint:
		return fmt.Sprintf("leaf %d.%d Mint %s attempt %d for %v", v.Renewal, v.Number, v.Refresh.Reveal(), v.Attempt, v.Deadline)
	case RevokeToken:
		return fmt.Sprintf("leaf %d.%d RevokeToken %s", v.Renewal, v.Number, v.Token.Reveal())
	case Load:
		return fmt.Sprintf("leaf %d.%d Load from %d", v.Renewal, v.Number, v.Min)
	case Queue:
		return fmt.Sprintf("leaf %d.%d Queue of flight %d", v.Renewal, v.Number, v.Flight)
	}
	return fmt.Sprintf("%T%+v", v, v)
}

func tracedToken(t messages.Token) string {
	if t.IsZero() {
		return "-"
	}
	end := time.Duration(0)
	if !t.Expiry.IsZero() {
		end = t.Expiry.Sub(promiseEpoch)
	}
	return fmt.Sprintf("%s/%s to %v", t.Access.Reveal(), t.Refresh.Reveal(), end)
}

func tracedRecord(r messages.Record) string {
	return fmt.Sprintf("(%d,%d) %s status %d claim %s/%v doubted %v", r.Grant, r.Generation,
		tracedToken(r.Token), r.Status, r.Claim.Owner, r.Claim.Length, r.Doubted || r.Claim.Doubt)
}
