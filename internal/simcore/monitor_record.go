package simcore

import (
	"reflect"
	"time"

	"github.com/holdfast-go/holdfast/internal/record"
	"github.com/holdfast-go/holdfast/messages"
)

// checkRecord: a record never goes back, a tombstone is not overwritten by what was
// there before it, and a place is that of one token, but for the tombstone of who brought
// another one there.
func (w *World) checkRecord(session int, was, is *messages.Record) {
	k := &w.known[session]
	if is.Status.Tombstone() && (was == nil || !was.Status.Tombstone()) {
		k.buried = w.now
	}
	if was == nil {
		return
	}
	if was.Newer(is.Grant, is.Generation) {
		w.breaks("record", "(%d, %d) follows (%d, %d)", is.Grant, is.Generation, was.Grant, was.Generation)
	}
	if was.Status.Tombstone() && !is.Status.Tombstone() && is.Grant <= was.Grant {
		w.breaks("record", "a renewal of grant %d overwrites the tombstone", is.Grant)
	}
	if w.rules[session].OneTime && !is.Status.Tombstone() && was.Grant == is.Grant && was.Generation == is.Generation && was.Token.Access != "" &&
		is.Token.Access != "" && was.Token.Access != is.Token.Access {
		w.breaks("record", "(%d, %d) is %s, and then %s", is.Grant, is.Generation, was.Token.Access.Reveal(), is.Token.Access.Reveal())
	}
	p := w.server.pair(is.Token.Access)
	if was.Status.Tombstone() && !is.Status.Tombstone() && p != nil && p.by != nil && p.issued < k.buried {
		w.breaks("record", "a%d of before the Revoke overwrites the tombstone", numberOf(is.Token.Access))
	}
	// A pair that came to its process only after another had ended the one before is put
	// behind a tombstone of its own.
	if was.Status == messages.Gone && is.Status == messages.Revoking && !is.Newer(was.Grant, was.Generation) {
		w.breaks("record", "a tombstone goes back")
	}
	if was.Status == messages.Dead && is.Status == messages.Alive && !is.Newer(was.Grant, was.Generation) {
		w.breaks("record", "a dead generation lives again")
	}
}

// checkWritten: what is read is what was written. It is looked at in one history of eight.
func (w *World) checkWritten(r *revision) {
	if w.script.Ties%8 != 0 {
		return
	}
	read, err := record.Decode(r.value)
	if err != nil || !reflect.DeepEqual(read, asKept(r.record)) {
		w.breaks("record", "what is written is not what is read (error: %v)", err)
	}
}

// asKept is a record whose times have no more than a record keeps of them.
func asKept(r messages.Record) messages.Record {
	for _, at := range []*time.Time{&r.Written, &r.Token.Issued, &r.Token.Expiry, &r.Token.RefreshExpiry} {
		if !at.IsZero() {
			*at = time.Unix(at.Unix(), int64(at.Nanosecond())).UTC()
		}
	}
	return r
}

// checkEnds: what only was overtaken is not ended at the server, which might end its
// whole family.
func (w *World) checkEnds(l *leaf, token messages.Secret) {
	k := &w.known[l.seat.index]
	r := w.store.shelves[l.seat.index].newest()
	if k.revokes > 0 || k.logins > 0 || k.misdated || r == nil || r.Status != messages.Alive || !w.rules[l.seat.index].OneTime {
		return
	}
	if w.familyOf(token) == w.familyOf(r.Token.Access) {
		w.breaks("only dropped", "%s is ended at the server, and its family is in use", token.Reveal())
	}
}

// beginsLogin notes a grant that begins.
func (w *World) beginsLogin(s *seat) { w.known[s.index].logins++ }

// loggedIn notes a grant that the server has begun.
func (w *World) loggedIn(session int) { w.known[session].logins++ }
