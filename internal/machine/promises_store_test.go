package machine

import (
	"time"

	"github.com/holdfast-go/holdfast/messages"
)

// promiseStore keeps one record, with the contract of section 9 of the design:
// compare-and-swap by revision, operations that can be sent again.
type promiseStore struct {
	past      []promiseEntry // the newest last; one for each revision
	downUntil time.Duration
	saved     []bool // by the number of a pair: it has been in the store
}

// promiseEntry is one revision.
type promiseEntry struct {
	record messages.Record
	op     messages.OpID
}

func (t *promiseStore) rev() messages.Rev { return messages.Rev(len(t.past)) }

// now returns the newest record; nil: there is none.
func (t *promiseStore) now() *messages.Record {
	if len(t.past) == 0 {
		return nil
	}
	return &t.past[len(t.past)-1].record
}

// load returns the newest record, or one that is up to back revisions older and
// not older than least.
func (t *promiseStore) load(least messages.Rev, back int) Outcome {
	if len(t.past) == 0 {
		return NotFound{}
	}
	rev := max(t.rev()-min(messages.Rev(back), t.rev()), least, 1)
	if rev > t.rev() {
		return Unread{Reason: "has not caught up"}
	}
	return Found{Rev: rev, Record: t.past[rev-1].record}
}

// swap writes if prev is the newest revision, or finds that it has done so.
func (t *promiseStore) swap(w Swap) (o Outcome, landed bool) {
	for i := len(t.past) - 1; i >= 0; i-- {
		if t.past[i].op == w.Op {
			return Written{Rev: messages.Rev(i + 1)}, false
		}
	}
	if w.Prev != t.rev() {
		return Conflict{}, false
	}
	t.past = append(t.past, promiseEntry{record: w.Record, op: w.Op})
	t.keep(w.Record.Token)
	return Written{Rev: t.rev()}, true
}

func (t *promiseStore) keep(token messages.Token) {
	n := promiseNumber(token.Access)
	for len(t.saved) <= n {
		t.saved = append(t.saved, false)
	}
	t.saved[n] = true
}

// has reports whether a pair has ever been in the store.
func (t *promiseStore) has(s messages.Secret) bool {
	n := promiseNumber(s)
	return n < len(t.saved) && t.saved[n]
}

// buried returns the number of the pair that the newest tombstone is about; zero:
// there is none.
func (t *promiseStore) buried() int {
	for i := len(t.past) - 1; i >= 0; i-- {
		if r := t.past[i].record; r.Status == messages.Revoking {
			return promiseNumber(r.Token.Access)
		}
	}
	return 0
}
