package simcore

import (
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/internal/machine"
	"github.com/holdfast-go/holdfast/messages"
)

// traced prints what has no secrets here: the tokens of a simulated server are numbers.
func traced(v any) string {
	switch v := v.(type) {
	case machine.Event:
		return tracedEvent(v)
	case machine.Outcome:
		return tracedOutcome(v)
	case machine.Effect:
		return tracedEffect(v)
	case messages.Get:
		return "Get" + tracedLeast(v.MinValidity)
	case messages.Refresh:
		return "Refresh" + tracedLeast(v.MinValidity)
	case messages.Reject:
		return "Reject " + v.Token.Reveal()
	case messages.Establish:
		return strings.TrimSuffix("Establish "+v.Token.Access.Reveal(), " ")
	case messages.Exchange:
		return "Exchange for " + strings.Join(v.Scopes, " ")
	}
	return bare(v)
}

func tracedLeast(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf(" valid for %v", d)
}

func tracedEvent(ev machine.Event) string {
	switch ev := ev.(type) {
	case machine.Ask:
		return fmt.Sprintf("%s asks %s", tracedCallers(ev.Caller, ev.More), traced(ev.Ask))
	case machine.Leave:
		return fmt.Sprintf("%d leaves", ev.Caller)
	case machine.Done:
		return fmt.Sprintf("leaf %d is back", ev.Leaf)
	case machine.Changed:
		return fmt.Sprintf("hears of revision %d", ev.Rev)
	}
	return bare(ev)
}

// bare is the name of a type without that of its package.
func bare(v any) string {
	_, name, _ := strings.Cut(fmt.Sprintf("%T", v), ".")
	return name
}

func tracedCallers(first machine.Caller, more int) string {
	switch {
	case first == 0:
		return "nobody"
	case more == 0:
		return fmt.Sprint(uint64(first))
	}
	return fmt.Sprintf("%d and %d more", first, more)
}

func tracedOutcome(o machine.Outcome) string {
	switch o := o.(type) {
	case machine.Minted:
		return "Minted " + tracedToken(o.Token)
	case machine.Found:
		return fmt.Sprintf("Found revision %d: %s", o.Rev, tracedRecord(o.Record))
	case machine.Written:
		return fmt.Sprintf("Written as revision %d", o.Rev)
	case machine.Unwritten:
		if o.Open {
			return "Unwritten, as far as is known: " + o.Reason
		}
		return "Unwritten: " + o.Reason
	case machine.Unread:
		return "Unread: " + o.Reason
	case machine.Failed:
		return "Failed: " + o.Failure.Error()
	}
	return bare(o)
}

func tracedEffect(e machine.Effect) string {
	switch e := e.(type) {
	case machine.Publish:
		return fmt.Sprintf("Publish %s until %v", e.Token.Access.Reveal(), e.Until.Sub(epoch))
	case machine.Answer:
		if e.Reply.Err != nil {
			return fmt.Sprintf("Answer %s: %v", tracedCallers(e.Caller, e.More), e.Reply.Err)
		}
		return strings.TrimSpace(fmt.Sprintf("Answer %s %s", tracedCallers(e.Caller, e.More), e.Reply.Token.Access.Reveal()))
	case machine.Emit:
		return "Emit " + bare(e.Event)
	case machine.Load:
		return tracedLeaf(e.Leaf, "Load")
	case machine.Claim:
		return tracedLeaf(e.Leaf, fmt.Sprintf("Claim over revision %d", e.Prev))
	case machine.Save:
		return tracedLeaf(e.Leaf, fmt.Sprintf("Save over revision %d: %s", e.Prev, tracedRecord(e.Record)))
	case machine.Mint:
		return tracedLeaf(e.Leaf, strings.TrimSuffix("Mint "+e.Refresh.Reveal(), " "))
	case machine.Exchange:
		return tracedLeaf(e.Leaf, "Exchange "+e.Subject.Reveal())
	case machine.RevokeToken:
		return tracedLeaf(e.Leaf, "RevokeToken "+e.Token.Reveal())
	}
	return bare(e)
}

func tracedLeaf(l machine.Leaf, what string) string {
	return fmt.Sprintf("leaf %d: %s", l.Number, what)
}

func tracedToken(t messages.Token) string {
	if t.IsZero() {
		return "-"
	}
	return fmt.Sprintf("%s/%s to %v", t.Access.Reveal(), t.Refresh.Reveal(), t.Expiry.Round(0).Sub(epoch))
}

var statusNames = [...]string{messages.Alive: "", messages.Dead: ", dead", messages.Revoking: ", revoking", messages.Gone: ", gone"}

func tracedRecord(r messages.Record) string {
	text := fmt.Sprintf("(%d,%d) %s%s", r.Grant, r.Generation, tracedToken(r.Token), statusNames[r.Status])
	if r.Claim.Owner != "" {
		text += fmt.Sprintf(", claimed by %s for %v", r.Claim.Owner, r.Claim.Length)
	}
	if r.Doubted || r.Claim.Doubt {
		text += ", doubted"
	}
	return text
}
