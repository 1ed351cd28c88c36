package machine

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// line is what one sentence has led to.
type line struct {
	states  []State
	items   []string
	changed bool
}

func (l *line) state(st State) {
	if n := len(l.states); n == 0 || l.states[n-1] != st {
		l.states = append(l.states, st)
	}
}

// text is the line itself, empty if there is nothing to tell.
func (l *line) text(s *story, ev Event) string {
	if a, ok := ev.(Ask); ok && s.cur.waiting[a.Caller] && len(l.items) == 0 && len(l.states) == 1 {
		l.items = append(l.items, s.cur.names[a.Caller]+" waits")
	}
	var b strings.Builder
	switch {
	case len(l.states) > 1:
		names := make([]string, 0, len(l.states))
		for _, st := range l.states {
			names = append(names, st.String())
		}
		fmt.Fprint(&b, strings.Join(append([]string{strings.Join(names, " -> ")}, l.items...), "; "))
	case len(l.items) > 0:
		fmt.Fprintf(&b, "%s: %s", l.states[0], strings.Join(l.items, "; "))
	case !s.terse:
		return ""
	case l.changed:
		fmt.Fprintf(&b, "%s: noted", l.states[0])
	default:
		fmt.Fprintf(&b, "%s: nothing", l.states[0])
	}
	return b.String()
}

func clock(t time.Time) string {
	if t.Nanosecond() < int(time.Millisecond) {
		return t.Format("15:04:05")
	}
	return t.Format("15:04:05.000")
}

// tell adds an effect to the line; o is what became of it at once.
func (l *line) tell(s *story, e Effect, o Outcome) {
	if text := s.tellEffect(e); text != "" && s.worthTelling(e, o) {
		l.items = append(l.items, text+tellOutcome(o))
	}
}

// worthTelling reports whether an effect is told: a leaf that succeeds at once
// and a token that is published only if the script wants it.
func (s *story) worthTelling(e Effect, o Outcome) bool {
	switch e.(type) {
	case Publish:
		return s.told["published"]
	case Queue:
		return s.told["queue"] || o == nil
	case Load:
		_, bad := o.(Unread)
		return s.told["loads"] || o == nil || bad
	case Claim:
		return s.told["claims"] || !landed(o)
	case Save:
		return s.told["saves"] || !landed(o)
	case Mint, Exchange, RevokeToken, Withdraw, Answer, Emit:
	}
	return true
}

func landed(o Outcome) bool { _, ok := o.(Written); return ok }

func tellOutcome(o Outcome) string {
	switch o := o.(type) {
	case Conflict:
		return " (conflict)"
	case Unwritten:
		return " (" + o.Reason + ")"
	case Unread:
		return " (" + o.Reason + ")"
	case nil, Granted, Found, NotFound, Foreign, Written, Minted, Ended, Failed, TimedOut:
	}
	return ""
}

func (s *story) tellEffect(e Effect) string {
	switch e := e.(type) {
	case Publish:
		return fmt.Sprintf("%s published, stale %s, until %s", e.Token.Access.Reveal(), clock(e.StaleAt), clock(e.Until))
	case Withdraw:
		return "withdrawn"
	case Answer:
		return s.cur.names[e.Caller] + " gets " + tellReply(e.Reply) + s.tellEnd(e.Reply.Token)
	case Emit:
		return tellEvent(e.Event)
	case Queue:
		if e.Flight != 0 {
			return fmt.Sprintf("flight %d: queue", e.Flight)
		}
		return "queue"
	case Load:
		return "load"
	case Claim:
		return fmt.Sprintf("claim for %s%s", e.Record.Claim.Length, ifDoubted(e.Record.Claim.Doubt))
	case Mint:
		return tellMint(e)
	case Save:
		if s.cur.session.run.write == writeRelease {
			return "release the claim"
		}
		return tellSave(e.Record)
	case Exchange:
		return tellExchange(e)
	case RevokeToken:
		return "revoke " + e.Token.Reveal()
	}
	return ""
}

func tellMint(m Mint) string {
	text := fmt.Sprintf("renewal %d: mint", m.Renewal)
	if m.Refresh != "" {
		text += " with " + m.Refresh.Reveal()
	}
	for _, proof := range m.Proofs {
		text += " for " + proof.Reveal()
	}
	if m.Attempt > 1 {
		text += fmt.Sprintf(", attempt %d", m.Attempt)
	}
	if m.ClientIP.IsValid() {
		text += " for " + m.ClientIP.String()
	}
	return text
}

func tellSave(r messages.Record) string {
	at := fmt.Sprintf("%d.%d", r.Grant, r.Generation)
	switch r.Status {
	case messages.Alive:
		return fmt.Sprintf("save %s as %s", r.Token.Access.Reveal(), at)
	case messages.Dead:
		return "save the death of " + at + ifDoubted(r.Doubted)
	case messages.Revoking:
		return "save a tombstone with " + r.Token.Refresh.Reveal() + r.Token.Access.Reveal() + ifDoubted(r.Doubted)
	case messages.Gone:
		return "save the empty tombstone"
	}
	return "save what?"
}

func ifDoubted(doubt bool) string {
	if doubt {
		return ", in doubt"
	}
	return ""
}

func tellReply(r messages.Reply) string {
	if r.Err != nil {
		return tellError(r.Err)
	}
	if r.Token.Access == "" {
		return "nil"
	}
	return r.Token.Access.Reveal()
}

// tellEnd tells when a token ends, if the script wants it.
func (s *story) tellEnd(t messages.Token) string {
	if !s.told["ends"] || t.Access == "" {
		return ""
	}
	return ", which ends " + clock(t.Expiry)
}

func tellError(err error) string {
	text := "?"
	for _, known := range []struct {
		err  error
		name string
	}{
		{messages.ErrOutcomeUnknown, "ErrOutcomeUnknown"},
		{messages.ErrLoginRequired, "ErrLoginRequired"},
		{messages.ErrNotEstablished, "ErrNotEstablished"},
		{messages.ErrRevoked, "ErrRevoked"},
		{messages.ErrOverloaded, "ErrOverloaded"},
		{messages.ErrUnavailable, "ErrUnavailable"},
		{messages.ErrInvalid, "ErrInvalid"},
		{messages.ErrNotSupported, "ErrNotSupported"},
		{messages.ErrClosed, "ErrClosed"},
	} {
		if errors.Is(err, known.err) {
			text = known.name
			break
		}
	}
	if e, ok := errors.AsType[*messages.EndpointError](err); ok {
		text += fmt.Sprintf(" (%d)", e.Status)
	}
	if _, rest, ok := strings.Cut(err.Error(), "MinValidity "); ok {
		text += ", MinValidity " + rest
	}
	if after, ok := messages.RetryAfter(err); ok {
		text += ", retry after " + after.Round(time.Millisecond).String()
	}
	return text
}

// tellEvent tells the events that say more than the line does already.
func tellEvent(ev messages.Event) string {
	switch ev := ev.(type) {
	case messages.Failing:
		if ev.NextTry.IsZero() || !ev.NextTry.After(ev.At) {
			return "fails"
		}
		return "fails; due again " + clock(ev.NextTry)
	case messages.Recovered:
		return fmt.Sprintf("recovered from %d", ev.Failures)
	case messages.Renewed:
		if ev.Adopted {
			return "adopted"
		}
	case messages.Revoked:
		if ev.Elsewhere {
			return "revoked elsewhere"
		}
	case messages.Rejected:
		return "rejected"
	case messages.Doubted:
		return "in doubt"
	case messages.Unsaved:
		return "unsaved"
	case messages.Saved:
		return "saved"
	case messages.LifetimeMissing:
		return "no lifetime, assuming " + ev.Assumed.String()
	case messages.Woke:
		return "woke"
	case messages.Slept:
		return "slept"
	case messages.Denied:
		if f, ok := errors.AsType[messages.Failure](ev.Cause); ok && f.Status == 0 {
			return f.Reason
		}
	case messages.Acquired, messages.Missed:
	}
	return ""
}
